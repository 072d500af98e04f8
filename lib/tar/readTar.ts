/**
 * Reading tar archives: ustar, GNU (long names, large numbers) and pax. Names are bytes.
 */
import { CramfsError } from '../base/errors.ts';
import { roundUp } from '../base/pages.ts';
import { decodeName } from '../format/names.ts';
import type { ByteSource } from '../source/byteSource.ts';
import { TAR_BLOCK } from './tarFormat.ts';

/** An entry of an archive. */
export interface TarEntry {
  readonly type: 'file' | 'directory' | 'symlink' | 'hardlink' | 'chardev' | 'blockdev' | 'fifo';
  /** As stored. */
  readonly path: string;
  /** Permission bits: 0 to 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Target of a symlink or hardlink; empty for others. */
  readonly link: Uint8Array;
  /** Of devices; 0 for others. */
  readonly major: number;
  readonly minor: number;
  /** Byte offset of the header in the archive. */
  readonly position: number;
  /** Byte offset of a file's content in the archive, and its bytes: all of them are there. */
  readonly dataOffset: number;
  readonly size: number;
}

/** Values of a pax header, or of GNU's long name entries. */
type Records = ReadonlyMap<string, Uint8Array>;

/** Bytes of a long name or of pax records. */
const MAX_EXTENSION = 1 << 20;

/**
 * The entries of an archive, one after the other.
 *
 * @throws CramfsError BAD_STRUCTURE with the offset in the archive, TRUNCATED, LIMIT, IO
 */
export function* tarEntries(archive: ByteSource): Generator<TarEntry, void> {
  let global: Records = new Map();
  let local = new Map<string, Uint8Array>();
  for (let position = 0; position < archive.size;) {
    const header = need(archive, position, TAR_BLOCK, 'a header');
    if (header.every((byte) => byte === 0)) return;
    checkSum(header, position);
    const type = String.fromCharCode(header[156] ?? 0);
    const value = (key: string): Uint8Array | undefined => local.get(key) ?? global.get(key);
    const dataOffset = position + TAR_BLOCK;
    const hasData = EXTENSIONS.includes(type) || isFile(type);
    const size = hasData ? (numberOf(value('size'), position, 'size') ?? field(header, 124, 12, position, 'size')) : 0;
    if (dataOffset + size > archive.size) throw truncated('the data of an entry', dataOffset, size, archive.size);
    if (!EXTENSIONS.includes(type)) {
      yield entryOf(header, type, value, { position, dataOffset, size });
      local = new Map();
    } else {
      if (size > MAX_EXTENSION) throw tooLong(position, size);
      const data = archive.read(dataOffset, size);
      if (type === 'L') local.set('path', untilNul(data).slice());
      else if (type === 'K') local.set('linkpath', untilNul(data).slice());
      else if (type === 'x') local = new Map([...local, ...paxRecords(data, position)]);
      else global = new Map([...global, ...paxRecords(data, position)]);
    }
    position = dataOffset + roundUp(size, TAR_BLOCK);
  }
  throw new CramfsError('TRUNCATED', { what: 'the end of the tar archive', offset: archive.size });
}

/** Types of headers that are about the entry that follows, or about all that follow. */
const EXTENSIONS = 'LKxg';

const isFile = (type: string): boolean => type === '0' || type === '\0' || type === '7';

const TYPES: ReadonlyMap<string, TarEntry['type']> = new Map([
  ['1', 'hardlink'],
  ['2', 'symlink'],
  ['3', 'chardev'],
  ['4', 'blockdev'],
  ['5', 'directory'],
  ['6', 'fifo'],
]);

