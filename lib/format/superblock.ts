/**
 * The superblock: 76 bytes, the root inode included.
 */
import { BOOT_PAD, CRAMFS_MAGIC, CRAMFS_MAGIC_WEND, ROOT_INODE_OFFSET } from './constants.ts';
import { type InodeFields, type InodeLayout, LINUX_INODE } from './inode.ts';

/** The superblock as stored. `edition` to `files` mean something with FSID_VERSION_2 only. */
export interface Superblock {
  /** Byte offset of the superblock in the image: 0, or 512 behind a boot pad. */
  readonly position: number;
  readonly littleEndian: boolean;
  /** Bytes of the file system, boot pad included. */
  readonly size: number;
  readonly flags: number;
  readonly future: number;
  /** 16 bytes; "Compressed ROMFS" in ASCII. */
  readonly signature: Uint8Array;
  /** CRC-32 of the bytes from the superblock to `size`, this field taken as zero. */
  readonly crc: number;
  readonly edition: number;
  /** Data blocks of all files. */
  readonly blocks: number;
  /** Inodes, the root included. */
  readonly files: number;
  /** 16 bytes, not always NUL-terminated. */
  readonly name: Uint8Array;
  readonly root: InodeFields;
}

/** Where the superblock was found. */
export interface SuperblockPlace {
  readonly position: number;
  readonly littleEndian: boolean;
}

/**
 * Finds the magic number as cramfs_read_super() looks for it, in either byte order: at byte 0, then at 512.
 *
 * @param head the image's first bytes; as many as there are, up to 588
 */
export function findSuperblock(head: Uint8Array): SuperblockPlace | null {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  for (const position of [0, BOOT_PAD]) {
    if (position + 4 > head.length) break;
    const magic = view.getUint32(position, true);
    if (magic === CRAMFS_MAGIC) return { position, littleEndian: true };
    if (magic === CRAMFS_MAGIC_WEND) return { position, littleEndian: false };
  }
  return null;
}

/** Decodes the superblock at `place`; `head` must hold 76 bytes from there, 80 with wide inodes. */
export function decodeSuperblock(
  head: Uint8Array,
  place: SuperblockPlace,
  inodes: InodeLayout = LINUX_INODE,
): Superblock {
  const { position, littleEndian } = place;
  const view = new DataView(head.buffer, head.byteOffset + position, ROOT_INODE_OFFSET + inodes.size);
  return Object.freeze({
    position,
    littleEndian,
    //                                                       0 – magic
    size: view.getUint32(4, littleEndian), //                4 – size
    flags: view.getUint32(8, littleEndian), //               8 – flags
    future: view.getUint32(12, littleEndian), //            12 – future
    signature: head.slice(position + 16, position + 32), // 16 – signature
    crc: view.getUint32(32, littleEndian), //               32 – fsid.crc
    edition: view.getUint32(36, littleEndian), //           36 – fsid.edition
    blocks: view.getUint32(40, littleEndian), //            40 – fsid.blocks
    files: view.getUint32(44, littleEndian), //             44 – fsid.files
    name: head.slice(position + 48, position + 64), //      48 – name
    root: Object.freeze(inodes.decode(view, ROOT_INODE_OFFSET, littleEndian)), // 64 – root inode
  });
}

/**
 * The inverse of {@link decodeSuperblock}: 76 bytes, 80 with wide inodes. `signature` and `name` are cut or zero-padded to 16.
 */
export function encodeSuperblock(
  superblock: Omit<Superblock, 'position'>,
  inodes: InodeLayout = LINUX_INODE,
): Uint8Array {
  const { littleEndian } = superblock;
  const bytes = new Uint8Array(ROOT_INODE_OFFSET + inodes.size);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, CRAMFS_MAGIC, littleEndian);
  view.setUint32(4, superblock.size, littleEndian);
  view.setUint32(8, superblock.flags, littleEndian);
  view.setUint32(12, superblock.future, littleEndian);
  bytes.set(superblock.signature.subarray(0, 16), 16);
  view.setUint32(32, superblock.crc, littleEndian);
  view.setUint32(36, superblock.edition, littleEndian);
  view.setUint32(40, superblock.blocks, littleEndian);
  view.setUint32(44, superblock.files, littleEndian);
  bytes.set(superblock.name.subarray(0, 16), 48);
  bytes.set(inodes.encode(superblock.root, littleEndian), ROOT_INODE_OFFSET);
  return bytes;
}
