/**
 * The blocks of a file: what each pointer says, and where the block's bytes lie.
 */
import { roundUp } from '../base/pages.ts';
import { CRAMFS_BLK_FLAG_DIRECT_PTR, CRAMFS_BLK_VALUE, S_ISVTX } from '../format/constants.ts';
import { decodeBlockPointer, encodeBlockPointer } from '../format/blockPointer.ts';
import { isFailure } from './codec.ts';
import type { CramfsImage, Inode } from './image.ts';

/**
 * How a block is stored: `hole` (zeros, no bytes), `zlib`, `stored` (verbatim, addressed by the block's end), `direct`
 * (verbatim, addressed by its start: the kind that can be mapped), `direct-zlib` (addressed by its start).
 */
export type BlockKind = 'hole' | 'zlib' | 'stored' | 'direct' | 'direct-zlib';

/** One block of a file. */
export interface Block {
  readonly index: number;
  /** The pointer as stored. */
  readonly pointer: number;
  readonly kind: BlockKind;
  /** Byte offset of the stored bytes in the image; behind the length field for `direct-zlib`. */
  readonly start: number;
  /** Stored bytes. May be impossibly large when the pointers are damaged: see `blockProblem`. */
  readonly length: number;
  /** Bytes of the file in this block: a page, or less in the last block. */
  readonly bytes: number;
}

/** Blocks of a file of `size` bytes. */
export function blockCount(size: number, pageSize: number): number {
  return Math.ceil(size / pageSize);
}

/** Whether a file's bytes are stored without block pointers: linear XIP (image.quirks). */
export function isRaw({ quirks }: CramfsImage, { type, mode }: Pick<Inode, 'type' | 'mode'>): boolean {
  return quirks.linearXip && type === 'file' && (mode & S_ISVTX) !== 0;
}

/** Where the bytes of a file without block pointers begin: the page boundary at or after its offset. */
export function rawStart({ pageSize }: Pick<CramfsImage, 'pageSize'>, { ino }: Pick<Inode, 'ino'>): number {
  return roundUp(ino, pageSize);
}

/** Bytes of a file's block pointer table; 0 where it has none. */
export function tableBytes(image: CramfsImage, inode: Inode): number {
  if (isRaw(image, inode)) return 0;
  const count = blockCount(inode.size, image.pageSize);
  const { longTables } = image.quirks;
  if (longTables === null || (longTables.wholeOnly && inode.size % image.pageSize !== 0)) return count * 4;
  return (count + longTables.extra) * 4;
}

/**
 * The pointers [first, first + count) of a file.
 *
 * @throws CramfsError TRUNCATED or OUTSIDE_IMAGE when a part of the table is not there
 */
export function blockPointers(
  image: CramfsImage,
  inode: Inode,
  first: number,
  count: number,
  path?: string,
): Uint32Array {
  const bytes = image.need(inode.ino + first * 4, count * 4, 'the block pointer table', path);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const pointers = new Uint32Array(count);
  for (let i = 0; i < count; i++) pointers[i] = view.getUint32(i * 4, image.littleEndian);
  return pointers;
}

/** The pointer of block `index`. @throws CramfsError as {@link blockPointers} */
function blockPointer(image: CramfsImage, inode: Inode, index: number, path?: string): number {
  const at = inode.ino + index * 4;
  if (!image.words.holds(at, 4)) throw image.missing(at, 4, 'the block pointer table', path);
  return image.words.u32(at);
}

/**
 * The blocks of a regular file or symlink, from block `first` on.
 *
 * @throws CramfsError as {@link blockPointers}, one block at a time
 */
export function* fileBlocks(image: CramfsImage, inode: Inode, path?: string, first = 0): Generator<Block, void> {
  const count = blockCount(inode.size, image.pageSize);
  if (isRaw(image, inode)) {
    for (let index = first; index < count; index++) yield rawBlock(image, inode, index);
    return;
  }
  let previous: number | null = null;
  for (let index = first; index < count; index++) {
    const pointer = blockPointer(image, inode, index, path);
    yield blockOf(image, inode, index, pointer, previous, path);
    previous = pointer;
  }
}

