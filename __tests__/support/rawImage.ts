/**
 * Images with any block layout, bad ones included: for tests of everything that reads images.
 *
 * Nothing is judged here. Where a field of the image could lie, a field of the description makes it lie.
 */
import { roundUp } from '../../lib/base/pages.ts';
import { deflate } from 'pako';
import { encodeBlockPointer } from '../../lib/format/blockPointer.ts';
import {
  BOOT_PAD,
  CRAMFS_FLAG_EXT_BLOCK_POINTERS,
  CRAMFS_FLAG_FSID_VERSION_2,
  CRAMFS_FLAG_HOLES,
  CRAMFS_FLAG_SORTED_DIRS,
  CRAMFS_SIGNATURE,
  INODE_SIZE,
  S_IFDIR,
  S_IFLNK,
  S_IFREG,
  SUPERBLOCK_SIZE,
} from '../../lib/format/constants.ts';
import { crc32 } from '../../lib/format/crc32.ts';
import { encodeInode, type InodeFields } from '../../lib/format/inode.ts';
import { encodeName } from '../../lib/format/names.ts';
import { encodeSuperblock, type Superblock } from '../../lib/format/superblock.ts';
import { CramfsError } from '../../lib/base/errors.ts';
import type { BlockKind } from '../../lib/image/blocks.ts';
import { compareBytes } from '../../lib/base/bytes.ts';
import { MemoryCanvas } from '../../lib/mkfs/canvas.ts';

/** Where a block that is addressed by its start (`direct`, `direct-zlib`) goes. */
export type RawPlace =
  /** This byte of the image. Nothing is written there unless the block has data. */
  | number
  /** The next multiple of `alignTo` bytes, and `plus` bytes further. */
  | { readonly alignTo: number; readonly plus?: number }
  /** Where block `[path, index]` of an earlier file is; nothing is written. */
  | { readonly sameAs: readonly [path: string, block: number] }
  /** So many bytes before the end of the finished image (negative: behind it); nothing is written. */
  | { readonly fromEnd: number };

/** One block of a file. Blocks addressed by their end (`zlib`, `stored`, `hole`) stand where the block before them ends. */
export interface RawBlock {
  readonly kind: BlockKind;
  /** Content; compressed here for the zlib kinds. */
  readonly data?: Uint8Array | undefined;
  /** Stored bytes, in place of those made from `data`: for zlib data that is damaged or has a certain length. */
  readonly stored?: Uint8Array | undefined;
  /** Default for `direct`: the next page of the image; for `direct-zlib`: the next multiple of 4. */
  readonly at?: RawPlace | undefined;
  /** Bytes behind the content of a `direct` block, in place of zeros. */
  readonly tail?: Uint8Array | undefined;
  /** Bytes kept free from the start of a `direct` block. Default: a page. */
  readonly reserve?: number | undefined;
  /** The pointer, word for word, in place of the right one. */
  readonly pointer?: number | undefined;
}

interface RawInode {
  readonly name: string | Uint8Array;
  /** Type and permission bits, or permission bits alone. */
  readonly mode?: number | undefined;
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
  /** Fields of the inode to replace by lies. */
  readonly inode?: Partial<InodeFields> | undefined;
}

/** An entry of a directory. `size` is in bytes; its default is what the blocks hold. */
export type RawEntry =
  | (RawInode & {
      readonly type: 'file' | 'symlink';
      readonly blocks: readonly RawBlock[];
      readonly size?: number | undefined;
      /** Path of a file earlier in the image whose pointer table this one has in place of its own. */
      readonly tableOf?: string | undefined;
    })
  | (RawInode & { readonly type: 'directory'; readonly entries: readonly RawEntry[] })
  /** A device, fifo or socket, or anything else: `mode` has the type, `size` the device number. */
  | (RawInode & { readonly type: 'node'; readonly mode: number; readonly size?: number | undefined });

