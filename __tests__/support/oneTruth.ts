/**
 * One truth: what exec says of the segments of a started program is what every other part must say of them. Each function
 * compares one part with exec, and gives what it went over and what differs.
 */
import type { AuditedSegment, AuditResult } from '../../lib/audit/result.ts';
import type { ImageDiff, XipChange } from '../../lib/diff/diffResult.ts';
import { execProgram, type ExecReport } from '../../lib/exec/execProgram.ts';
import { isFinding } from '../../lib/findings/finding.ts';
import type { XipPlan } from '../../lib/mkfs/xip/plan.ts';
import { applyPolicy } from '../../lib/policy/applyPolicy.ts';
import { parsePolicy } from '../../lib/policy/parsePolicy.ts';
import { REQUIREMENT_UNMET } from '../../lib/policy/requirements.ts';
import type { Board } from '../../lib/verdict/board.ts';

export interface Comparison {
  /** Things that both sides speak of. */
  readonly compared: number;
  readonly differing: readonly unknown[];
}

type Segment = Pick<AuditedSegment, 'segment' | 'kind' | 'perms' | 'state' | 'directPages' | 'pages' | 'firstPage'>;

/** By path: the segments of each ELF file that a program of the image brings into memory, as exec lists them. */
export type ExecTruth = ReadonlyMap<string, readonly Segment[]>;

/** Starts every program that the audit has started. What a program that runs makes of a file outranks what another one leaves of it. */
export function execTruth(board: Board, { files }: AuditResult): ExecTruth {
  const truth = new Map<string, readonly Segment[]>();
  const reports = files.flatMap(({ path, run }): ExecReport[] => (run === null ? [] : [execProgram(board, { path })]));
  const runs = ({ outcome }: ExecReport): boolean => outcome.kind === 'runs';
  for (const { objects } of [...reports.filter(runs), ...reports.filter((report) => !runs(report))]) {
    for (const { path, segments } of objects) if (!truth.has(path)) truth.set(path, segments);
  }
  return truth;
}

const words = ({ segment, kind, perms, state, directPages, pages, firstPage }: Segment): string =>
  JSON.stringify({ segment, kind, perms, state, directPages, pages, firstPage });

/** The files of an audit, or of its JSON read back. */
export function compareFiles(
  truth: ExecTruth,
  files: readonly { readonly path: string; readonly segments: readonly Segment[] }[],
): Comparison {
  const differing: unknown[] = [];
  let compared = 0;
  for (const [path, segments] of truth) {
    const file = files.find((each) => each.path === path);
    for (const segment of segments) {
      compared++;
      const said = file?.segments.find((each) => each.segment === segment.segment);
      if (said === undefined || words(said) !== words(segment)) differing.push({ path, said, exec: segment });
    }
  }
  return { compared, differing };
}

/** A segment that fails a requirement. */
export interface Unmet {
  readonly path: string;
  readonly segment: number;
}

/** An audit judged by a policy that requires something of all read-only segments. */
export async function judged(
  result: AuditResult,
  requirement: string,
  paths: readonly string[] = ['/**'],
): Promise<AuditResult> {
  const text = `version: 1\nrequires:\n  - { paths: ${JSON.stringify(paths)}, segments: read-only, ${requirement} }\n`;
  return applyPolicy(result, await parsePolicy(text, 'policy.yml'), '2026-01-01');
}

/** The segments that a policy found wanting. */
export const unmetOf = ({ findings }: AuditResult): Unmet[] =>
  findings.flatMap((finding) =>
    isFinding(REQUIREMENT_UNMET, finding) && finding.path !== null && finding.args.segment !== null
      ? [{ path: finding.path, segment: finding.args.segment.segment }]
      : [],
  );

/** Paths that are judged at once: an audit keeps so many findings of one id, and counts the others. */
const JUDGED_AT_ONCE = 100;

