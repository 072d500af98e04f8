/** Joins findings that say the same of consecutive blocks: a file in a truncated image has one for each block. */
import type { Finding } from '../findings/finding.ts';
import { definitionOf } from '../policy/findings.ts';

/** A finding, or those of consecutive blocks of one path. */
export interface FindingRun {
  /** The finding of the first block. */
  readonly first: Finding;
  /** Why they are reported: a sentence without a full stop. */
  readonly cause: string;
}

/** A run that the next finding may extend. */
interface OpenRun {
  readonly first: Finding;
  last: Finding;
  cause: string;
}

/**
 * Joins findings whose rules say how consecutive blocks read. Each run is where its first finding is; findings of other
 * paths and rules may lie between.
 */
export function findingRuns(findings: readonly Finding[]): FindingRun[] {
  const runs: OpenRun[] = [];
  /** The latest run of each rule, severity and path. */
  const latest = new Map<string, OpenRun>();
  for (const finding of findings) {
    const key = JSON.stringify([finding.id, finding.severity, finding.path]);
    const open = latest.get(key);
    const joined = open === undefined || !follows(finding, open.last) ? null : causeOfRun(open.first, finding);
    if (open !== undefined && joined !== null) {
      open.last = finding;
      open.cause = joined;
      continue;
    }
    const run = { first: finding, last: finding, cause: definitionOf(finding).cause(finding.args) };
    runs.push(run);
    latest.set(key, run);
  }
  return runs;
}

/** Whether a finding is about the block after that of another. */
function follows({ args }: Finding, { args: before }: Finding): boolean {
  return typeof before.block === 'number' && args.block === before.block + 1;
}

function causeOfRun(first: Finding, last: Finding): string | null {
  return definitionOf(first).causeOfBlocks(first.args, last.args);
}
