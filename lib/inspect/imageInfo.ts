/** Everything there is to tell of an image as a whole. */
import { CRAMFS_FLAG_FSID_VERSION_2, CRAMFS_SIGNATURE } from '../format/constants.ts';
import { decodeName } from '../format/names.ts';
import type { CramfsImage } from '../image/image.ts';
import { bootLoaders, type LoaderVerdict } from './bootLoaders.ts';
import { type CrcVerdict, imageCrc } from './imageCrc.ts';
import { namedFlags, neededKernel, type SuperblockFlag } from '../format/superblockFlags.ts';
import { type Survey, survey } from './survey.ts';
import { type VariantNote, variantNotes } from './variant.ts';

/** What `cramfs info` tells. */
export interface ImageInfo extends Survey {
  readonly littleEndian: boolean;
  /** Bytes of a block. */
  readonly pageSize: number;
  /** Byte offset of the superblock. */
  readonly position: number;
  /** Bytes of the image as the superblock tells; null without FSID_VERSION_2, which leaves it open. */
  readonly size: number | null;
  readonly flags: number;
  readonly namedFlags: readonly SuperblockFlag[];
  /** The first Linux version that reads it; null if none does. */
  readonly neededKernel: string | null;
  readonly signature: string;
  readonly signatureGood: boolean;
  /** The volume's name up to its first NUL. */
  readonly name: string;
  /** Edition and counts as claimed; null without FSID_VERSION_2. */
  readonly claimed: { readonly edition: number; readonly blocks: number; readonly files: number } | null;
  readonly crc: CrcVerdict;
  /** In what the image differs from what Linux has. */
  readonly variants: readonly VariantNote[];
  readonly loaders: readonly LoaderVerdict[];
}

/** Variants that no Linux reads. */
const UNREADABLE: ReadonlySet<VariantNote['code']> = new Set([
  'wide-inodes',
  'lzma',
  'vendor-flags',
  'linear-xip',
  'unflagged-stored',
  'long-tables',
]);

/**
 * Looks at the whole image: its metadata, and all of its bytes once for the checksum.
 *
 * @throws CramfsError IO
 */
export function imageInfo(image: CramfsImage): ImageInfo {
  const { superblock } = image;
  const { flags, edition, blocks, files } = superblock;
  const crc = imageCrc(image);
  const variants = variantNotes(image, crc);
  const hasFsid = image.hasFlag(CRAMFS_FLAG_FSID_VERSION_2);
  const signature = decodeName(superblock.signature);
  const end = superblock.name.indexOf(0);
  const surveyed = survey(image);
  return {
    ...surveyed,
    littleEndian: image.littleEndian,
    pageSize: image.pageSize,
    position: superblock.position,
    size: hasFsid ? superblock.size : null,
    flags,
    namedFlags: namedFlags(flags),
    neededKernel: variants.some(({ code }) => UNREADABLE.has(code)) ? null : neededKernel(flags),
    signature,
    signatureGood: signature === CRAMFS_SIGNATURE,
    name: decodeName(end === -1 ? superblock.name : superblock.name.subarray(0, end)),
    claimed: hasFsid ? { edition, blocks, files } : null,
    crc,
    variants,
    loaders: bootLoaders(image, variants, surveyed.statistics),
  };
}