/** The segments of loaded files that a policy found wanting, of any number of files. */
export async function unmetOfLoaded(truth: ExecTruth, result: AuditResult, requirement: string): Promise<Unmet[]> {
  const paths = [...truth.keys()].map((path) => path.replaceAll(/[[\]{}*?\\]/g, '\\$&'));
  const unmet: Unmet[] = [];
  for (let at = 0; at < paths.length; at += JUDGED_AT_ONCE) {
    const part = await judged(result, requirement, paths.slice(at, at + JUDGED_AT_ONCE));
    if (part.omitted[REQUIREMENT_UNMET.id] !== undefined)
      throw new Error('findings were left out: judge fewer at once');
    unmet.push(...unmetOf(part));
  }
  return unmet;
}

/** Segments that a requirement on all read-only segments finds wanting; a path that no program loads is left out. */
export function compareUnmet(
  truth: ExecTruth,
  unmet: readonly Unmet[],
  isMet: (segment: Segment) => boolean,
): Comparison {
  const said = new Set(unmet.map(({ path, segment }) => `${path} ${segment}`));
  const differing: unknown[] = [];
  let compared = 0;
  for (const [path, segments] of truth) {
    for (const segment of segments) {
      if (segment.kind === 'data') continue;
      compared++;
      if (said.has(`${path} ${segment.segment}`) === isMet(segment)) differing.push({ path, exec: segment });
    }
  }
  return { compared, differing };
}

/** Whether all pages of a segment run from flash. */
export const isDirect = ({ directPages, pages }: Segment): boolean => directPages === pages;

/** Changes that a diff lists of files that both images load. */
export function compareDiff(
  truth: { readonly a: ExecTruth; readonly b: ExecTruth },
  { xip }: ImageDiff,
  pageSize: number,
): Comparison {
  const differing: unknown[] = [];
  let compared = 0;
  for (const [path, b] of truth.b) {
    const a = truth.a.get(path);
    if (a === undefined) continue;
    for (const kind of ['text', 'rodata', 'data'] as const) {
      const [listA, listB] = [a, b].map((list) => list.filter((segment) => segment.kind === kind));
      for (const [number, segmentB] of (listB ?? []).entries()) {
        const segmentA = listA?.[number];
        if (segmentA === undefined) continue;
        compared++;
        const [mappedA, mappedB] = [mapped(segmentA, pageSize), mapped(segmentB, pageSize)];
        const said = xip.find((change) => isOf(change, path, kind, number));
        const isSame = JSON.stringify(mappedA) === JSON.stringify(mappedB);
        const matches =
          said === undefined ? isSame : JSON.stringify([said.a, said.b]) === JSON.stringify([mappedA, mappedB]);
        if (!matches) differing.push({ path, kind, number, said, exec: { a: mappedA, b: mappedB } });
      }
    }
  }
  return { compared, differing };
}

const isOf = ({ path, segment }: XipChange, ofPath: string, kind: string, number: number): boolean =>
  path === ofPath && segment?.kind === kind && segment.number === number;

const mapped = ({ state, pages, directPages }: Segment, pageSize: number) => ({
  state,
  ramBytes: (pages - directPages) * pageSize,
});

/** Segments that a plan has placed in flash: just the planned pages are direct. */
export function comparePlan(truth: ExecTruth, { items }: XipPlan): Comparison {
  const differing: unknown[] = [];
  let compared = 0;
  for (const { paths, segments, end, leftOut } of items) {
    if (leftOut !== null) continue;
    for (const path of paths) {
      for (const { first, end: last } of segments) {
        const found = truth.get(path)?.find(({ kind, firstPage }) => kind !== 'data' && firstPage === first);
        if (found === undefined) continue;
        compared++;
        const planned = Math.max(0, Math.min(last, end) - first);
        if (found.directPages !== planned) differing.push({ path, planned, exec: found });
      }
    }
  }
  return { compared, differing };
}
