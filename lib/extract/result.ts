/** What an extraction did, and how far it got. */
import type { LeftOut } from './ownership.ts';
import type { ExtractProblem } from './problem.ts';
import type { Survey } from './safeWalk.ts';

/** How far an extraction got. */
export interface Progress {
  /** Bytes of regular files so far. */
  readonly bytes: number;
  readonly total: Survey;
}

/** What was extracted. */
export interface ExtractResult {
  readonly files: number;
  readonly directories: number;
  readonly symlinks: number;
  /** Device nodes and fifos. */
  readonly specials: number;
  /** Bytes of regular files. */
  readonly bytes: number;
  /** What was not extracted, or not as it should be: the first 1000. */
  readonly problems: readonly ExtractProblem[];
  /** How many, by whose fault it is. */
  readonly problemCounts: { readonly image: number; readonly target: number };
  readonly leftOut: LeftOut;
  /** Paths that Linux's read(2) gives otherwise than they are stored; told with `asLinuxReads` only. */
  readonly differing: readonly string[];
  /** Whether it ended early: `interrupted` by the signal, `failed` because the target takes no more files. */
  readonly ended: 'complete' | 'interrupted' | 'failed';
}
