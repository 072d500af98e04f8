/**
 * Lines of the log about blocks that cannot be read.
 *
 * A kernel logs them more than once, since a read that failed in read-ahead is tried again, and it logs those of blocks
 * that nobody asked for, since read-ahead tried them. Which of those it tries depends on the release. So a comparison
 * counts each line once, and lines that the emulation does not have may only be about other blocks that cannot be read.
 */
import { CramfsError } from '../../lib/index.ts';
import { walk } from '../../lib/format.ts';
import type { Board } from '../../lib/index.ts';
import { readFolio } from '../../lib/kernel.ts';

/** Whether a line is about a block that cannot be read. */
export function isReadFailure(line: string): boolean {
  return /^cramfs: (?:Error -?[0-9]+ while decompressing!|(?:PTR|[0-9a-f]+)\([0-9]+\)->|bad (?:compressed|data) blocksize)/.test(
    line,
  );
}

/** A line without the pointers in it, which are hashed with a secret of the boot. */
export function withoutPointers(line: string): string {
  return line.replace(/\b[0-9a-f]{8,16}\(/g, 'PTR(');
}

/** The lines about blocks that cannot be read, each once. */
export function readFailures(log: readonly string[]): string[] {
  return [...new Set(log.filter(isReadFailure).map(withoutPointers))];
}

/** Lines about the blocks that read-ahead may have tried; null where such lines are not compared. */
export type Ahead = (() => ReadonlySet<string>) | null;

/** The same of two logs: the kernel's without those lines that read-ahead can account for. */
export function comparableFailures(
  kernel: readonly string[],
  ours: readonly string[],
  ahead: Ahead,
): { readonly kernel: readonly string[]; readonly ours: readonly string[] } {
  if (ahead === null) return { kernel: [], ours: [] };
  const expected = readFailures(ours);
  const found = readFailures(kernel);
  const more = found.filter((line) => !expected.includes(line));
  const excused = more.length === 0 ? new Set<string>() : ahead();
  return {
    kernel: found.filter((line) => !more.includes(line) || !excused.has(line)).sort(),
    ours: expected.sort(),
  };
}

/**
 * The lines of all blocks of a file that cannot be read, or of all files of the image.
 *
 * @param path undefined for all files
 */
export function failuresOf(board: Board, path?: string): ReadonlySet<string> {
  const paths =
    path === undefined ? Array.from(walk(board.image, { onProblem: () => undefined }), (entry) => entry.path) : [path];
  return new Set(paths.flatMap((each) => [...fileFailures(board, each)]));
}

function* fileFailures(board: Board, path: string): Generator<string, void> {
  const { inode } = openOrNull(board, path) ?? {};
  if (inode?.type !== 'file') return;
  const fs = board.mounted();
  for (let page = 0; page * board.cpu.pageSize < inode.size; page++) {
    const folio = readFolio(fs, inode, page, board.image.inflate);
    if ('error' in folio) yield* folio.log;
  }
}

function openOrNull(board: Board, path: string): ReturnType<Board['open']> | null {
  try {
    return board.open(path);
  } catch (error) {
    if (error instanceof CramfsError) return null;
    throw error;
  }
}
