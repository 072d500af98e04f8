/**
 * Opening an image of unknown make: the block size is not recorded in the format and is found out from the files.
 */
import { CramfsError } from '../errors.ts';
import { CramfsImage, type OpenOptions, PAGE_SIZES } from '../image/image.ts';
import { guessPageSize } from '../image/pageSize.ts';
import type { ByteSource } from '../source/byteSource.ts';
import { walk } from './walk.ts';

/** Files looked at to find the block size. */
const SAMPLE_FILES = 32;
/** Entries walked over to find that many files. */
const SAMPLE_ENTRIES = 4096;
const DEFAULT_PAGE_SIZE = 4096;

/**
 * Opens an image, and finds out its block size unless one is given.
 *
 * @throws CramfsError as CramfsImage.open()
 */
export function openDetected(from: ByteSource | Uint8Array, options: OpenOptions = {}): CramfsImage {
  const image = CramfsImage.open(from, options);
  if (options.pageSize !== undefined) return image;
  const pageSize = detectPageSize(from, options);
  return pageSize === image.pageSize ? image : CramfsImage.open(from, { ...options, pageSize });
}

/**
 * The block size that the fewest files speak against; of several the one that most speak for, 4096 bytes first. Files of
 * at most 4096 bytes have one block for any size, and tell nothing.
 */
export function detectPageSize(from: ByteSource | Uint8Array, options: OpenOptions = {}): number {
  const candidates = PAGE_SIZES.map((pageSize) => ({
    pageSize,
    image: CramfsImage.open(from, { ...options, pageSize }),
    against: 0,
    speaksFor: 0,
  }));
  const [first] = candidates;
  if (first === undefined) return DEFAULT_PAGE_SIZE;
  let files = 0;
  try {
    for (const { inode } of walk(first.image, { maxEntries: SAMPLE_ENTRIES, onProblem: () => undefined })) {
      if (inode.type !== 'file' || inode.size <= DEFAULT_PAGE_SIZE) continue;
      for (const candidate of candidates) {
        const guess = guessPageSize(candidate.image, inode);
        if (guess === candidate.pageSize) candidate.speaksFor++;
        else if (guess !== null) candidate.against++;
      }
      if (++files === SAMPLE_FILES) break;
    }
  } catch (error) {
    if (!(error instanceof CramfsError)) throw error;
  }
  let best = first;
  for (const candidate of candidates) {
    const better = candidate.against - best.against || best.speaksFor - candidate.speaksFor;
    if (better < 0) best = candidate;
  }
  return best.pageSize;
}
