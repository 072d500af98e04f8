/** What a name is made of: 1 to 252 bytes, no NUL, no '/', neither "." nor "..". */
import { decodeName } from '../../format/names.ts';
import { CONTROLS } from '../controls.ts';
import { defineRule } from '../rule.ts';

const SLASH = 0x2f;
const DOT = 0x2e;
const BACKSLASH = 0x5c;

export const names = defineRule(
  ['NAME_EMPTY', 'NAME_NUL', 'NAME_SLASH', 'NAME_DOTS', 'NAME_CONTROL', 'NAME_NOT_UTF8', 'NAME_BACKSLASH'],
  (_context, report) => ({
    entry({ inode: { position }, nameBytes, path }, directory, occupied) {
      if (occupied !== -1) return;
      if (nameBytes.length === 0) {
        report('NAME_EMPTY', position, directory.path, {});
        return;
      }
      if (nameBytes.includes(0)) report('NAME_NUL', position, path, {});
      if (nameBytes.includes(SLASH)) report('NAME_SLASH', position, path, {});
      if (isDots(nameBytes)) report('NAME_DOTS', position, path, {});
      if (nameBytes.includes(BACKSLASH)) report('NAME_BACKSLASH', position, path, {});
      if (nameBytes.every((byte) => byte >= 0x20 && byte < 0x7f)) return;
      const name = decodeName(nameBytes);
      if (CONTROLS.test(name)) report('NAME_CONTROL', position, path, {});
      if (NOT_UTF8.test(name)) report('NAME_NOT_UTF8', position, path, {});
    },
  }),
);

function isDots(name: Uint8Array): boolean {
  return name.length <= 2 && name.every((byte) => byte === DOT);
}

/** What format/names makes of bytes that are no UTF-8. */
const NOT_UTF8 = /[\udc80-\udcff]/;
