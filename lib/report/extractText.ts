/** What an extraction did, in words. */
import { hex } from '../base/hex.ts';
import type { LeftOut } from '../extract/ownership.ts';
import type { ExtractProblem } from '../extract/problem.ts';
import { plural, size } from '../base/words.ts';

/** Problems that are told one by one; --json tells more. */
const SHOWN_PROBLEMS = 20;

/** How many of what was extracted. */
export interface ExtractCounts {
  readonly files: number;
  readonly directories: number;
  readonly symlinks: number;
  readonly specials: number;
  /** Bytes of regular files. */
  readonly bytes: number;
}

/** One sentence: what was written. */
export function extractedText(counts: ExtractCounts, target: string): string {
  const parts = [
    `${plural(counts.files, 'file')} (${size(counts.bytes)})`,
    counts.directories === 1 ? '1 directory' : `${String(counts.directories)} directories`,
    plural(counts.symlinks, 'link'),
  ];
  if (counts.specials > 0) parts.push(plural(counts.specials, 'special file'));
  return `${target}: ${parts.join(', ')}`;
}

/** A line for each kind of thing that was left out, with the reason. */
export function leftOutLines(leftOut: LeftOut): string[] {
  const lines: string[] = [];
  const add = (n: number, noun: string, why: string): void => {
    if (n > 0) lines.push(`${plural(n, noun)}: ${why}`);
  };
  add(leftOut.devices, 'device node', 'not asked for (--devices makes them)');
  add(leftOut.devicesImpossible, 'device node', 'only root can make them');
  add(leftOut.fifos, 'fifo', 'could not be made (is there a mkfifo command, and may it?)');
  add(leftOut.sockets, 'socket', 'only the program that listens on it can make one');
  if (leftOut.setuid > 0) {
    const entries = leftOut.setuid === 1 ? '1 entry' : `${String(leftOut.setuid)} entries`;
    lines.push(`setuid or setgid bits of ${entries}: not asked for, or without the right owner (--setuid keeps them)`);
  }
  add(leftOut.owners, 'owner', 'these files belong to you (only root can give files away)');
  return lines;
}

/** A line for each of the first problems, and one for the rest. */
export function problemLines(problems: readonly ExtractProblem[], total: number): string[] {
  const lines = problems.slice(0, SHOWN_PROBLEMS).map((problem) => {
    const place = problem.offset === null ? '' : ` (at byte ${String(problem.offset)}, ${hex(problem.offset)})`;
    return `${problem.path}: ${problem.message}${place}`;
  });
  if (total > lines.length) lines.push(`and ${String(total - lines.length)} more (--json lists them)`);
  return lines;
}
