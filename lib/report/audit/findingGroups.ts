/**
 * Findings grouped by rule: what is the same for all of a rule is said once, and the paths follow.
 */
import { SEVERITIES, type Severity } from '../../findings/definition.ts';
import type { Finding } from '../../findings/finding.ts';
import { definitionOf } from '../../policy/findings.ts';
import type { AuditResult } from '../../audit/result.ts';
import { findingRuns } from '../findingRuns.ts';
import { runWords } from '../findingWords.ts';
import type { FixedImage } from '../fixPlace.ts';

/** What of an audit is grouped. `omitted`: findings of each id that were not kept. */
export type GroupedAudit = FixedImage & Pick<AuditResult, 'findings' | 'omitted'>;

/** A place that a rule found something at. */
export interface GroupedPlace {
  /** Lossless; null for the image as a whole. */
  readonly path: string | null;
  readonly offset: number | null;
  /** What is wrong there, sentences without full stops: of all findings of the rule at this path, each once; consecutive blocks as one. */
  readonly causes: readonly string[];
  /** What to do there; empty where the group says it. */
  readonly fixes: readonly string[];
}

/** All findings of a rule with one severity. */
export interface FindingGroup {
  readonly id: string;
  readonly severity: Severity;
  readonly title: string;
  /** How many findings there are, those left out included. */
  readonly count: number;
  /** The cause, where it is the same at every place. */
  readonly cause: string | null;
  /** What to do, where it is the same at every place. */
  readonly fix: string | null;
  readonly places: readonly GroupedPlace[];
}

/** Groups an audit's findings; errors first, then the rule with the most findings. */
export function groupFindings(result: GroupedAudit): FindingGroup[] {
  const { findings, omitted } = result;
  const byRule = new Map<string, Finding[]>();
  for (const finding of findings) {
    const key = `${finding.severity} ${finding.id}`;
    const group = byRule.get(key);
    if (group === undefined) byRule.set(key, [finding]);
    else group.push(finding);
  }
  const counted = new Set<string>();
  const groups = [...byRule.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    // What was left out of a rule is counted with its first group.
    const more = counted.has(first.id) ? 0 : (omitted[first.id] ?? 0);
    counted.add(first.id);
    return [groupOf(first, group, result, more)];
  });
  const rank = ({ severity }: FindingGroup): number => SEVERITIES.indexOf(severity);
  return groups.sort((a, b) => rank(a) - rank(b) || b.count - a.count || (a.id < b.id ? -1 : 1));
}

function groupOf({ id, severity }: Finding, group: readonly Finding[], image: FixedImage, more: number): FindingGroup {
  const worded = findingRuns(group).map((run) => ({ finding: run.first, ...runWords(run, image) }));
  const only = (texts: readonly string[]): string | null => (new Set(texts).size === 1 ? (texts[0] ?? null) : null);
  const cause = only(worded.map((each) => each.cause));
  const fix = only(worded.map((each) => each.fix));
  const places = new Map<string | null, { offset: number | null; causes: Set<string>; fixes: Set<string> }>();
  for (const each of worded) {
    const { path, offset } = each.finding;
    let place = places.get(path);
    if (place === undefined) places.set(path, (place = { offset, causes: new Set(), fixes: new Set() }));
    if (cause === null) place.causes.add(each.cause);
    if (fix === null) place.fixes.add(each.fix);
  }
  return {
    id,
    severity,
    title: definitionOf({ id }).title,
    count: group.length + more,
    cause,
    fix,
    places: [...places].map(([path, { offset, causes, fixes }]) => ({
      path,
      offset,
      causes: [...causes],
      fixes: [...fixes],
    })),
  };
}
