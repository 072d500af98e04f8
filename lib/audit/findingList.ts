/**
 * Findings as they are made: a bounded number of each id is kept, all are counted.
 */
import { SEVERITIES, type FindingCode, type Severity } from '../check/codes.ts';
import type { CheckResult } from '../check/checkImage.ts';
import type { AuditFinding, AuditFindingOf } from './finding.ts';
import { AUDIT_IDS, type AuditArguments, type AuditId, checkId, type CheckId, defaultSeverity } from './ids.ts';
import { comparePaths } from './pathOrder.ts';

/** Findings of one id that are kept. */
export const MAX_PER_ID = 1000;

/** What a finding is about: a path, and a byte offset in the image. Null where it is the image, or no byte. */
export interface FindingPlace {
  /** Asked for only if the finding is kept. */
  readonly path: (() => string) | null;
  readonly offset: number | null;
}

/** Takes findings in. */
export class AuditFindingList {
  readonly #kept: AuditFinding[] = [];
  readonly #seen = new Map<AuditId, number>();
  readonly #left = new Map<AuditId, number>();
  readonly #counts = { error: 0, warning: 0, info: 0 };

  /** Adds a finding. */
  add<I extends AuditId>(
    id: I,
    { path, offset }: FindingPlace,
    args: AuditArguments[I],
    severity = defaultSeverity(id),
  ): void {
    this.#counts[severity]++;
    if (!this.#keeps(id)) return;
    const finding: AuditFindingOf<I> = { id, severity, path: path?.() ?? null, offset, args };
    this.#kept.push(finding as unknown as AuditFinding);
  }

  /** Adds everything that a check has found. */
  addCheck({ findings, omitted }: Pick<CheckResult, 'findings' | 'omitted'>): void {
    for (const { code, path, offset, args } of findings) {
      this.add<CheckId>(checkId(code), { path: path === null ? null : () => path, offset }, args);
    }
    for (const [code, count] of Object.entries(omitted) as [FindingCode, number][]) {
      const id = checkId(code);
      this.#counts[SEVERITIES[code]] += count;
      this.#left.set(id, (this.#left.get(id) ?? 0) + count);
    }
  }

  #keeps(id: AuditId): boolean {
    const seen = (this.#seen.get(id) ?? 0) + 1;
    this.#seen.set(id, seen);
    if (seen <= MAX_PER_ID) return true;
    this.#left.set(id, (this.#left.get(id) ?? 0) + 1);
    return false;
  }

  /** How many there were of each severity, kept or not. */
  get counts(): Readonly<Record<Severity, number>> {
    return { ...this.#counts };
  }

  /** How many of each id are not kept. */
  get omitted(): Partial<Record<AuditId, number>> {
    const omitted: Partial<Record<AuditId, number>> = {};
    for (const id of AUDIT_IDS) {
      const left = this.#left.get(id);
      if (left !== undefined) omitted[id] = left;
    }
    return omitted;
  }

  /** By path, then place, then id; those without a path first. */
  sorted(): AuditFinding[] {
    return [...this.#kept].sort(compareFindings);
  }
}

const RANK: ReadonlyMap<AuditId, number> = new Map(AUDIT_IDS.map((id, index) => [id, index]));

/** The order of findings: by path, then place, then id; those without a path first. */
export function compareFindings(a: AuditFinding, b: AuditFinding): number {
  return (
    compareNullable(a.path, b.path, comparePaths) ||
    compareNullable(a.offset, b.offset, (x, y) => x - y) ||
    (RANK.get(a.id) ?? 0) - (RANK.get(b.id) ?? 0)
  );
}

function compareNullable<T>(a: T | null, b: T | null, compare: (a: T, b: T) => number): number {
  if (a === null || b === null) return Number(b === null) - Number(a === null);
  return compare(a, b);
}
