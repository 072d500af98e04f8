/**
 * Directories: a run of inodes, each followed by its name, NUL-padded to a multiple of 4.
 */
import { latin1Text } from '../base/bytes.ts';
import { CramfsError } from '../base/errors.ts';
import { fileType, inodeNumber } from '../format/inode.ts';
import { decodeName } from '../format/names.ts';
import type { CramfsImage, Inode } from './image.ts';

/** One entry as it stands in a directory; nothing is judged yet. */
export interface RawEntry {
  readonly inode: Inode;
  /** Bytes of the name as stored, trailing NULs cut. 0 when the entry has no name at all. */
  readonly nameLength: number;
  /** The name's bytes: a view that is valid until the next entry is asked for. */
  readonly nameBytes: Uint8Array;
  /** The name as a string; see format/names for bytes that are no UTF-8. */
  readonly name: string;
}

/** A directory entry with a usable name. */
export interface DirectoryEntry {
  readonly inode: Inode;
  readonly name: string;
  readonly nameBytes: Uint8Array;
}

/** Bytes of a directory that are read at a time. */
const WINDOW = 1 << 14;

/** A part of a directory's bytes, and what decoding needs of it. Names are cut from one string of all its bytes. */
class Window {
  readonly start: number;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  #text: string | null = null;

  constructor(start: number, bytes: Uint8Array) {
    this.start = start;
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The name [from, to), counted from the window's start. */
  name(from: number, to: number): string {
    const { bytes } = this;
    for (let at = from; at < to; at++) if ((bytes[at] ?? 0) >= 0x80) return decodeName(bytes.subarray(from, to));
    this.#text ??= latin1Text(this.bytes);
    return this.#text.substring(from, to);
  }
}

class WindowEntry implements RawEntry {
  readonly inode: Inode;
  readonly nameLength: number;
  readonly #window: Window;
  readonly #from: number;

  constructor(inode: Inode, window: Window, from: number, nameLength: number) {
    this.inode = inode;
    this.nameLength = nameLength;
    this.#window = window;
    this.#from = from;
  }

  get nameBytes(): Uint8Array {
    return this.#window.bytes.subarray(this.#from, this.#from + this.nameLength);
  }

  get name(): string {
    return this.#window.name(this.#from, this.#from + this.nameLength);
  }
}

/**
 * The entries of a directory in stored order, one at a time, without judging names. An entry that begins within the
 * directory counts, wherever it ends: that is how Linux reads directories.
 *
 * @throws CramfsError NOT_A_DIRECTORY; TRUNCATED or OUTSIDE_IMAGE for an entry that is not there
 */
export function* rawEntries(image: CramfsImage, directory: Inode, path = '/'): Generator<RawEntry, void> {
  if (directory.type !== 'directory') throw new CramfsError('NOT_A_DIRECTORY', { path, offset: directory.position });
  if (directory.offset === 0 || directory.size === 0) return;
  const { littleEndian } = image;
  const { size: inodeSize, decode } = image.inodeLayout;
  const end = directory.offset + directory.size;
  let window = new Window(0, new Uint8Array(0));
  for (let position = directory.offset; position < end;) {
    let at = position - window.start;
    if (at + inodeSize > window.bytes.length) {
      window = readWindow(image, position, end, inodeSize, 'a directory entry', path);
      at = 0;
    }
    let fields = decode(window.view, at, littleEndian);
    if (at + inodeSize + fields.namelen > window.bytes.length) {
      const length = inodeSize + fields.namelen;
      window = readWindow(image, position, end, length, 'the name of a directory entry', path, inodeSize);
      at = 0;
      fields = decode(window.view, at, littleEndian);
    }
    const { mode, uid, size, gid, namelen, offset } = fields;
    const nameStart = at + inodeSize;
    let length = namelen;
    while (length > 0 && window.bytes[nameStart + length - 1] === 0) length--;
    // Key by key: large directories are walked often, and spreading `fields` costs more than all the rest.
    const ino = inodeNumber(fields, position);
    const inode: Inode = { mode, uid, size, gid, namelen, offset, position, ino, type: fileType(mode) };
    yield new WindowEntry(inode, window, nameStart, length);
    position += inodeSize + namelen;
  }
}

/** A window from an entry on, of at least `least` bytes, of which the first `known` are there. */
function readWindow(
  image: CramfsImage,
  position: number,
  end: number,
  least: number,
  what: string,
  path: string,
  known = 0,
): Window {
  const to = Math.max(position + least, Math.min(end, position + WINDOW));
  const { end: until } = image.source.around?.(position, position, to) ?? { end: to };
  const bytes = image.source.read(position, Math.max(until - position, least));
  if (bytes.length < least) throw image.missing(position + known, least - known, what, path);
  return new Window(position, bytes);
}

/**
 * The entries of a directory in stored order.
 *
 * @throws CramfsError as `rawEntries`, and BAD_STRUCTURE for an entry without a name
 */
export function* directoryEntries(image: CramfsImage, directory: Inode, path = '/'): Generator<DirectoryEntry, void> {
  for (const entry of rawEntries(image, directory, path)) {
    if (entry.nameLength === 0) {
      throw new CramfsError('BAD_STRUCTURE', {
        what: 'a directory entry',
        path,
        offset: entry.inode.position,
        expected: 'a name of 1 to 252 bytes',
        found: 'none',
      });
    }
    yield { inode: entry.inode, nameBytes: entry.nameBytes.slice(), name: entry.name };
  }
}