/** A whole image. */
export interface RawImageSpec {
  readonly entries: readonly RawEntry[];
  readonly littleEndian?: boolean | undefined;
  /** Bytes of a block. Default 4096. */
  readonly pageSize?: number | undefined;
  /** Superblock flags. Default: FSID_VERSION_2, SORTED_DIRS, HOLES, EXT_BLOCK_POINTERS. */
  readonly flags?: number | undefined;
  /** 512 bytes before the superblock. */
  readonly bootPad?: boolean | undefined;
  /** Entries stay in the given order; else they are sorted by bytes. */
  readonly unsorted?: boolean | undefined;
  /** Fields of the superblock to replace by lies. */
  readonly superblock?: Partial<Omit<Superblock, 'position' | 'littleEndian' | 'root'>> | undefined;
  /** The superblock's size, in bytes from the end of the directory tree. Default: the size of the image. */
  readonly sizeAfterTree?: number | undefined;
  /** Fields of the root inode to replace by lies. */
  readonly root?: Partial<InodeFields> | undefined;
}

/** Where a file's parts went. Offsets in bytes of the image. */
export interface RawPlaced {
  /** The inode. */
  readonly position: number;
  /** The pointer table; of a directory its first entry. */
  readonly offset: number;
  /** Starts of the blocks. */
  readonly blocks: readonly number[];
}

/** An image and where everything in it is. Paths have no leading slash. */
export interface RawImage {
  readonly bytes: Uint8Array;
  readonly placed: ReadonlyMap<string, RawPlaced>;
}

interface Node {
  readonly entry: RawEntry;
  readonly path: string;
  readonly name: Uint8Array;
  position: number;
  children: Node[];
}

interface LatePointer {
  readonly at: number;
  readonly kind: BlockKind;
  readonly fromEnd: number;
}

/** The bytes of an image. See {@link layOutRawImage}. */
export function buildRawImage(spec: RawImageSpec): Uint8Array {
  return layOutRawImage(spec).bytes;
}

/**
 * Builds an image as described: superblock, directories (all entries of one together, then each subdirectory), then for
 * each file its pointer table and its blocks. The length is a multiple of the page size, the CRC right unless told.
 *
 * @throws CramfsError USAGE for a description that contradicts itself, LIMIT for an image of more than 320 MiB
 */
export function layOutRawImage(spec: RawImageSpec): RawImage {
  return new RawWriter(spec).write();
}

const DEFAULT_FLAGS =
  CRAMFS_FLAG_FSID_VERSION_2 | CRAMFS_FLAG_SORTED_DIRS | CRAMFS_FLAG_HOLES | CRAMFS_FLAG_EXT_BLOCK_POINTERS;

class RawWriter {
  readonly #spec: RawImageSpec;
  readonly #littleEndian: boolean;
  readonly #pageSize: number;
  readonly #canvas = new MemoryCanvas();
  readonly #placed = new Map<string, RawPlaced>();
  readonly #late: LatePointer[] = [];
  #cursor: number;
  #blocks = 0;

  constructor(spec: RawImageSpec) {
    this.#spec = spec;
    this.#littleEndian = spec.littleEndian ?? true;
    this.#pageSize = spec.pageSize ?? 4096;
    this.#cursor = (spec.bootPad === true ? BOOT_PAD : 0) + SUPERBLOCK_SIZE;
  }

