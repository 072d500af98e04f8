/**
 * Inodes as the mounted kernel has them, and its raw reads of the image.
 */
import { hex } from '../base/hex.ts';
import type { Inode } from '../image/image.ts';
import type { Errno } from '../mm/errno.ts';
import { KernelBug } from '../mm/kernel.ts';
import type { MountedCramfs } from './mount.ts';

/** An inode of a mounted cramfs. */
export interface KernelInode {
  /** Inode number: where the block pointers are (OFFSET()). */
  readonly ino: number;
  /** i_size, in bytes. */
  readonly size: number;
  readonly type: Inode['type'];
}

/**
 * may_open() for writing: a directory cannot be opened so at all, anything else not on a read-only file system.
 */
export function errnoForWriting(inode: Pick<KernelInode, 'type'>): Errno {
  return inode.type === 'directory' ? 'EISDIR' : 'EROFS';
}

/** max_pages: pages of the file, the last one counted whole. */
export function filePages(fs: MountedCramfs, inode: KernelInode): number {
  return Math.ceil(inode.size / fs.cpu.pageSize);
}

/**
 * The word at an offset of the linear mapping, read as the kernel dereferences it: no check against the image's size.
 * Behind the mapped region it is a page fault in kernel mode.
 */
export function dereference(fs: MountedCramfs, offset: number): number {
  requireMapped(fs, offset, 4);
  return fs.memory.linear.u32(offset);
}

/** Oopses where the linear mapping ends. */
export function requireMapped(fs: MountedCramfs, offset: number, length: number): void {
  if (offset + length > fs.memory.size) {
    throw new KernelBug(`oops: the kernel reads at ${hex(offset)}, behind the region of ${hex(fs.memory.size)} bytes`);
  }
}

/**
 * cramfs_read() on linear memory: bytes of the image, or zeros where the read would reach behind the image's size.
 */
export function cramfsRead(fs: MountedCramfs, offset: number, length: number): Uint8Array {
  if (!within(fs, offset, length)) return new Uint8Array(length);
  return fs.memory.linear.bytes(offset, length);
}

/** cramfs_read() of a 32-bit word. */
export function cramfsReadU32(fs: MountedCramfs, offset: number): number {
  return within(fs, offset, 4) ? fs.memory.linear.u32(offset) : 0;
}

/** cramfs_read() of a 16-bit word. */
export function cramfsReadU16(fs: MountedCramfs, offset: number): number {
  return within(fs, offset, 2) ? fs.memory.linear.u16(offset) : 0;
}

function within(fs: MountedCramfs, offset: number, length: number): boolean {
  return length <= fs.size && offset <= fs.size - length;
}
