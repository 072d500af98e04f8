/**
 * Inodes as the mounted kernel has them, and what it dereferences without a look at the image's size.
 */
import { hex } from '../base/hex.ts';
import { roundUp } from '../base/pages.ts';
import { S_ISVTX } from '../format/constants.ts';
import { fileType, type InodeFields, inodeNumber } from '../format/inode.ts';
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
  /** File type and permissions. */
  readonly mode: number;
}

/** Whether a file is read and mapped as linear XIP (CRAMFS_INODE_IS_XIP() of vendors' kernels). */
export function isLinearXipFile(fs: MountedCramfs, { type, mode }: KernelInode): boolean {
  return fs.linearXip && type === 'file' && (mode & S_ISVTX) !== 0;
}

/** Where the bytes of such a file begin in the image: PAGE_ALIGN() of its offset. The image is at a page boundary. */
export function linearXipStart(fs: MountedCramfs, { ino }: KernelInode): number {
  return roundUp(ino, fs.cpu.pageSize);
}

/**
 * The inodes that are in memory, by number: iget_locked(). Inodes of the same number are one to Linux, and it is like the
 * one that was met first.
 */
export type InodeCache = Map<number, Inode>;

/** The error of an inode that the kernel refuses, and its line in the kernel log. */
export interface RefusedInode {
  readonly errno: Errno;
  readonly log: readonly string[];
}

/**
 * get_cramfs_inode(): the inode of a number, new or met before.
 *
 * A new one of a type that Linux does not know is refused (EIO) by kernels that look at it, and otherwise becomes a
 * special file that cannot be opened. The refusal logs the mode of the kernel's own inode, which is not set yet: 0 in
 * one that was never used.
 *
 * A new one gets its size only if its number says that it has data, which is so if the number is a multiple of 4; a file,
 * directory or link at offset 0 is empty, whatever size is stored.
 *
 * @param position byte offset of the inode in the image
 * @param numberedFrom the same; 0 for the root
 */
export function getCramfsInode(
  cache: InodeCache,
  fields: InodeFields,
  position: number,
  verifiesFileType: boolean,
  numberedFrom = position,
): Inode | RefusedInode {
  const ino = inodeNumber(fields, numberedFrom);
  const known = cache.get(ino);
  if (known !== undefined) return known;
  const { mode, uid, size, gid, namelen, offset } = fields;
  const type = fileType(mode);
  if (type === 'unknown' && verifiesFileType) {
    return { errno: 'EIO', log: [`CRAMFS: Invalid file type 00000 for inode ${String(ino)}.`] };
  }
  const hasData = ino % 4 === 0 || (type !== 'file' && type !== 'directory' && type !== 'symlink');
  const inode: Inode = { mode, uid, size: hasData ? size : 0, gid, namelen, offset, position, ino, type };
  cache.set(ino, inode);
  return inode;
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
    throw new KernelBug(`oops: the kernel reads at ${hex(offset)}, past the region of ${hex(fs.memory.size)} bytes`);
  }
}
