/**
 * What Linux's read path gives for a page of a file: cramfs_read_folio(), with its oddities.
 *
 * The oddity worth knowing: a direct uncompressed last block is taken to be `size % page` bytes long. In a file of whole
 * pages that is 0, so the page reads as a hole although its data is there.
 */
import {
  CRAMFS_BLK_DIRECT_PTR_SHIFT,
  CRAMFS_BLK_FLAG_DIRECT_PTR,
  CRAMFS_BLK_FLAG_UNCOMPRESSED,
  CRAMFS_BLK_VALUE,
} from '../format/constants.ts';
import { type Inflate, isFailure } from '../image/codec.ts';
import type { FolioRead } from '../mm/fileOperations.ts';
import { cramfsRead, cramfsReadU16, cramfsReadU32, isReadable } from './cramfsRead.ts';
import { KernelBug } from '../mm/kernel.ts';
import { filePages, type KernelInode, isLinearXipFile, linearXipStart } from './inode.ts';
import type { MountedCramfs } from './mount.ts';

/** A block as the kernel takes it: where its bytes start, how many there are, and how they are stored. */
export interface KernelBlock {
  readonly start: number;
  /** Bytes, an unsigned 32-bit number; 0 is a hole. */
  readonly length: number;
  readonly uncompressed: boolean;
}

/** Finds block `index` of a file; it must be below the file's page count. All arithmetic is 32-bit, as the kernel's. */
export function findBlock(fs: MountedCramfs, inode: KernelInode, index: number): KernelBlock {
  const { pageSize } = fs.cpu;
  if (isLinearXipFile(fs, inode)) {
    return { start: linearXipStart(fs, inode) + index * pageSize, length: pageSize, uncompressed: true };
  }
  const pages = filePages(fs, inode);
  const table = inode.ino + index * 4;
  const pointer = cramfsReadU32(fs, table);
  const uncompressed = (pointer & CRAMFS_BLK_FLAG_UNCOMPRESSED) !== 0;
  if ((pointer & CRAMFS_BLK_FLAG_DIRECT_PTR) !== 0) {
    const start = directAddress(pointer);
    if (!uncompressed) return { start: start + 2, length: cramfsReadU16(fs, start), uncompressed };
    return { start, length: index === pages - 1 ? inode.size % pageSize : pageSize, uncompressed };
  }
  let start = inode.ino + pages * 4;
  if (index > 0) {
    const previous = cramfsReadU32(fs, table - 4);
    start = previous & CRAMFS_BLK_VALUE;
    if ((previous & CRAMFS_BLK_FLAG_DIRECT_PTR) !== 0) {
      const address = directAddress(previous);
      start =
        (previous & CRAMFS_BLK_FLAG_UNCOMPRESSED) !== 0 ? address + pageSize : address + 2 + cramfsReadU16(fs, address);
      start &= CRAMFS_BLK_VALUE;
    }
  }
  return { start, length: ((pointer & CRAMFS_BLK_VALUE) - start) >>> 0, uncompressed };
}

function directAddress(pointer: number): number {
  return ((pointer & CRAMFS_BLK_VALUE) << CRAMFS_BLK_DIRECT_PTR_SHIFT) >>> 0;
}

/** Reads page `index` of a file as Linux fills its page cache. Pages behind the end of the file are zeros. */
export function readFolio(fs: MountedCramfs, inode: KernelInode, index: number, inflate: Inflate): FolioRead {
  const { pageSize } = fs.cpu;
  if (index >= filePages(fs, inode)) return { bytes: new Uint8Array(pageSize) };
  const { start, length, uncompressed } = findBlock(fs, inode, index);
  if (length === 0) return { bytes: new Uint8Array(pageSize) };
  if (length > 2 * pageSize || (uncompressed && length > pageSize)) {
    return { error: 'EIO', log: [`cramfs: bad data blocksize ${String(length)}`] };
  }
  // The older kernels copy from what cramfs_read() gives, which is NULL beyond the file system's size.
  if (fs.linearXip && !isReadable(fs, start, length)) throw new KernelBug('oops: the kernel copies from address 0');
  const data = cramfsRead(fs, start, length);
  if (uncompressed) return { bytes: pageOf(data, pageSize) };
  const output = inflate(data, pageSize);
  if (isFailure(output)) {
    // cramfs_uncompress_block(). The kernel prints its pointers as hashes, which nobody can know: PTR.
    const lengths = `cramfs: PTR(${String(length)})->PTR(${String(pageSize)})`;
    return { error: 'EIO', log: [`cramfs: Error ${String(output.code)} while decompressing!`, lengths] };
  }
  return { bytes: output.length === pageSize ? output : pageOf(output, pageSize) };
}

/** A page that begins with `data`, a copy, and goes on with zeros. */
function pageOf(data: Uint8Array, pageSize: number): Uint8Array {
  const page = new Uint8Array(pageSize);
  page.set(data);
  return page;
}

/** What read(2) of the whole file gives: its bytes up to the first page that cannot be read. */
export function* readFile(fs: MountedCramfs, inode: KernelInode, inflate: Inflate): Generator<FolioRead, void> {
  for (let index = 0; index < filePages(fs, inode); index++) yield readFolio(fs, inode, index, inflate);
}
