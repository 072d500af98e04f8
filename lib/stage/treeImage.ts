/**
 * A directory tree as an image that is never written down: what the emulated kernel and dynamic linkers work on when they
 * look for a program's files in a directory. Every block is direct, and a file's bytes are read when something reads them.
 */
import { roundUp } from '../base/pages.ts';
import { CramfsError } from '../base/errors.ts';
import { encodeBlockPointer } from '../format/blockPointer.ts';
import {
  CRAMFS_FLAG_EXT_BLOCK_POINTERS,
  CRAMFS_FLAG_FSID_VERSION_2,
  CRAMFS_SIGNATURE,
  INODE_SIZE,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFREG,
  S_IFSOCK,
  SUPERBLOCK_SIZE,
} from '../format/constants.ts';
import { encodeInode } from '../format/inode.ts';
import { encodeName } from '../format/names.ts';
import { encodeSuperblock } from '../format/superblock.ts';
import type { DirectoryEntry, SourceEntry } from '../mkfs/sourceTree.ts';
import { isElf } from '../elf/elf.ts';
import type { ByteSource } from '../source/byteSource.ts';
import { elfHeaders, shrinkElf } from './shrinkElf.ts';

const PAGE = 4096;
/** Bytes that a direct pointer reaches. */
const MAX_DATA = 2 ** 32;
/** Bytes that an inode's offset reaches. */
const MAX_METADATA = 2 ** 28;
/** Bytes of a file that an inode can state; what is longer is made smaller (shrinkElf), or cut at a page. */
const MAX_SIZE = 2 ** 24 - PAGE;
/** Bytes of a name. */
const MAX_NAME = 252;
/** Files whose bytes are kept. */
const KEPT = 16;

const TYPES: Readonly<Record<SourceEntry['type'], number>> = {
  file: S_IFREG,
  directory: S_IFDIR,
  symlink: S_IFLNK,
  chardev: S_IFCHR,
  blockdev: S_IFBLK,
  fifo: S_IFIFO,
  socket: S_IFSOCK,
};

/** An entry with its place. */
interface Placed {
  readonly entry: SourceEntry;
  readonly name: Uint8Array;
  readonly children: readonly Placed[];
  /** Byte offset of its inode. */
  position: number;
  /** Byte offset of what the inode points to. */
  offset: number;
  size: number;
}

/** Content in the data part of the image. */
interface Stored {
  readonly start: number;
  readonly size: number;
  read(): Uint8Array;
}

/**
 * The image of a tree.
 *
 * @param root its owners do not matter, and names that cramfs cannot hold are left out
 * @throws CramfsError LIMIT for a tree that is too large for one image
 */
export function treeImage(root: DirectoryEntry, littleEndian: boolean): ByteSource {
  return new TreeImage(root, littleEndian);
}

class TreeImage implements ByteSource {
  readonly size: number;
  readonly #metadata: Uint8Array;
  readonly #littleEndian: boolean;
  readonly #stored: Stored[] = [];
  readonly #kept = new Map<Stored, Uint8Array>();

  constructor(root: DirectoryEntry, littleEndian: boolean) {
    this.#littleEndian = littleEndian;
    const top = place(root, new Uint8Array(0));
    const entriesEnd = layOut(top, SUPERBLOCK_SIZE);
    const { tablesEnd, dataEnd } = this.#layOutData(top, entriesEnd);
    this.size = roundUp(dataEnd, PAGE);
    this.#metadata = new Uint8Array(tablesEnd);
    this.#write(top);
    this.#writeSuperblock(top);
  }

