/**
 * A tree from a tar archive: ustar, GNU (long names, large numbers) and pax.
 *
 * Names are bytes. A later entry of the same path replaces an earlier one, as unpacking would.
 */
import { roundUp } from '../../base/pages.ts';
import { CramfsError } from '../../base/errors.ts';
import { decodeName } from '../../format/names.ts';
import {
  bytesContent,
  type DirectoryEntry,
  findEntry,
  newDirectory,
  putEntry,
  type SourceEntry,
} from '../sourceTree.ts';

const BLOCK = 512;

/** Values of a pax header, or of GNU's long name entries, for the entry that follows. */
type Overrides = Map<string, Uint8Array>;

/**
 * Reads an archive that is in memory. File contents are views of it.
 *
 * @throws CramfsError BAD_STRUCTURE with the offset in the archive, TRUNCATED, USAGE for names with ".."
 */
export function tarTree(archive: Uint8Array): DirectoryEntry {
  const root = newDirectory();
  let global: Overrides = new Map();
  let local: Overrides = new Map();
  let position = 0;
  while (position < archive.length) {
    const header = slice(archive, position, BLOCK, 'a header');
    if (header.every((byte) => byte === 0)) return root;
    checkSum(header, position);
    const type = String.fromCharCode(header[156] ?? 0);
    const overrides = new Map([...global, ...local]);
    const size = numberOf(overrides, 'size') ?? field(header, 124, 12, position, 'size');
    const data = slice(
      archive,
      position + BLOCK,
      'LKxg'.includes(type) || isFile(type) ? size : 0,
      'the data of an entry',
    );
    switch (type) {
      case 'L':
        local.set('path', untilNul(data));
        break;
      case 'K':
        local.set('linkpath', untilNul(data));
        break;
      case 'x':
        local = new Map([...local, ...paxRecords(data, position)]);
        break;
      case 'g':
        global = new Map([...global, ...paxRecords(data, position)]);
        break;
      default:
        addEntry(root, header, overrides, data, position);
        local = new Map();
    }
    position += BLOCK + roundUp(data.length, BLOCK);
  }
  throw new CramfsError('TRUNCATED', { what: 'the end of the tar archive', offset: position });
}

const isFile = (type: string): boolean => type === '0' || type === '\0' || type === '7';

function addEntry(
  root: DirectoryEntry,
  header: Uint8Array,
  overrides: Overrides,
  data: Uint8Array,
  position: number,
): void {
  const path = decodeName(overrides.get('path') ?? headerPath(header));
  const number = (at: number, length: number, key: string): number =>
    numberOf(overrides, key) ?? field(header, at, length, position, key);
  const common = {
    mode: field(header, 100, 8, position, 'mode') & 0o7777,
    uid: number(108, 8, 'uid'),
    gid: number(116, 8, 'gid'),
  };
  const link = (): Uint8Array => overrides.get('linkpath') ?? untilNul(header.subarray(157, 257));
  const type = String.fromCharCode(header[156] ?? 0);
  for (const key of overrides.keys()) {
    if (key.startsWith('GNU.sparse.')) unsupported('a sparse file in pax form', path, position);
  }
  if (isFile(type) && !path.endsWith('/')) {
    putEntry(root, path, { ...common, type: 'file', content: bytesContent(data) });
    return;
  }
  switch (type) {
    case '0':
    case '\0':
    case '7':
    case '5':
      putEntry(root, path, { ...common, type: 'directory', children: new Map<string, SourceEntry>() });
      return;
    case '1':
      putEntry(root, path, hardLink(root, decodeName(link()), path, position));
      return;
    case '2':
      putEntry(root, path, { ...common, type: 'symlink', target: link() });
      return;
    case '3':
    case '4': {
      const major = number(329, 8, 'SCHILY.devmajor');
      const minor = number(337, 8, 'SCHILY.devminor');
      putEntry(root, path, { ...common, type: type === '3' ? 'chardev' : 'blockdev', major, minor });
      return;
    }
    case '6':
      putEntry(root, path, { ...common, type: 'fifo' });
      return;
    case 'S':
      unsupported('a sparse file of GNU tar', path, position);
      return;
    default:
      unsupported(`an entry of type "${type}"`, path, position);
  }
}

