/** What a name is made of: 1 to 252 bytes, no NUL, no '/', neither "." nor "..". */
import { decodeName } from '../../format/names.ts';
import { CONTROLS } from '../controls.ts';
import { args, defineFinding, type Nothing } from '../../findings/definition.ts';
import { REBUILD } from '../words.ts';
import { defineRule } from '../rule.ts';

export const NAME_EMPTY = defineFinding({
  id: 'image/name-empty',
  severity: 'error',
  scope: 'entry',
  args: args<Nothing>(),
  title: 'Empty name',
  cause: () => 'an entry has no name; Linux returns EIO, and later entries cannot be listed',
  fix: REBUILD,
});

export const NAME_NUL = defineFinding({
  id: 'image/name-nul',
  severity: 'error',
  scope: 'entry',
  args: args<Nothing>(),
  title: 'Name containing NUL',
  cause: () => 'the name contains NUL; no program can open the file',
  fix: REBUILD,
});

export const NAME_SLASH = defineFinding({
  id: 'image/name-slash',
  severity: 'error',
  scope: 'entry',
  args: args<Nothing>(),
  title: 'Name containing a slash',
  cause: () => 'the name contains "/"; no program can open the file, and careless ones write elsewhere',
  fix: REBUILD,
});

export const NAME_DOTS = defineFinding({
  id: 'image/name-dots',
  severity: 'error',
  scope: 'entry',
  args: args<Nothing>(),
  title: 'Reserved name ("." or "..")',
  cause: () => 'the name is reserved: every directory uses it for itself or its parent',
  fix: REBUILD,
});

export const NAME_CONTROL = defineFinding({
  id: 'image/name-control',
  severity: 'warning',
  scope: 'entry',
  args: args<Nothing>(),
  title: 'Name with control characters',
  cause: () => 'the name contains control characters or changes the writing direction',
  fix: 'rename the file and build the image again',
});

export const NAME_NOT_UTF8 = defineFinding({
  id: 'image/name-not-utf8',
  severity: 'note',
  scope: 'entry',
  args: args<Nothing>(),
  title: 'Name that is not UTF-8',
  cause: () => 'the name is not valid UTF-8',
  fix: 'nothing to do on Linux; for other systems rename the file and build the image again',
});

export const NAME_BACKSLASH = defineFinding({
  id: 'image/name-backslash',
  severity: 'note',
  scope: 'entry',
  args: args<Nothing>(),
  title: 'Name containing a backslash',
  cause: () => 'the name contains "\\", which is a separator on Windows',
  fix: 'nothing to do on Linux; for Windows rename the file and build the image again',
});

const SLASH = 0x2f;
const DOT = 0x2e;
const BACKSLASH = 0x5c;

export const names = defineRule(
  [NAME_EMPTY, NAME_NUL, NAME_SLASH, NAME_DOTS, NAME_CONTROL, NAME_NOT_UTF8, NAME_BACKSLASH],
  (_context, report) => ({
    entry({ inode: { position }, nameBytes, path }, directory, occupied) {
      if (occupied !== -1) return;
      if (nameBytes.length === 0) {
        report(NAME_EMPTY, position, directory.path, {});
        return;
      }
      if (isPlain(nameBytes)) return;
      if (nameBytes.includes(0)) report(NAME_NUL, position, path, {});
      if (nameBytes.includes(SLASH)) report(NAME_SLASH, position, path, {});
      if (isDots(nameBytes)) report(NAME_DOTS, position, path, {});
      if (nameBytes.includes(BACKSLASH)) report(NAME_BACKSLASH, position, path, {});
      if (nameBytes.every((byte) => byte >= 0x20 && byte < 0x7f)) return;
      const name = decodeName(nameBytes);
      if (CONTROLS.test(name)) report(NAME_CONTROL, position, path, {});
      if (NOT_UTF8.test(name)) report(NAME_NOT_UTF8, position, path, {});
    },
  }),
);

/** Whether a name has letters, digits and other signs of ASCII only, and begins with no dot: nearly all names. */
function isPlain(name: Uint8Array): boolean {
  for (const byte of name) {
    if (byte < 0x20 || byte >= 0x7f || byte === SLASH || byte === BACKSLASH) return false;
  }
  return name[0] !== DOT;
}

function isDots(name: Uint8Array): boolean {
  return name.length <= 2 && name.every((byte) => byte === DOT);
}

/** What format/names makes of bytes that are no UTF-8. */
const NOT_UTF8 = /[\udc80-\udcff]/;
