/** Reading the small files that options name, without believing that they are small. */
import { closeSync, openSync, readSync } from 'node:fs';
import { CramfsError } from '../base/errors.ts';

/** Bytes of a policy, a baseline, a listing, a table, a profile, … */
export const MAX_INPUT = 64 << 20;
const STEP = 1 << 16;

/**
 * The bytes of a file, or of a pipe or device; no more than one byte above the limit is read.
 *
 * @throws errors of node:fs; CramfsError LIMIT
 */
export function readAtMost(file: string, limit = MAX_INPUT): Uint8Array {
  const fd = openSync(file, 'r');
  try {
    const pieces: Uint8Array[] = [];
    let length = 0;
    for (;;) {
      const piece = new Uint8Array(Math.min(STEP, limit + 1 - length));
      const got = readSync(fd, piece, 0, piece.length, null);
      if (got === 0) return Buffer.concat(pieces);
      pieces.push(piece.subarray(0, got));
      length += got;
      if (length <= limit) continue;
      throw new CramfsError('LIMIT', { expected: `at most ${String(limit)} bytes in ${file}`, found: 'more' });
    }
  } finally {
    closeSync(fd);
  }
}
