/**
 * What building an image again from its files loses: traits of the source that are not in the format of what is built.
 */
import {
  CRAMFS_FLAG_EXT_BLOCK_POINTERS,
  CRAMFS_FLAG_FSID_VERSION_2,
  CRAMFS_FLAG_HOLES,
  CRAMFS_FLAG_SHIFTED_ROOT_OFFSET,
  CRAMFS_FLAG_SORTED_DIRS,
} from '../format/constants.ts';
import { decodeName } from '../format/names.ts';
import { type CramfsImage, PAGE_SIZES } from '../image/image.ts';
import { type CrcVerdict, imageCrc } from '../inspect/imageCrc.ts';
import { type VariantNote, variantNotes } from '../inspect/variant.ts';
import type { FactLoss } from './repackFacts.ts';
import { VENDOR_FLAGS, type VendorFormat } from './vendorFormat.ts';

/** Something that an image has and what is built from it has not. */
export type RepackLoss =
  | { readonly code: 'wide-inodes' | 'lzma' | 'swapped-crc' | 'linear-xip' | 'unflagged-stored' | 'long-tables' }
  /** Flag bits that mean something to the vendor's driver only. */
  | { readonly code: 'flags'; readonly flags: number }
  | { readonly code: 'signature'; readonly signature: string }
  /** Blocks of another size than those that are built. */
  | { readonly code: 'block-size'; readonly bytes: number }
  | FactLoss;

/** What is built: its format, and bytes of a block. */
export interface BuiltFormat {
  readonly format: VendorFormat;
  readonly pageSize: number;
}

/** Flags that a builder sets where they are due. */
const OWN_FLAGS =
  CRAMFS_FLAG_FSID_VERSION_2 |
  CRAMFS_FLAG_SORTED_DIRS |
  CRAMFS_FLAG_HOLES |
  CRAMFS_FLAG_SHIFTED_ROOT_OFFSET |
  CRAMFS_FLAG_EXT_BLOCK_POINTERS;

/**
 * The losses of a vendor's format, the gravest first.
 *
 * @param crc the image's, where it is known
 * @throws CramfsError IO
 */
export function repackLosses(
  image: CramfsImage,
  { format, pageSize }: BuiltFormat,
  crc: CrcVerdict = imageCrc(image),
): RepackLoss[] {
  const codes = new Set<VariantNote['code']>(variantNotes(image, crc).map(({ code }) => code));
  const { flags } = image.superblock;
  const signature = decodeName(image.superblock.signature);
  const own = codes.has('vendor-flags') ? OWN_FLAGS & ~VENDOR_FLAGS : OWN_FLAGS;
  const lost = (flags & ~own & ~format.flags) >>> 0;
  /** Files of the vendor's, and whether they stay so. */
  const kept = {
    'linear-xip': format.linearXip,
    'unflagged-stored': format.unflagged !== 'none',
    'long-tables': format.longTables !== null,
  };
  const files = (['linear-xip', 'unflagged-stored', 'long-tables'] as const).filter((code) => !kept[code]);
  return [
    ...(codes.has('wide-inodes') && format.inodes !== 'wide' ? [{ code: 'wide-inodes' } as const] : []),
    ...(codes.has('lzma') ? [{ code: 'lzma' } as const] : []),
    ...files.filter((code) => codes.has(code)).map((code) => ({ code })),
    ...(image.pageSize === pageSize || !isTied(image, codes)
      ? []
      : [{ code: 'block-size', bytes: image.pageSize } as const]),
    ...(lost === 0 ? [] : [{ code: 'flags', flags: lost } as const]),
    ...(signature === format.signature ? [] : [{ code: 'signature', signature } as const]),
    ...(codes.has('crc-swapped') && !format.swappedCrc ? [{ code: 'swapped-crc' } as const] : []),
  ];
}

/** Whether the size of a block is more than a CPU's page: of a size that none has, or announced in the flags. */
function isTied({ pageSize }: CramfsImage, codes: ReadonlySet<VariantNote['code']>): boolean {
  return codes.has('vendor-flags') || !PAGE_SIZES.includes(pageSize);
}
