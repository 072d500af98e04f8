/**
 * How the driver reads an image that lies in memory: cramfs_direct_read() of fs/cramfs/inode.c.
 *
 * All that the driver reads goes through it: directory entries, block pointers, data. A mount from a block device reads
 * through the page cache instead (cramfs_blkdev_read()), knows nothing of the file system's size, and is not modelled.
 */
import type { MountedCramfs } from './mount.ts';

/**
 * `length` bytes of the image from byte `offset`, or zeros (ZERO_PAGE) where they do not lie wholly within the size that
 * the superblock gives: a read that only reaches past it gives nothing of what is there.
 *
 * @returns a view that must not be written
 */
export function cramfsRead(fs: MountedCramfs, offset: number, length: number): Uint8Array {
  return isReadable(fs, offset, length) ? fs.memory.linear.bytes(offset, length) : new Uint8Array(length);
}

/** cramfs_read() of a 32-bit word. */
export function cramfsReadU32(fs: MountedCramfs, offset: number): number {
  return isReadable(fs, offset, 4) ? fs.memory.linear.u32(offset) : 0;
}

/** cramfs_read() of a 16-bit word. */
export function cramfsReadU16(fs: MountedCramfs, offset: number): number {
  return isReadable(fs, offset, 2) ? fs.memory.linear.u16(offset) : 0;
}

/** Whether {@link cramfsRead} gives what is in the image, and not zeros. */
export function isReadable(fs: MountedCramfs, offset: number, length: number): boolean {
  return length <= fs.size && offset <= fs.size - length;
}
