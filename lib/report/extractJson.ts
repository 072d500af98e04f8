/** What an extraction did, as JSON. */
import type { ExtractResult } from '../extract/result.ts';

/** Version of the form of {@link extractJson}. */
export const EXTRACT_SCHEMA_VERSION = 1;

/**
 * The summary as a JSON value. `problems` may be cut, `problemCounts` never is; `differingFromLinux` lists files that
 * Linux reads otherwise than they are stored (with --as-linux-reads).
 */
export function extractJson(target: string, summary: ExtractResult) {
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