function entryOf(
  header: Uint8Array,
  flag: string,
  value: (key: string) => Uint8Array | undefined,
  place: Pick<TarEntry, 'position' | 'dataOffset' | 'size'>,
): TarEntry {
  const { position } = place;
  const path = decodeName(value('path') ?? headerPath(header));
  const number = (at: number, length: number, key: string): number =>
    numberOf(value(key), position, key) ?? field(header, at, length, position, key);
  if (SPARSE.some((key) => value(key) !== undefined)) unsupported('a sparse file in pax form', path, position);
  if (flag === 'S') unsupported('a sparse file of GNU tar', path, position);
  // Before ustar a directory was a file whose name ends with a slash.
  const type = isFile(flag) ? (path.endsWith('/') ? 'directory' : 'file') : TYPES.get(flag);
  if (type === undefined) return unsupported(`an entry of type "${flag}"`, path, position);
  const isDevice = type === 'chardev' || type === 'blockdev';
  const isLink = type === 'symlink' || type === 'hardlink';
  return {
    ...place,
    type,
    path,
    mode: field(header, 100, 8, position, 'mode') & 0o7777,
    uid: number(108, 8, 'uid'),
    gid: number(116, 8, 'gid'),
    // Headers may be in a buffer that is used again.
    link: isLink ? (value('linkpath') ?? untilNul(header.subarray(157, 257)).slice()) : new Uint8Array(0),
    major: isDevice ? number(329, 8, 'SCHILY.devmajor') : 0,
    minor: isDevice ? number(337, 8, 'SCHILY.devminor') : 0,
  };
}

/** What GNU tar's three pax forms of sparse files have. */
const SPARSE = ['GNU.sparse.major', 'GNU.sparse.size', 'GNU.sparse.numblocks', 'GNU.sparse.map', 'GNU.sparse.name'];

function unsupported(what: string, path: string, position: number): never {
  throw new CramfsError('BAD_STRUCTURE', {
    what: 'the tar archive',
    path,
    offset: position,
    expected: 'files, directories, links, devices and fifos (tar without --sparse)',
    found: what,
  });
}

function need(archive: ByteSource, start: number, length: number, what: string): Uint8Array {
  const bytes = archive.read(start, length);
  if (bytes.length < length) throw truncated(what, start, length, start + bytes.length);
  return bytes;
}

function truncated(what: string, offset: number, length: number, end: number): CramfsError {
  return new CramfsError('TRUNCATED', {
    what: `${what} of the tar archive`,
    offset,
    expected: `${String(length)} bytes`,
    found: String(Math.max(0, end - offset)),
  });
}

function tooLong(offset: number, size: number): CramfsError {
  return new CramfsError('LIMIT', {
    offset,
    expected: `long names and pax headers of at most ${String(MAX_EXTENSION)} bytes`,
    found: `${String(size)} bytes`,
  });
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

function badField(what: string, position: number, found: string, expected = 'an octal number'): never {
  throw new CramfsError('BAD_STRUCTURE', {
    what: `the field "${what}" of a tar header`,
    offset: position,
    expected,
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

/** A number of a pax record, which goes before the header's; an empty one leaves the header's (POSIX, pax, "Extended Header"). */
function numberOf(value: Uint8Array | undefined, position: number, what: string): number | undefined {
  if (value === undefined || value.length === 0) return undefined;
  const text = decodeName(value);
  const number = /^[0-9]+$/.test(text) ? Number(text) : NaN;
  return Number.isSafeInteger(number) ? number : badField(what, position, JSON.stringify(text), 'a decimal number');
}

/** "LENGTH KEY=VALUE\n", one after the other. */
function paxRecords(data: Uint8Array, position: number): Map<string, Uint8Array> {
  const records = new Map<string, Uint8Array>();
  for (let at = 0; at < data.length && data[at] !== 0;) {
    const space = data.indexOf(0x20, at);
    const length = Number(decodeName(data.subarray(at, space === -1 ? at : space)));
    const equals = data.indexOf(0x3d, space);
    if (!Number.isInteger(length) || length < 5 || equals === -1 || at + length > data.length) {
      throw new CramfsError('BAD_STRUCTURE', { what: 'a pax header of the tar archive', offset: position });
    }
    records.set(decodeName(data.subarray(space + 1, equals)), data.slice(equals + 1, at + length - 1));
    at += length;
  }
  return records;
}