/** cramfs has no hard links; files of the same content share their data anyway. */
function hardLink(root: DirectoryEntry, target: string, path: string, position: number): SourceEntry {
  const entry = findEntry(root, target);
  if (entry === null || entry.type === 'directory') {
    throw new CramfsError('BAD_STRUCTURE', {
      what: 'the tar archive',
      path,
      offset: position,
      expected: 'a hard link to an earlier entry',
      found: `one to ${target}`,
    });
  }
  return { ...entry };
}

function unsupported(what: string, path: string, position: number): never {
  throw new CramfsError('BAD_STRUCTURE', {
    what: 'the tar archive',
    path,
    offset: position,
    expected: 'files, directories, links, devices and fifos (tar without --sparse)',
    found: what,
  });
}

function slice(archive: Uint8Array, start: number, length: number, what: string): Uint8Array {
  if (start + length > archive.length) {
    throw new CramfsError('TRUNCATED', {
      what: `${what} of the tar archive`,
      offset: start,
      expected: `${String(length)} bytes`,
      found: String(Math.max(0, archive.length - start)),
    });
  }
  return archive.subarray(start, start + length);
}

function untilNul(bytes: Uint8Array): Uint8Array {
  const nul = bytes.indexOf(0);
  return nul === -1 ? bytes : bytes.subarray(0, nul);
}

/** name, and prefix in ustar headers (GNU's have other fields there). */
function headerPath(header: Uint8Array): Uint8Array {
  const name = untilNul(header.subarray(0, 100));
  const isUstar = decodeName(header.subarray(257, 263)) === 'ustar\0';
  const prefix = isUstar ? untilNul(header.subarray(345, 500)) : new Uint8Array(0);
  if (prefix.length === 0) return name;
  const path = new Uint8Array(prefix.length + 1 + name.length);
  path.set(prefix);
  path[prefix.length] = 0x2f;
  path.set(name, prefix.length + 1);
  return path;
}

/** An octal number, or GNU's base-256 form when the first byte has bit 7 set. */
function field(header: Uint8Array, at: number, length: number, position: number, what: string): number {
  const bytes = header.subarray(at, at + length);
  const first = bytes[0] ?? 0;
  if ((first & 0x80) !== 0) {
    let value = first & 0x7f;
    for (const byte of bytes.subarray(1)) value = value * 256 + byte;
    if (first === 0xff || !Number.isSafeInteger(value)) badField(what, position, 'a negative or huge number');
    return value;
  }
  const text = decodeName(untilNul(bytes)).trim();
  if (text === '') return 0;
  if (!/^[0-7]+$/.test(text)) badField(what, position, JSON.stringify(text));
  return parseInt(text, 8);
}

function badField(what: string, position: number, found: string): never {
  throw new CramfsError('BAD_STRUCTURE', {
    what: `the field "${what}" of a tar header`,
    offset: position,
    expected: 'an octal number',
    found,
  });
}

function checkSum(header: Uint8Array, position: number): void {
  const stored = decodeName(header.subarray(148, 156)).replace(/\0.*$/s, '').trim();
  let sum = 0;
  header.forEach((byte, index) => {
    sum += index >= 148 && index < 156 ? 0x20 : byte;
  });
  if (/^[0-7]+$/.test(stored) && parseInt(stored, 8) === sum) return;
  throw new CramfsError('BAD_STRUCTURE', {
    what: position === 0 ? 'the source' : 'the tar archive',
    offset: position,
    expected: position === 0 ? 'a directory, a tar archive or a cramfs image' : 'a header of an entry',
    found: 'something else',
  });
}

function numberOf(overrides: Overrides, key: string): number | undefined {
  const value = overrides.get(key);
  if (value === undefined) return undefined;
  const number = Number(decodeName(value));
  return Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

/** "LENGTH KEY=VALUE\n", one after the other. */
function paxRecords(data: Uint8Array, position: number): Overrides {
  const records: Overrides = new Map();
  for (let at = 0; at < data.length && data[at] !== 0;) {
    const space = data.indexOf(0x20, at);
    const length = Number(decodeName(data.subarray(at, space === -1 ? at : space)));
    const equals = data.indexOf(0x3d, space);
    if (!Number.isInteger(length) || length < 5 || equals === -1 || at + length > data.length) {
      throw new CramfsError('BAD_STRUCTURE', { what: 'a pax header of the tar archive', offset: position });
    }
    records.set(decodeName(data.subarray(space + 1, equals)), data.subarray(equals + 1, at + length - 1));
    at += length;
  }
  return records;
}
