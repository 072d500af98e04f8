/**
 * A line of progress on a terminal; nothing anywhere else.
 */
import type { Io } from '../io.ts';

/** Milliseconds between two looks. */
const INTERVAL = 200;

/** Shows how far a build is. */
export interface Progress {
  readonly update: (done: number, total: number) => void;
  /** Wipes the line. */
  clear(): void;
}

/** Progress on standard error, if that is a terminal. */
export function newProgress(io: Io, now: () => number = Date.now): Progress {
  let shown = 0;
  let last = now();
  return {
    update(done, total) {
      if (!io.stderr.isTTY || total === 0 || now() - last < INTERVAL) return;
      last = now();
      const text = `${String(Math.floor((done / total) * 100)).padStart(3)} % of ${mebibytes(total)} MiB`;
      shown = text.length;
      io.stderr.write(`\r${text}`);
    },
    clear() {
      if (shown > 0) io.stderr.write(`\r${' '.repeat(shown)}\r`);
      shown = 0;
    },
  };
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1);
}
