/**
 * How much of a file lies in one piece: cramfs_get_block_range().
 */
import { isFilled } from '../base/bytes.ts';
import { hex } from '../base/hex.ts';
import {
  CRAMFS_BLK_DIRECT_PTR_SHIFT,
  CRAMFS_BLK_FLAG_DIRECT_PTR,
  CRAMFS_BLK_FLAG_UNCOMPRESSED,
  CRAMFS_BLK_VALUE,
} from '../format/constants.ts';
import { dereference, type KernelInode, requireMapped } from './inode.ts';
import type { MountedCramfs } from './mount.ts';

/** A run of direct blocks. */
export interface BlockRange {
  /** Byte offset in the image of the first block; 0 means "no run" to the kernel. */
  readonly offset: number;
  /** How many pages follow each other; what was asked for when the first block already does not fit. */
  readonly pages: number;
}

/**
 * Walks the block pointers from page `pgoff`: each must have both flags and lie exactly a page behind the one before.
 *
 * The walk is a do … while over 32-bit numbers, so it looks at one pointer whatever `limit` says, and a `limit` that
 * nobody set makes it walk on past the file's own table.
 *
 * @param limit most pages to look at, an unsigned 32-bit number
 * @param log gets the "range:" line when the walk stops early
 */
export function getBlockRange(
  fs: MountedCramfs,
  inode: KernelInode,
  pgoff: number,
  limit: number,
  log: string[],
): BlockRange {
  const table = inode.ino + pgoff * 4;
  const step = fs.cpu.pageSize >>> CRAMFS_BLK_DIRECT_PTR_SHIFT;
  const first = dereference(fs, table) & CRAMFS_BLK_VALUE;
  let pages = 0;
  do {
    const expected = ((first + pages * step) | CRAMFS_BLK_FLAG_DIRECT_PTR | CRAMFS_BLK_FLAG_UNCOMPRESSED) >>> 0;
    const pointer = dereference(fs, table + pages * 4);
    if (pointer !== expected) {
      const last = (pgoff + limit - 1) | 0; // printed with %d
      log.push(
        `cramfs: range: block ${String(pgoff + pages)}/${String(last)} got ${hex(pointer)} expects ${hex(expected)}`,
      );
      if (pages === 0) return { offset: 0, pages: limit };
      break;
    }
  } while (++pages < limit);
  return { offset: (first << CRAMFS_BLK_DIRECT_PTR_SHIFT) >>> 0, pages };
}

/**
 * Whether something else stands behind the end of the file in its last page: cramfs_last_page_is_shared(). The last
 * page is found through the file's last block pointer, whatever that pointer's flags are.
 */
export function lastPageIsShared(fs: MountedCramfs, inode: KernelInode): boolean {
  const { pageSize } = fs.cpu;
  const partial = inode.size % pageSize;
  if (partial === 0) return false;
  const lastPage = Math.floor(inode.size / pageSize);
  const pointer = dereference(fs, inode.ino + lastPage * 4);
  const tail = (((pointer & CRAMFS_BLK_VALUE) << CRAMFS_BLK_DIRECT_PTR_SHIFT) >>> 0) + partial;
  return !isZero(fs, tail, pageSize - partial);
}

function isZero(fs: MountedCramfs, offset: number, length: number): boolean {
  requireMapped(fs, offset, length);
  return isFilled(fs.memory.linear.bytes(offset, length), 0);
}
