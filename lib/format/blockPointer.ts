/**
 * Block pointers: one 32-bit word for each page-sized block of a file.
 *
 * Without EXT_BLOCK_POINTERS a pointer is the end of its block, and blocks follow each other from the end of the pointer
 * table. With it the top two bits are flags; see {@link decodeBlockPointer}.
 */
import {
  CRAMFS_BLK_DIRECT_PTR_SHIFT,
  CRAMFS_BLK_FLAG_DIRECT_PTR,
  CRAMFS_BLK_FLAG_UNCOMPRESSED,
  CRAMFS_BLK_VALUE,
} from './constants.ts';

/** A block pointer taken apart. */
export interface BlockPointer {
  /** Bit 31: the data is stored verbatim. */
  readonly uncompressed: boolean;
  /** Bit 30: the pointer tells where the block starts, not where it ends. */
  readonly direct: boolean;
  /** Byte offset in the image: of the block's start if direct (below 4 GiB), else of its end (below 1 GiB). */
  readonly address: number;
}

/** Takes a pointer apart. Linux and mkcramfs honour the flag bits whether or not the superblock announces them. */
export function decodeBlockPointer(pointer: number): BlockPointer {
  const direct = (pointer & CRAMFS_BLK_FLAG_DIRECT_PTR) !== 0;
  const value = pointer & CRAMFS_BLK_VALUE;
  return {
    uncompressed: (pointer & CRAMFS_BLK_FLAG_UNCOMPRESSED) !== 0,
    direct,
    address: direct ? (value << CRAMFS_BLK_DIRECT_PTR_SHIFT) >>> 0 : value,
  };
}

/** The inverse of {@link decodeBlockPointer}. A direct address must be a multiple of 4. */
export function encodeBlockPointer(pointer: BlockPointer): number {
  const value = pointer.direct ? pointer.address >>> CRAMFS_BLK_DIRECT_PTR_SHIFT : pointer.address;
  return (
    ((value & CRAMFS_BLK_VALUE) |
      (pointer.uncompressed ? CRAMFS_BLK_FLAG_UNCOMPRESSED : 0) |
      (pointer.direct ? CRAMFS_BLK_FLAG_DIRECT_PTR : 0)) >>>
    0
  );
}