/** Block `index` of a regular file or symlink; it must be below the block count. */
export function fileBlock(image: CramfsImage, inode: Inode, index: number, path?: string): Block {
  if (isRaw(image, inode)) return rawBlock(image, inode, index);
  const pointer = blockPointer(image, inode, index, path);
  return blockOf(image, inode, index, pointer, null, path);
}

/**
 * Bytes of the only block of a file of one page or less, if it is a zlib block right after its pointer, as most are. 0 for
 * any other file: use {@link fileBlocks}.
 */
export function onlyZlibLength({ quirks, pageSize, words }: CramfsImage, { ino, size }: Inode): number {
  if (quirks.linearXip || quirks.unflaggedStored || quirks.longTables !== null) return 0;
  if (size === 0 || size > pageSize || !words.holds(ino, 4)) return 0;
  const pointer = words.u32(ino);
  const length = pointer - (ino + 4);
  return (pointer & ~CRAMFS_BLK_VALUE) === 0 && length > 0 && length <= 2 * pageSize ? length : 0;
}

/** A block of a file without pointers; the pointer is the one that it would have. */
function rawBlock(image: CramfsImage, inode: Inode, index: number): Block {
  const { pageSize } = image;
  const start = rawStart(image, inode) + index * pageSize;
  const bytes = Math.min(pageSize, inode.size - index * pageSize);
  const pointer = encodeBlockPointer({ direct: true, uncompressed: true, address: start });
  return { index, pointer, kind: 'direct', start, length: bytes, bytes };
}

/** What a pointer says. `previous` is the pointer before it, or null where it has not been read. */
function blockOf(
  image: CramfsImage,
  inode: Inode,
  index: number,
  pointer: number,
  previous: number | null,
  path: string | undefined,
): Block {
  const { pageSize } = image;
  const { direct, uncompressed, address } = decodeBlockPointer(pointer);
  const bytes = Math.min(pageSize, inode.size - index * pageSize);
  if (direct && uncompressed) return { index, pointer, kind: 'direct', start: address, length: bytes, bytes };
  if (direct) {
    const length = directLength(image, address, path);
    return { index, pointer, kind: length === 0 ? 'hole' : 'direct-zlib', start: address + 2, length, bytes };
  }
  const start = legacyStart(image, inode, index, previous, path);
  const length = (address - start) >>> 0;
  const isStored = uncompressed || isUnflaggedStored(image, start, length, bytes);
  const kind = length === 0 ? 'hole' : isStored ? 'stored' : 'zlib';
  return { index, pointer, kind, start, length, bytes };
}

/** Whether a block without flags is stored as it is, in images of vendors that do so: it does not inflate. */
function isUnflaggedStored(image: CramfsImage, start: number, length: number, bytes: number): boolean {
  if (!image.quirks.unflaggedStored || length !== bytes) return false;
  const data = image.source.read(start, length);
  return data.length === length && isFailure(image.inflate(data, image.pageSize));
}

/** Where a block that is addressed by its end starts: at the end of the block before it. */
function legacyStart(
  image: CramfsImage,
  inode: Inode,
  index: number,
  known: number | null,
  path: string | undefined,
): number {
  if (index === 0) return inode.ino + tableBytes(image, inode);
  const previous = known ?? blockPointer(image, inode, index - 1, path);
  if ((previous & CRAMFS_BLK_FLAG_DIRECT_PTR) === 0) return previous & CRAMFS_BLK_VALUE;
  const { address, uncompressed } = decodeBlockPointer(previous);
  const end = uncompressed ? address + image.pageSize : address + 2 + directLength(image, address, path);
  // The read path masks what it took for a pointer's flags, and the end of a direct block with them.
  return end & CRAMFS_BLK_VALUE;
}

function directLength(image: CramfsImage, address: number, path: string | undefined): number {
  image.need(address, 2, 'the length of a compressed block', path);
  return image.words.u16(address);
}

/**
 * What is impossible about a block's length, or null: at most two pages of zlib data and one page of verbatim data
 * (cramfs_read_folio()'s "bad data blocksize").
 */
export function blockProblem(block: Block, pageSize: number): string | null {
  const limit = block.kind === 'stored' || block.kind === 'direct' ? pageSize : 2 * pageSize;
  return block.length > limit ? `bad data blocksize ${String(block.length)}` : null;
}