  write(): RawImage {
    const start = this.#spec.bootPad === true ? BOOT_PAD : 0;
    const nodes = this.#nodes(this.#spec.entries, '');
    const rootOffset = this.#cursor;
    const rootSize = this.#directory(nodes, '');
    const treeEnd = this.#cursor;
    this.#data(nodes);
    this.#canvas.reserve(roundUp(Math.max(this.#cursor, this.#canvas.length), this.#pageSize));
    const size = this.#canvas.length;
    for (const { at, kind, fromEnd } of this.#late) this.#pointer(at, kind, size - fromEnd);
    const superblock = {
      littleEndian: this.#littleEndian,
      size: this.#claimedSize(size, treeEnd),
      flags: this.#spec.flags ?? DEFAULT_FLAGS,
      future: 0,
      signature: encodeName(CRAMFS_SIGNATURE),
      crc: 0,
      edition: 0,
      blocks: this.#blocks,
      files: 1 + countNodes(nodes),
      name: encodeName('Compressed'),
      root: {
        mode: S_IFDIR | 0o755,
        uid: 0,
        gid: 0,
        namelen: 0,
        size: rootSize,
        offset: rootSize === 0 ? 0 : rootOffset,
        ...this.#spec.root,
      },
      ...this.#spec.superblock,
    };
    this.#canvas.put(start, encodeSuperblock(superblock));
    if (this.#spec.superblock?.crc === undefined) {
      this.#canvas.putU32(start + 32, crc32(this.#canvas.view().subarray(start, superblock.size)), this.#littleEndian);
    }
    return { bytes: this.#canvas.view().slice(), placed: this.#placed };
  }

  /** What the superblock says, which is not more than there is. */
  #claimedSize(size: number, treeEnd: number): number {
    const { sizeAfterTree } = this.#spec;
    return sizeAfterTree === undefined ? size : Math.min(size, Math.max(SUPERBLOCK_SIZE, treeEnd + sizeAfterTree));
  }

  #nodes(entries: readonly RawEntry[], prefix: string): Node[] {
    const nodes = entries.map((entry): Node => {
      const name = typeof entry.name === 'string' ? encodeName(entry.name) : entry.name;
      const path = `${prefix}${typeof entry.name === 'string' ? entry.name : new TextDecoder().decode(entry.name)}`;
      const children = entry.type === 'directory' ? this.#nodes(entry.entries, `${path}/`) : [];
      return { entry, path, name, position: 0, children };
    });
    return this.#spec.unsorted === true ? nodes : nodes.sort((a, b) => compareBytes(a.name, b.name));
  }

