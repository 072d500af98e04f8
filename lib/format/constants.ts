/**
 * Numbers of the on-disk format, under the names of Linux's include/uapi/linux/cramfs_fs.h.
 */

/** Magic number in the image's own byte order. */
export const CRAMFS_MAGIC = 0x28cd3d45;
/** The same number as seen by a CPU of the other byte order. */
export const CRAMFS_MAGIC_WEND = 0x453dcd28;
export const CRAMFS_SIGNATURE = 'Compressed ROMFS';

/** Bytes of the superblock, root inode included. */
export const SUPERBLOCK_SIZE = 76;
/** Bytes of the superblock in front of the root inode. */
export const ROOT_INODE_OFFSET = 64;
/** The superblock stands at byte 0, or here when boot code is in front of it. */
export const BOOT_PAD = 512;
/** Bytes of an inode, its name excluded. */
export const INODE_SIZE = 12;
/** Longest name in bytes: 63 units of 4. */
export const MAX_NAME = 252;
/**
 * Bytes that Linux reads for each directory entry, whatever its name's length: an inode and the longest name. On a mount
 * from MTD all of them must lie within the file system's size, or the entry does not exist.
 */
export const ENTRY_READ_SIZE = INODE_SIZE + MAX_NAME;
/** What an image without FSID_VERSION_2 is taken to be long, in bytes. */
export const SIZE_WITHOUT_FSID = 1 << 28;

export const CRAMFS_FLAG_FSID_VERSION_2 = 0x00000001;
export const CRAMFS_FLAG_SORTED_DIRS = 0x00000002;
export const CRAMFS_FLAG_HOLES = 0x00000100;
export const CRAMFS_FLAG_WRONG_SIGNATURE = 0x00000200;
export const CRAMFS_FLAG_SHIFTED_ROOT_OFFSET = 0x00000400;
export const CRAMFS_FLAG_EXT_BLOCK_POINTERS = 0x00000800;
/** Flag bits that Linux mounts; any other is "unsupported filesystem features". */
export const CRAMFS_SUPPORTED_FLAGS =
  0x000000ff |
  CRAMFS_FLAG_HOLES |
  CRAMFS_FLAG_WRONG_SIGNATURE |
  CRAMFS_FLAG_SHIFTED_ROOT_OFFSET |
  CRAMFS_FLAG_EXT_BLOCK_POINTERS;

/** Block pointer bit 31: the block's data is stored verbatim. */
export const CRAMFS_BLK_FLAG_UNCOMPRESSED = 0x80000000;
/** Block pointer bit 30: the other 30 bits, times 4, are the block's start. */
export const CRAMFS_BLK_FLAG_DIRECT_PTR = 0x40000000;
/** The bits of a block pointer that are no flags. */
export const CRAMFS_BLK_VALUE = 0x3fffffff;
/** A direct pointer counts units of 1 << this many bytes. */
export const CRAMFS_BLK_DIRECT_PTR_SHIFT = 2;

export const S_IFMT = 0o170000;
export const S_IFSOCK = 0o140000;
export const S_IFLNK = 0o120000;
export const S_IFREG = 0o100000;
export const S_IFBLK = 0o060000;
export const S_IFDIR = 0o040000;
export const S_IFCHR = 0o020000;
export const S_IFIFO = 0o010000;
export const S_ISVTX = 0o001000;
