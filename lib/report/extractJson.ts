/** What an extraction did, as JSON. */
import type { LeftOut } from '../extract/ownership.ts';
import type { ExtractProblem } from '../extract/problem.ts';
import type { ExtractCounts } from './extractText.ts';

/** Version of the form of {@link extractJson}. */
export const EXTRACT_SCHEMA_VERSION = 1;

/** What is told of an extraction. */
export interface ExtractSummary extends ExtractCounts {
  readonly problems: readonly ExtractProblem[];
  readonly problemCounts: { readonly image: number; readonly target: number };
  readonly leftOut: LeftOut;
  readonly differing: readonly string[];
  readonly ended: 'complete' | 'interrupted' | 'failed';
}

/**
 * The summary as a JSON value. `problems` may be cut, `problemCounts` never is; `differingFromLinux` lists files that
 * Linux reads otherwise than they are stored (with --as-linux-reads).
 */
export function extractJson(target: string, summary: ExtractSummary): Record<string, unknown> {
  const { files, directories, symlinks, specials, bytes } = summary;
  return {
    schemaVersion: EXTRACT_SCHEMA_VERSION,
    target,
    ended: summary.ended,
    extracted: { files, directories, symlinks, specials, bytes },
    leftOut: summary.leftOut,
    problemCounts: summary.problemCounts,
    problems: summary.problems,
    differingFromLinux: summary.differing,
  };
}
