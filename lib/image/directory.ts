/**
 * Directories: a run of inodes, each followed by its name, NUL-padded to a multiple of 4.
 */
import { latin1Text } from '../base/bytes.ts';
import { CramfsError } from '../base/errors.ts';
import { fileType, type InodeFields, inodeNumber } from '../format/inode.ts';
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
  /** What follows its last byte. */
  readonly end: number;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  #text: string | null = null;

  constructor(start: number, bytes: Uint8Array) {
    this.start = start;
    this.end = start + bytes.length;
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

const NO_WINDOW = new Window(0, new Uint8Array(0));

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
 * Goes through a directory in stored order, without judging names, and has the numbers of the entry that it is at. An entry
 * that begins within the directory counts, wherever it ends: that is how Linux reads directories.
 */
export class DirectoryCursor {
  /** What the inode says. */
  fields: InodeFields = NO_INODE;
  /** Byte offset of the inode. */
  position = 0;
  /** Byte offset of what follows the entry. */
  next: number;
  /** Bytes of the name as stored, trailing NULs cut. */
  nameLength = 0;
  /** Where the name begins in {@link bytes}. */
  nameStart = 0;
  readonly #image: CramfsImage;
  readonly #path: string;
  readonly #end: number;
  #window = NO_WINDOW;

  constructor(image: CramfsImage, directory: Inode, path = '/') {
    if (directory.type !== 'directory') throw new CramfsError('NOT_A_DIRECTORY', { path, offset: directory.position });
    this.#image = image;
    this.#path = path;
    this.next = directory.offset;
    this.#end = directory.offset === 0 ? 0 : directory.offset + directory.size;
  }

  /** Bytes around the entry: a view that is valid until the next entry is asked for. */
  get bytes(): Uint8Array {
    return this.#window.bytes;
  }

  /**
   * Goes to the next entry; false where there is none.
   *
   * @throws CramfsError TRUNCATED or OUTSIDE_IMAGE for an entry that is not there
   */
  advance(): boolean {
    const position = this.next;
    if (position >= this.#end) return false;
    const { size, decode } = this.#image.inodeLayout;
    const { littleEndian } = this.#image;
    if (position + size > this.#window.end) this.#read(position, size, 'a directory entry', 0);
    let fields = decode(this.#window.view, position - this.#window.start, littleEndian);
    if (position + size + fields.namelen > this.#window.end) {
      this.#read(position, size + fields.namelen, 'the name of a directory entry', size);
      fields = decode(this.#window.view, position - this.#window.start, littleEndian);
    }
    const { bytes, start } = this.#window;
    const nameStart = position - start + size;
    let length = fields.namelen;
    while (length > 0 && bytes[nameStart + length - 1] === 0) length--;
    this.fields = fields;
    this.position = position;
    this.next = position + size + fields.namelen;
    this.nameStart = nameStart;
    this.nameLength = length;
    return true;
  }

  /** The entry. */
  entry(): RawEntry {
    const { fields, position } = this;
    const { mode, uid, size, gid, namelen, offset } = fields;
    // Key by key: large directories are walked often, and spreading `fields` costs more than all the rest.
    const ino = inodeNumber(fields, position);
    const inode: Inode = { mode, uid, size, gid, namelen, offset, position, ino, type: fileType(mode) };
    return new WindowEntry(inode, this.#window, this.nameStart, this.nameLength);
  }

  /** Reads a window from an entry on, of at least `least` bytes, of which the first `known` are there. */
  #read(position: number, least: number, what: string, known: number): void {
    const { source } = this.#image;
    const to = Math.max(position + least, Math.min(this.#end, position + WINDOW));
    const { end: until } = source.around?.(position, position, to) ?? { end: to };
    const bytes = source.read(position, Math.max(until - position, least));
    if (bytes.length < least) throw this.#image.missing(position + known, least - known, what, this.#path);
    this.#window = new Window(position, bytes);
  }
}

const NO_INODE: InodeFields = { mode: 0, uid: 0, size: 0, gid: 0, namelen: 0, offset: 0 };

/**
 * The entries of a directory, as a {@link DirectoryCursor} finds them, one at a time.
 *
 * @throws CramfsError NOT_A_DIRECTORY; TRUNCATED or OUTSIDE_IMAGE for an entry that is not there
 */
export function* rawEntries(image: CramfsImage, directory: Inode, path = '/'): Generator<RawEntry, void> {
  const cursor = new DirectoryCursor(image, directory, path);
  while (cursor.advance()) yield cursor.entry();
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
