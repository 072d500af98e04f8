/**
 * From an image to the listing that builds it again.
 *
 * What was built by mkcramfs, by mkfs.cramfs or here leaves few questions open: how blocks were compressed, and how
 * direct blocks were placed. They are answered by building and comparing.
 */
import { Budget } from '../../base/budget.ts';
import { sameBytes } from '../../base/bytes.ts';
import { CramfsError } from '../../base/errors.ts';
import { CRAMFS_FLAG_EXT_BLOCK_POINTERS } from '../../format/constants.ts';
import { type Block, fileBlocks, isRaw } from '../../image/blocks.ts';
import { readBlock } from '../../image/content.ts';
import type { CramfsImage, Inode } from '../../image/image.ts';
import { walk } from '../../inspect/walk.ts';
import { type BlockRuns, type BlocksOfFiles, runsOf } from '../blockRuns.ts';
import type { ContentHash } from '../contentHash.ts';
import type { BlockCompressor } from '../encodeFile.ts';
import { buildImage } from '../mkfs.ts';
import type { DirectPlacement } from '../placer.ts';
import { rememberingCompressor } from '../rememberingCompressor.ts';
import { keptFacts } from '../repackFacts.ts';
import { imageTree } from '../source/imageTree.ts';
import { VENDOR_FLAGS, vendorFormatOf } from '../vendorFormat.ts';
import { DEFLATE_NAMES, describedOptions, type DeflateName, type ImageDescription, type Listing } from './listing.ts';

/** A listing, and whether it builds the image that it describes. */
export interface Description {
  readonly listing: Listing;
  /** Whether building from it gives the same bytes. */
  readonly isExact: boolean;
}

/**
 * Describes an image.
 *
 * @param compressors the ways to compress that can be tried
 * @throws CramfsError for damage, as imageTree() and buildImage(); LIMIT for a listing much longer than the image
 */
export async function describeImage(
  image: CramfsImage,
  compressors: ReadonlyMap<DeflateName, BlockCompressor>,
  hash: ContentHash,
): Promise<Description> {
  const root = imageTree(image);
  const found = survey(image);
  const { format, unflagged } = vendorFormatOf(image);
  const stored = image.source.read(0, image.size);
  const common = {
    littleEndian: image.littleEndian,
    pageSize: image.pageSize,
    ...keptFacts(image),
    storeIncompressible: image.hasFlag(CRAMFS_FLAG_EXT_BLOCK_POINTERS) && (format.flags & VENDOR_FLAGS) === 0,
    format,
  };
  const { direct } = found;
  let first: Listing | null = null;
  const budget = new Budget(FREE_WORK + WORK_TIMES * stored.length);
  for (const deflate of found.deflate) {
    const compressor = compressors.get(deflate);
    if (compressor === undefined) continue;
    const remembering = rememberingCompressor(compressor, hash);
    for (const placed of placements(found.firstDirect, image.pageSize)) {
      const description: ImageDescription = { ...common, ...placed, deflate };
      const listing = { image: description, root, direct, unflagged };
      first ??= listing;
      if (!budget.spend(found.work)) break;
      if (!(await compressesAlike(image, found.sample, compressor))) break;
      const options = { ...describedOptions(listing), truncate: true, hash, compressor: remembering };
      if (sameBytes((await buildImage(root, options)).bytes, stored)) return { listing, isExact: true };
    }
  }
  const fallback: ImageDescription = { ...common, ...inline(8, 0, true), deflate: 'classic-9' };
  return { listing: first ?? { image: fallback, root, direct, unflagged }, isExact: false };
}

/** Work that any image may cause: bytes of content that are built, and {@link ENTRY_WORK} for each entry. */
const FREE_WORK = 64 << 20;
const WORK_TIMES = 64;
const ENTRY_WORK = 512;
/** Runs of direct blocks that the listing of any image may have; larger images may have more. */
const FREE_RUNS = 1 << 18;
/** Compressed blocks that are compressed again before whole images are built. */
const SAMPLE_BLOCKS = 4;

/** Whether a compressor gives the streams that the image has, as far as a few of them show. */
async function compressesAlike(
  image: CramfsImage,
  sample: readonly SampleBlock[],
  compressor: BlockCompressor,
): Promise<boolean> {
  for (const { block, path } of sample) {
    const stored = image.source.read(block.start, block.length).slice();
    const [stream] = await compressor.compress([contentOf(image, block, path)]);
    if (stream === undefined || !sameBytes(stream, stored)) return false;
  }
  return true;
}

/** @throws CramfsError for damage, with the path */
function contentOf(image: CramfsImage, block: Block, path: string): Uint8Array {
  try {
    return readBlock(image, block).slice();
  } catch (error) {
    throw error instanceof CramfsError ? error.withPath(path) : error;
  }
}

