/**
 * What building an image again from its files loses: the traits of vendors' images, which no builder here writes.
 */
import {
  CRAMFS_FLAG_EXT_BLOCK_POINTERS,
  CRAMFS_FLAG_FSID_VERSION_2,
  CRAMFS_FLAG_HOLES,
  CRAMFS_FLAG_SHIFTED_ROOT_OFFSET,
  CRAMFS_FLAG_SORTED_DIRS,
  CRAMFS_SIGNATURE,
} from '../format/constants.ts';
import { decodeName } from '../format/names.ts';
import { type CramfsImage, PAGE_SIZES } from '../image/image.ts';
import { imageCrc } from '../inspect/imageCrc.ts';
import { variantNotes } from '../inspect/variant.ts';

/** Something that an image has and one built from its files has not. */
export type RepackLoss =
  | { readonly code: 'wide-inodes' | 'lzma' | 'swapped-crc' | 'linear-xip' | 'unflagged-stored' | 'long-tables' }
  /** Flag bits that mean something to the vendor's driver only. */
  | { readonly code: 'flags'; readonly flags: number }
  | { readonly code: 'signature'; readonly signature: string }
  /** Blocks of a size that no CPU has a page of. */
  | { readonly code: 'block-size'; readonly bytes: number };

/** Flags that a builder sets where they are due. */
const OWN_FLAGS =
  CRAMFS_FLAG_FSID_VERSION_2 |
  CRAMFS_FLAG_SORTED_DIRS |
  CRAMFS_FLAG_HOLES |
  CRAMFS_FLAG_SHIFTED_ROOT_OFFSET |
  CRAMFS_FLAG_EXT_BLOCK_POINTERS;
/** Bits that a vendor's flags may use for the size of a block: EXT_BLOCK_POINTERS among them. */
const VENDOR_FLAGS = 0xf800;

/** How vendors store files. */
const FILE_FORMATS = ['linear-xip', 'unflagged-stored', 'long-tables'] as const;

/** The losses, the gravest first. @throws CramfsError IO */
export function repackLosses(image: CramfsImage): RepackLoss[] {
  const codes = new Set(variantNotes(image, imageCrc(image)).map(({ code }) => code));
  const { flags } = image.superblock;
  const signature = decodeName(image.superblock.signature);
  const others = flags & ~OWN_FLAGS;
  const lost = codes.has('vendor-flags') ? others | (flags & VENDOR_FLAGS) : others;
  return [
    ...(codes.has('wide-inodes') ? [{ code: 'wide-inodes' } as const] : []),
    ...(codes.has('lzma') ? [{ code: 'lzma' } as const] : []),
    ...FILE_FORMATS.filter((code) => codes.has(code)).map((code) => ({ code })),
    ...(PAGE_SIZES.includes(image.pageSize) ? [] : [{ code: 'block-size', bytes: image.pageSize } as const]),
    ...(lost === 0 ? [] : [{ code: 'flags', flags: lost >>> 0 } as const]),
    ...(signature === CRAMFS_SIGNATURE ? [] : [{ code: 'signature', signature } as const]),
    ...(codes.has('crc-swapped') ? [{ code: 'swapped-crc' } as const] : []),
  ];
}
