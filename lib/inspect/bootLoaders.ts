/**
 * What the boot loaders with a cramfs driver of their own make of an image: U-Boot (fs/cramfs/cramfs.c, uncompress.c) and
 * barebox (the same files, with another way to read blocks). Both are older than block pointers with flags.
 *
 * Common to both: only little-endian images, whatever the CPU (CRAMFS_32()); the flags up to SHIFTED_ROOT_OFFSET
 * (CRAMFS_SUPPORTED_FLAGS); a root directory with an offset of 0 counts as an empty file system; blocks of 4096 bytes,
 * inflated with zlib whatever their pointer says (cramfs_uncompress_block()). Neither looks at signature, size or CRC.
 */
import { BOOT_PAD, CRAMFS_FLAG_SHIFTED_ROOT_OFFSET, S_IFDIR, S_IFMT, SUPERBLOCK_SIZE } from '../format/constants.ts';
import type { CramfsImage } from '../image/image.ts';
import type { Statistics } from './statistics.ts';
import type { VariantNote } from './variant.ts';

/**
 * What becomes of the image: files are read; its superblock is refused; it counts as empty; or some files cannot be read,
 * or are read wrong.
 */
export type LoaderState = 'reads' | 'refuses' | 'sees-no-files' | 'misreads';

/** A boot loader and what it makes of an image. */
export interface LoaderVerdict {
  readonly name: 'U-Boot' | 'barebox';
  readonly state: LoaderState;
  /** What it prints where it refuses; else each thing that it cannot read. */
  readonly reasons: readonly string[];
}

/** Flags of the superblock that both know: those of Linux 2.4.7 and HOLES. */
const LOADER_FLAGS = 0x7ff;
const LOADER_BLOCK = 4096;

/** Both loaders' verdicts. `image` is opened as detected. */
export function bootLoaders(
  image: CramfsImage,
  variants: readonly VariantNote[],
  statistics: Pick<Statistics, 'kinds'>,
): readonly LoaderVerdict[] {
  const refusal = refusalOf(image);
  return (['U-Boot', 'barebox'] as const).map((name): LoaderVerdict => {
    if (refusal !== null) return { name, state: 'refuses', reasons: [`cramfs: ${refusal}`] };
    if (image.inodeLayout.name === 'wide') return { name, state: 'sees-no-files', reasons: ['16-byte inodes'] };
    const reasons = unreadable(image, variants, statistics, name);
    return { name, state: reasons.length === 0 ? 'reads' : 'misreads', reasons };
  });
}

/** What cramfs_read_super() prints where it refuses the superblock; null where it does not. */
function refusalOf({ superblock, littleEndian, inodeLayout }: CramfsImage): string | null {
  const { flags, root } = superblock;
  if (!littleEndian) return 'wrong magic';
  if ((flags & ~LOADER_FLAGS) !== 0) return 'unsupported filesystem features';
  if ((root.mode & S_IFMT) !== S_IFDIR) return 'root is not a directory';
  const isShifted = (flags & CRAMFS_FLAG_SHIFTED_ROOT_OFFSET) !== 0;
  if (inodeLayout.name === 'wide' || root.offset === 0 || isShifted) return null;
  const usual = root.offset === SUPERBLOCK_SIZE || root.offset === BOOT_PAD + SUPERBLOCK_SIZE;
  return usual ? null : `bad root offset ${String(root.offset)}`;
}

const UNREADABLE: Partial<Record<VariantNote['code'], string>> = {
  lzma: 'LZMA blocks',
  'linear-xip': 'files of linear XIP',
  'unflagged-stored': 'blocks stored as they are',
  'long-tables': 'files with long block pointer tables',
};

/** Names of what a loader does not read. */
function unreadable(
  { pageSize }: CramfsImage,
  variants: readonly VariantNote[],
  { kinds }: Pick<Statistics, 'kinds'>,
  name: LoaderVerdict['name'],
): string[] {
  const codes = new Set(variants.map(({ code }) => code));
  const has = (...wanted: readonly string[]): boolean =>
    kinds.some(({ kind, blocks }) => blocks > 0 && wanted.includes(kind));
  const reasons = Object.entries(UNREADABLE).flatMap(([code, words]) =>
    codes.has(code as VariantNote['code']) ? [words] : [],
  );
  if (pageSize !== LOADER_BLOCK) reasons.push(`blocks of ${String(pageSize / 1024)} KiB`);
  const flagged = has('stored', 'direct', 'direct-zlib') && !codes.has('linear-xip') && !codes.has('unflagged-stored');
  if (flagged) reasons.push('blocks whose pointers have flags');
  // inflate() of no bytes fails in U-Boot; barebox takes no length, and inflates what follows.
  if (has('hole')) reasons.push(name === 'U-Boot' ? 'files with holes' : 'holes (it reads the next block there)');
  return reasons;
}