interface SampleBlock {
  readonly block: Block;
  readonly path: string;
}

interface Survey {
  /** What building the image once costs, in units of {@link FREE_WORK}. */
  readonly work: number;
  /** Some of the compressed blocks. */
  readonly sample: readonly SampleBlock[];
  readonly direct: BlocksOfFiles;
  /** Byte offset of the first direct block of the image; null for none. */
  readonly firstDirect: number | null;
  /** Ways to compress that the zlib headers allow, the likeliest first. */
  readonly deflate: readonly DeflateName[];
}

/** FLEVEL in the second byte of a zlib stream (RFC 1950): 3 for levels 7 to 9, 2 for 6. */
const FLEVEL_BEST = 3;

function survey(image: CramfsImage): Survey {
  const direct = new Map<string, BlockRuns>();
  const known = new Map<string, SurveyedFile>();
  const runs = new Budget(FREE_RUNS + Math.ceil(image.source.size / 4));
  let firstDirect: number | null = null;
  let level: number | null = null;
  let work = 0;
  const sample: SampleBlock[] = [];
  for (const { inode, path } of walk(image)) {
    work += ENTRY_WORK;
    if ((inode.type !== 'file' && inode.type !== 'symlink') || inode.size === 0 || isRaw(image, inode)) continue;
    // Files that share their blocks are built once, and look alike.
    const key = `${String(inode.ino)} ${String(inode.size)}`;
    let file = known.get(key);
    if (file === undefined) {
      file = surveyFile(image, inode, path);
      known.set(key, file);
      work += inode.size;
      sample.push(...file.compressed.slice(0, SAMPLE_BLOCKS - sample.length).map((block) => ({ block, path })));
      firstDirect = Math.min(firstDirect ?? Infinity, file.firstDirect ?? Infinity);
      level ??= file.level;
    }
    if (file.direct.length > 0) direct.set(path, file.direct);
    if (runs.spend(file.direct.length)) continue;
    throw new CramfsError('LIMIT', {
      path,
      offset: inode.position,
      expected: `at most ${String(runs.limit)} runs of direct blocks in a listing of an image of this size`,
      found: 'more, so that files must share their block pointers',
    });
  }
  const deflate =
    level === null || level === FLEVEL_BEST ? DEFLATE_NAMES : (['classic-6', 'fast', 'classic-9'] as const);
  return { direct, firstDirect: firstDirect === Infinity ? null : firstDirect, deflate, work, sample };
}

interface SurveyedFile {
  readonly direct: BlockRuns;
  /** Byte offset of the lowest direct block; null for none. */
  readonly firstDirect: number | null;
  /** The first few compressed blocks. */
  readonly compressed: readonly Block[];
  /** FLEVEL of the first zlib stream; null for none. */
  readonly level: number | null;
}

function surveyFile(image: CramfsImage, inode: Inode, path: string): SurveyedFile {
  const direct: number[] = [];
  const compressed: Block[] = [];
  let firstDirect: number | null = null;
  let level: number | null = null;
  for (const block of fileBlocks(image, inode, path)) {
    if (block.kind === 'zlib' && compressed.length < SAMPLE_BLOCKS) compressed.push(block);
    if (block.kind === 'direct') {
      direct.push(block.index);
      firstDirect = Math.min(firstDirect ?? Infinity, block.start);
    } else if (level === null && (block.kind === 'zlib' || block.kind === 'direct-zlib')) {
      level = (image.source.read(block.start + 1, 1)[0] ?? 0) >>> 6;
    }
  }
  return { direct: runsOf(direct), firstDirect, compressed, level };
}

type Placed = Pick<ImageDescription, 'direct' | 'keepRemnants' | 'compressFullLastPage'>;

const inline = (alignment: number, base: number, keepRemnants: boolean): Placed => ({
  direct: { alignment, base, layout: 'inline', padTail: !keepRemnants },
  keepRemnants,
  compressFullLastPage: false,
});

/** How direct blocks may have been placed: as mkcramfs has it, then in our ways. */
function* placements(firstDirect: number | null, pageSize: number): Generator<Placed, void> {
  if (firstDirect === null) {
    yield { direct: null, keepRemnants: true, compressFullLastPage: false };
    yield { direct: null, keepRemnants: false, compressFullLastPage: true };
    yield { direct: null, keepRemnants: false, compressFullLastPage: false };
    return;
  }
  yield inline(8, 0, true);
  yield inline(pageSize, 0, true);
  for (const layout of ['packed', 'inline'] as const) {
    for (const alignment of [pageSize, 8]) {
      const base = (alignment - (firstDirect % alignment)) % alignment;
      const direct: DirectPlacement = { alignment, base, layout, padTail: true };
      yield { direct, keepRemnants: false, compressFullLastPage: true };
      yield { direct, keepRemnants: false, compressFullLastPage: false };
    }
  }
}