  read(offset: number, length: number): Uint8Array {
    const end = Math.min(offset + length, this.size);
    if (end <= this.#metadata.length) return this.#metadata.subarray(offset, end);
    const bytes = new Uint8Array(Math.max(0, end - offset));
    if (offset < this.#metadata.length) bytes.set(this.#metadata.subarray(offset, end));
    for (let at = this.#firstAt(offset); at < this.#stored.length; at++) {
      const stored = this.#stored[at];
      if (stored === undefined || stored.start >= end) break;
      const from = Math.max(offset, stored.start);
      const to = Math.min(end, stored.start + stored.size);
      if (to > from) bytes.set(this.#bytesOf(stored).subarray(from - stored.start, to - stored.start), from - offset);
    }
    return bytes;
  }

  close(): void {
    this.#kept.clear();
  }

  /** Index of the first content that may reach an offset. */
  #firstAt(offset: number): number {
    let low = 0;
    let high = this.#stored.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const { start = 0, size = 0 } = this.#stored[middle] ?? {};
      if (start + size <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #bytesOf(stored: Stored): Uint8Array {
    const known = this.#kept.get(stored);
    if (known !== undefined) return known;
    const bytes = stored.read();
    const [oldest] = this.#kept.keys();
    if (this.#kept.size >= KEPT && oldest !== undefined) this.#kept.delete(oldest);
    this.#kept.set(stored, bytes);
    return bytes;
  }

  #layOutData(top: Placed, start: number): { readonly tablesEnd: number; readonly dataEnd: number } {
    const contents = [...everything(top)].filter(({ entry, size }) => isStored(entry) && size > 0);
    let table = start;
    for (const each of contents) {
      each.offset = table;
      table += 4 * Math.ceil(each.size / PAGE);
    }
    let data = roundUp(table, PAGE);
    for (const { entry, size } of contents) {
      this.#stored.push({ start: data, size, read: () => contentOf(entry) });
      data += roundUp(size, PAGE);
    }
    if (table <= MAX_METADATA && data <= MAX_DATA) return { tablesEnd: table, dataEnd: data };
    throw new CramfsError('LIMIT', {
      expected: 'a directory of less than 4 GiB and some million names (name a smaller one)',
      found: `${data} bytes`,
    });
  }

  #write(top: Placed): void {
    const view = new DataView(this.#metadata.buffer);
    let at = 0;
    for (const each of everything(top)) {
      if (each !== top) {
        this.#metadata.set(this.#inode(each), each.position);
        this.#metadata.set(each.name, each.position + INODE_SIZE);
      }
      if (!isStored(each.entry) || each.size === 0) continue;
      const { start } = this.#stored[at++] ?? { start: 0 };
      for (let page = 0; page < Math.ceil(each.size / PAGE); page++) {
        const pointer = encodeBlockPointer({ direct: true, uncompressed: true, address: start + page * PAGE });
        view.setUint32(each.offset + 4 * page, pointer, this.#littleEndian);
      }
    }
  }

  #inode({ entry, name, size, offset }: Placed): Uint8Array {
    const mode = TYPES[entry.type] | (entry.mode & 0o7777);
    return encodeInode({ mode, uid: 0, gid: 0, size, offset, namelen: roundUp(name.length, 4) }, this.#littleEndian);
  }

  #writeSuperblock(top: Placed): void {
    const { size, offset } = top;
    const bytes = encodeSuperblock({
      littleEndian: this.#littleEndian,
      size: Math.min(this.size, 0xffff_ffff),
      flags: CRAMFS_FLAG_FSID_VERSION_2 | CRAMFS_FLAG_EXT_BLOCK_POINTERS,
      future: 0,
      signature: encodeName(CRAMFS_SIGNATURE),
      crc: 0,
      edition: 0,
      blocks: 0,
      files: 0,
      name: new Uint8Array(0),
      root: { mode: S_IFDIR | 0o755, uid: 0, gid: 0, size, offset, namelen: 0 },
    });
    this.#metadata.set(bytes, 0);
  }
}

const isStored = (entry: SourceEntry): boolean => entry.type === 'file' || entry.type === 'symlink';

function contentOf(entry: SourceEntry): Uint8Array {
  if (entry.type === 'symlink') return entry.target;
  if (entry.type !== 'file') return new Uint8Array(0);
  const bytes = entry.content.read();
  const headers = bytes.length > MAX_SIZE && isElf(bytes) ? elfHeaders(bytes) : null;
  return headers === null ? bytes : shrinkElf(bytes, headers);
}

function place(entry: SourceEntry, name: Uint8Array): Placed {
  const children: Placed[] = [];
  if (entry.type === 'directory') {
    for (const [text, child] of entry.children) {
      const bytes = encodeName(text);
      if (bytes.length > 0 && bytes.length <= MAX_NAME) children.push(place(child, bytes));
    }
  }
  return { entry, name, children, position: 0, offset: 0, size: Math.min(MAX_SIZE, sizeOf(entry)) };
}

/**
 * Bytes of an entry. A file of whole pages gets a zero more: Linux reads the last page of such a file as zeros if its block is
 * direct, and an image that is built of the tree does not have it so.
 */
function sizeOf(entry: SourceEntry): number {
  if (entry.type === 'symlink') return entry.target.length;
  if (entry.type !== 'file') return 0;
  const { size } = entry.content;
  return size > 0 && size % PAGE === 0 ? size + 1 : size;
}

/** Gives every directory's entries their places. Returns where they end. */
function layOut(directory: Placed, start: number): number {
  let at = start;
  for (const child of directory.children) {
    child.position = at;
    at += INODE_SIZE + roundUp(child.name.length, 4);
  }
  directory.size = at - start;
  directory.offset = directory.size === 0 ? 0 : start;
  for (const child of directory.children) if (child.entry.type === 'directory') at = layOut(child, at);
  return at;
}

function* everything(top: Placed): Generator<Placed, void> {
  yield top;
  for (const child of top.children) yield* everything(child);
}