  /** Gives the entries of a directory their places, writes them and its subdirectories; returns its size in bytes. */
  #directory(nodes: readonly Node[], path: string): number {
    const start = this.#cursor;
    this.#placed.set(path, { position: 0, offset: start, blocks: [] });
    for (const node of nodes) {
      node.position = this.#cursor;
      this.#cursor += INODE_SIZE + roundUp(node.name.length, 4);
    }
    const size = this.#cursor - start;
    for (const node of nodes) {
      if (node.entry.type === 'directory') {
        const offset = this.#cursor;
        const childrenSize = this.#directory(node.children, node.path);
        this.#inode(node, childrenSize, childrenSize === 0 ? 0 : offset);
      } else if (node.entry.type === 'node') this.#inode(node, node.entry.size ?? 0, 0);
    }
    return size;
  }

  #inode(node: Node, size: number, offset: number, blocks: readonly number[] = []): void {
    const { entry, name, position } = node;
    const namelen = roundUp(name.length, 4);
    const fields = { mode: modeOf(entry), uid: entry.uid ?? 0, gid: entry.gid ?? 0, size, namelen, offset };
    this.#canvas.put(position, encodeInode({ ...fields, ...entry.inode }, this.#littleEndian));
    this.#canvas.put(position + INODE_SIZE, name);
    this.#canvas.reserve(position + INODE_SIZE + namelen);
    this.#placed.set(node.path, { position, offset, blocks });
  }

  #data(nodes: readonly Node[]): void {
    for (const node of nodes) {
      const { entry } = node;
      if (entry.type === 'directory') this.#data(node.children);
      else if (entry.type !== 'node') {
        const table = entry.tableOf === undefined ? undefined : this.#placed.get(entry.tableOf)?.offset;
        if (table === undefined) this.#file(node, entry.blocks, entry.size);
        else this.#inode(node, entry.size ?? 0, table);
      }
    }
  }

  #file(node: Node, blocks: readonly RawBlock[], size: number | undefined): void {
    const last = blocks[blocks.length - 1];
    const content =
      last === undefined ? 0 : (blocks.length - 1) * this.#pageSize + (last.data?.length ?? this.#pageSize);
    const bytes = size ?? content;
    if (blocks.length === 0) {
      this.#inode(node, bytes, 0);
      return;
    }
    const table = roundUp(this.#cursor, 4);
    this.#cursor = table + blocks.length * 4;
    this.#canvas.reserve(this.#cursor);
    this.#blocks += blocks.length;
    const starts: number[] = [];
    // Where a block that is addressed by its end would start.
    let chain = this.#cursor;
    blocks.forEach((block, index) => {
      chain = this.#block(block, table + index * 4, chain, starts);
      if (block.pointer !== undefined) this.#canvas.putU32(table + index * 4, block.pointer, this.#littleEndian);
    });
    this.#inode(node, bytes, table, starts);
  }

  /** Writes one block and its pointer; returns where it ends in the kernel's eyes. */
  #block(block: RawBlock, pointerAt: number, chain: number, starts: number[]): number {
    const { kind } = block;
    if (kind === 'direct' || kind === 'direct-zlib') return this.#directBlock(block, pointerAt, starts);
    if (block.at !== undefined) usage(`a block of kind ${kind} follows the block before it: it cannot have a place`);
    const stored = kind === 'hole' ? new Uint8Array(0) : storedBytes(block);
    starts.push(chain);
    this.#canvas.put(chain, stored);
    this.#cursor = Math.max(this.#cursor, chain + stored.length);
    this.#pointer(pointerAt, kind, chain + stored.length);
    return chain + stored.length;
  }

  #directBlock(block: RawBlock, pointerAt: number, starts: number[]): number {
    const { kind, at = kind === 'direct' ? { alignTo: this.#pageSize } : { alignTo: 4 } } = block;
    const prefix = kind === 'direct' ? 0 : 2;
    if (typeof at === 'object' && 'fromEnd' in at) {
      this.#late.push({ at: pointerAt, kind, fromEnd: at.fromEnd });
      starts.push(NaN);
      return this.#cursor;
    }
    const { place, writes } = this.#place(at, block);
    starts.push(place);
    this.#pointer(pointerAt, kind, place);
    const stored = writes ? storedBytes(block) : new Uint8Array(0);
    if (writes) {
      if (kind === 'direct-zlib') this.#canvas.putU16(place, stored.length, this.#littleEndian);
      this.#canvas.put(place + prefix, stored);
      if (block.tail !== undefined) this.#canvas.put(place + stored.length, block.tail);
      const taken = kind === 'direct' ? (block.reserve ?? this.#pageSize) : stored.length;
      if (typeof at !== 'number') this.#cursor = place + prefix + taken;
      this.#canvas.reserve(Math.min(place + prefix + taken, Math.max(this.#cursor, this.#canvas.length)));
    }
    return place + (kind === 'direct' ? this.#pageSize : 2 + stored.length);
  }

  #place(at: Exclude<RawPlace, { fromEnd: number }>, block: RawBlock): { place: number; writes: boolean } {
    if (typeof at === 'number') return { place: at, writes: block.data !== undefined || block.stored !== undefined };
    if ('alignTo' in at) {
      const place = roundUp(this.#cursor, at.alignTo) + (at.plus ?? 0);
      if (place < 0) usage(`a block of kind ${block.kind} would lie ${-place} bytes before the image`);
      return { place, writes: true };
    }
    const [path, index] = at.sameAs;
    const place = this.#placed.get(path.replace(/^\//, ''))?.blocks[index];
    if (place === undefined || Number.isNaN(place)) usage(`no block ${index} of an earlier file ${path}`);
    return { place, writes: false };
  }

  #pointer(at: number, kind: BlockKind, address: number): void {
    const direct = kind === 'direct' || kind === 'direct-zlib';
    const uncompressed = kind === 'direct' || kind === 'stored';
    this.#canvas.putU32(at, encodeBlockPointer({ direct, uncompressed, address }), this.#littleEndian);
  }
}

function storedBytes(block: RawBlock): Uint8Array {
  if (block.stored !== undefined) return block.stored;
  if (block.data === undefined) usage(`a block of kind ${block.kind} needs data`);
  return block.kind === 'zlib' || block.kind === 'direct-zlib' ? deflate(block.data, { level: 9 }) : block.data;
}

function modeOf(entry: RawEntry): number {
  const { mode } = entry;
  if (mode !== undefined && mode > 0o7777) return mode;
  switch (entry.type) {
    case 'file':
      return S_IFREG | (mode ?? 0o755);
    case 'symlink':
      return S_IFLNK | (mode ?? 0o777);
    case 'directory':
      return S_IFDIR | (mode ?? 0o755);
    case 'node':
      return mode ?? 0;
  }
}

function countNodes(nodes: readonly Node[]): number {
  return nodes.reduce((sum, node) => sum + 1 + countNodes(node.children), 0);
}

function usage(found: string): never {
  throw new CramfsError('USAGE', { found });
}
