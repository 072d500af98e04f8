/**
 * The 12-byte inode: three 32-bit words of bit fields.
 *
 * A compiler lays bit fields out from the low end on little-endian CPUs and from the high end on big-endian ones, so the
 * two byte orders differ in more than the order of bytes.
 */
import { INODE_SIZE, S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG, S_IFSOCK } from './constants.ts';

/** An inode as stored. */
export interface InodeFields {
  /** File type and permissions, as st_mode. */
  readonly mode: number;
  /** Owner, 16 bits. */
  readonly uid: number;
  /** Bytes (24 bits); for device nodes the device number in the old encoding. */
  readonly size: number;
  /** Group, 8 bits. */
  readonly gid: number;
  /** Bytes of the name that follows, padding included: a multiple of 4, at most 252. */
  readonly namelen: number;
  /** Byte offset of the data: a multiple of 4, below 256 MiB. Stored in units of 4 bytes. */
  readonly offset: number;
}

/** What kind of file an inode is. */
export type FileType = 'file' | 'directory' | 'symlink' | 'chardev' | 'blockdev' | 'fifo' | 'socket' | 'unknown';

/** Decodes the inode whose first byte is at `at` in `view`; 12 bytes must be there. */
export function decodeInode(view: DataView, at: number, littleEndian: boolean): InodeFields {
  const word0 = view.getUint32(at, littleEndian); //     0 – mode:16, uid:16
  const word1 = view.getUint32(at + 4, littleEndian); // 4 – size:24, gid:8
  const word2 = view.getUint32(at + 8, littleEndian); // 8 – namelen:6 (units of 4), offset:26 (units of 4)
  if (littleEndian) {
    return {
      mode: word0 & 0xffff,
      uid: word0 >>> 16,
      size: word1 & 0xffffff,
      gid: word1 >>> 24,
      namelen: (word2 & 0x3f) * 4,
      offset: (word2 >>> 6) * 4,
    };
  }
  return {
    mode: word0 >>> 16,
    uid: word0 & 0xffff,
    size: word1 >>> 8,
    gid: word1 & 0xff,
    namelen: (word2 >>> 26) * 4,
    offset: (word2 & 0x3ffffff) * 4,
  };
}

/** How inodes are laid out in an image. */
export interface InodeLayout {
  /** `linux`, or the vendor variant `wide`. */
  readonly name: 'linux' | 'wide';
  /** Bytes of an inode, its name excluded. */
  readonly size: number;
  /** Decodes the inode whose first byte is at `at`; `size` bytes must be there. */
  readonly decode: (view: DataView, at: number, littleEndian: boolean) => InodeFields;
  /** The inverse: `size` bytes. Values are cut to their fields' widths. */
  readonly encode: (inode: InodeFields, littleEndian: boolean) => Uint8Array;
}

/** What Linux and every maker but some vendors have. */
export const LINUX_INODE: InodeLayout = {
  name: 'linux',
  size: INODE_SIZE,
  decode: decodeInode,
  encode: encodeInode,
};

/**
 * A vendor variant of 16 bytes: the third word has 8 bits of padding before namelen, and the offset is a word of its own,
 * still in units of 4 bytes. Seen in e-book readers (npitre/cramfs-tools, issue 10).
 */
export const WIDE_INODE: InodeLayout = {
  name: 'wide',
  size: 16,
  decode(view, at, littleEndian) {
    const word2 = view.getUint32(at + 8, littleEndian); //   8 – pad:8, namelen:6 (units of 4)
    const offset = view.getUint32(at + 12, littleEndian); // 12 – offset (units of 4)
    const namelen = littleEndian ? (word2 >>> 8) & 0x3f : (word2 >>> 18) & 0x3f;
    return { ...decodeInode(view, at, littleEndian), namelen: namelen * 4, offset: offset * 4 };
  },
  encode(inode, littleEndian) {
    const bytes = new Uint8Array(16);
    bytes.set(encodeInode({ ...inode, offset: 0 }, littleEndian));
    const view = new DataView(bytes.buffer);
    const namelen = (inode.namelen >>> 2) & 0x3f;
    view.setUint32(8, littleEndian ? namelen << 8 : namelen << 18, littleEndian);
    view.setUint32(12, inode.offset / 4, littleEndian);
    return bytes;
  },
};

/** The inverse of {@link decodeInode}: 12 bytes. Values are cut to their fields' widths. */
export function encodeInode(inode: InodeFields, littleEndian: boolean): Uint8Array {
  const bytes = new Uint8Array(INODE_SIZE);
  const view = new DataView(bytes.buffer);
  const { mode, uid, size, gid } = inode;
  const namelen = inode.namelen >>> 2;
  const offset = inode.offset / 4;
  if (littleEndian) {
    view.setUint32(0, (mode & 0xffff) | (uid << 16), true);
    view.setUint32(4, (size & 0xffffff) | (gid << 24), true);
    view.setUint32(8, (namelen & 0x3f) | (offset << 6), true);
  } else {
    view.setUint32(0, (mode << 16) | (uid & 0xffff), false);
    view.setUint32(4, (size << 8) | (gid & 0xff), false);
    view.setUint32(8, (namelen << 26) | (offset & 0x3ffffff), false);
  }
  return bytes;
}

/** The file type in a mode. */
export function fileType(mode: number): FileType {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return 'file';
    case S_IFDIR:
      return 'directory';
    case S_IFLNK:
      return 'symlink';
    case S_IFCHR:
      return 'chardev';
    case S_IFBLK:
      return 'blockdev';
    case S_IFIFO:
      return 'fifo';
    case S_IFSOCK:
      return 'socket';
    default:
      return 'unknown';
  }
}

/** Major and minor number of a device inode: `size` holds them in the old encoding (old_decode_dev()). */
export function deviceNumber(size: number): { readonly major: number; readonly minor: number } {
  return { major: (size >>> 8) & 0xff, minor: size & 0xff };
}

/**
 * Linux's inode number (cramino()): for files, directories and links with data the byte offset of that data, hence also
 * where the kernel looks for the block pointers; otherwise the inode's own position plus 1.
 *
 * @param position byte offset of the inode in the image; 0 for the root
 */
export function inodeNumber(inode: InodeFields, position: number): number {
  if (inode.offset === 0 || inode.size === 0) return position + 1;
  const type = fileType(inode.mode);
  return type === 'file' || type === 'directory' || type === 'symlink' ? inode.offset : position + 1;
}
