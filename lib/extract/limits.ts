/**
 * Bounds on what an image may unpack to. 20 KiB of holes can claim a gigabyte; 4 KiB of directories 2^n entries.
 */
import { CramfsError } from '../base/errors.ts';

/** The bounds. An image that exceeds one is refused before anything is written. */
export interface ExtractLimits {
  /** Bytes of all files together. */
  readonly maxBytes: number;
  /** Files, directories, links and devices together. */
  readonly maxEntries: number;
  /** Directories between the root and a file. */
  readonly maxDepth: number;
  /** Bytes of all files together, as a multiple of the image's own bytes. `RATIO_ALLOWANCE` bytes are always fine. */
  readonly maxRatio: number;
}

/** Bounds that no honest image was seen to reach. */
export const DEFAULT_LIMITS: ExtractLimits = {
  maxBytes: 4 * 2 ** 30,
  maxEntries: 1_000_000,
  maxDepth: 1024,
  maxRatio: 100,
};

/** Bytes that the expansion ratio never forbids: small images may have large sparse files. */
export const RATIO_ALLOWANCE = 64 * 2 ** 20;

/** Adds up what an image unpacks to, and stops at a limit. */
export class Budget {
  readonly #limits: ExtractLimits;
  readonly #ratioBytes: number;
  bytes = 0;
  entries = 0;

  /** @param imageBytes bytes of the image */
  constructor(limits: ExtractLimits, imageBytes: number) {
    this.#limits = limits;
    this.#ratioBytes = Math.max(RATIO_ALLOWANCE, limits.maxRatio * imageBytes);
  }

  /** Counts one more entry, and returns whether it is within the limits. */
  takes(depth: number, bytes: number): boolean {
    this.entries += 1;
    this.bytes += bytes;
    const { maxBytes, maxEntries, maxDepth } = this.#limits;
    return this.entries <= maxEntries && depth <= maxDepth && this.bytes <= maxBytes && this.bytes <= this.#ratioBytes;
  }

  /**
   * Counts one more entry.
   *
   * @throws CramfsError LIMIT
   */
  count(depth: number, bytes: number, path: () => string): void {
    if (this.takes(depth, bytes)) return;
    const { maxBytes, maxEntries, maxDepth, maxRatio } = this.#limits;
    if (this.entries > maxEntries) exceeded(path(), `${maxEntries} entries`, 'more', '--max-entries');
    if (depth > maxDepth) exceeded(path(), `${maxDepth} directories deep`, 'deeper ones', '--max-depth');
    if (this.bytes > maxBytes) exceeded(path(), `${maxBytes} bytes of files`, 'more', '--max-bytes');
    if (this.bytes > this.#ratioBytes) {
      exceeded(path(), `${maxRatio} times the bytes of the image`, 'more, as a decompression bomb has', '--max-ratio');
    }
  }
}

function exceeded(path: string, limit: string, found: string, option: string): never {
  throw new CramfsError('LIMIT', {
    path,
    expected: `at most ${limit}`,
    found: `${found} (${option} raises the limit)`,
  });
}
