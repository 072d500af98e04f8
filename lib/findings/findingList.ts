/**
 * Findings as they are made: a bounded number of each id is kept, all are counted.
 */
import { type AnyDefinition, type ArgsOf, SEVERITIES, type Severity } from './definition.ts';
import type { Finding, FindingPlace } from './finding.ts';

/** Findings of one id that are kept by default; more are counted only. */
export const MAX_PER_ID = 1000;

/** How many findings of each severity there are. */
export type SeverityCounts = Readonly<Record<Severity, number>>;

export const NO_COUNTS: SeverityCounts = { error: 0, warning: 0, note: 0 };

/** The sum of two counts. */
export function addCounts(a: SeverityCounts, b: SeverityCounts): SeverityCounts {
  return { error: a.error + b.error, warning: a.warning + b.warning, note: a.note + b.note };
}

/** A finding without its file. */
export interface Added {
  readonly definition: AnyDefinition;
  readonly offset: number | null;
  readonly args: unknown;
}

/** Arguments, which are no functions themselves. */
function valueOf<T>(args: T | (() => T)): T {
  return typeof args === 'function' ? (args as () => T)() : args;
}

/** Takes findings in. */
export class FindingList {
  readonly #kept: Finding[] = [];
  readonly #seen = new Map<string, number>();
  readonly #left = new Map<string, number>();
  readonly #maxPerId: number;
  readonly #counts = { ...NO_COUNTS };
  /** Called with each finding that is added by a rule. */
  listener: ((added: Added) => void) | null = null;

  constructor(maxPerId = MAX_PER_ID) {
    this.#maxPerId = maxPerId;
  }

  /** Adds a finding. The path, and arguments that are a function, are asked for only if the finding is kept. */
  add<D extends AnyDefinition>(
    definition: D,
    { path, offset }: FindingPlace,
    args: ArgsOf<D> | (() => ArgsOf<D>),
    severity: Severity = definition.severity,
  ): void {
    const { id } = definition;
    this.listener?.({ definition, offset, args: valueOf(args) });
    this.#counts[severity]++;
    const seen = this.count(id) + 1;
    this.#seen.set(id, seen);
    if (seen > this.#maxPerId) this.#left.set(id, (this.#left.get(id) ?? 0) + 1);
    else {
      const finding = { id, severity, path: path?.() ?? null, offset, args: valueOf(args) as Finding['args'] };
      this.#kept.push(finding);
    }
  }

  /** Adds what another list has come to. */
  addAll(findings: readonly Finding[], counts: SeverityCounts, omitted: Readonly<Record<string, number>>): void {
    for (const finding of findings) {
      const seen = this.count(finding.id) + 1;
      this.#seen.set(finding.id, seen);
      if (seen > this.#maxPerId) this.#left.set(finding.id, (this.#left.get(finding.id) ?? 0) + 1);
      else this.#kept.push(finding);
    }
    Object.assign(this.#counts, addCounts(this.#counts, counts));
    for (const [id, count] of Object.entries(omitted)) this.#left.set(id, (this.#left.get(id) ?? 0) + count);
  }

  /** How many findings of an id were added, kept or not. */
  count(id: string): number {
    return this.#seen.get(id) ?? 0;
  }

  /** How many there were of each severity, kept or not. */
  get counts(): SeverityCounts {
    return { ...this.#counts };
  }

  /** How many of each id are not kept, in the order of the definitions. */
  omitted(definitions: readonly AnyDefinition[]): Record<string, number> {
    const omitted: Record<string, number> = {};
    for (const { id } of definitions) {
      const left = this.#left.get(id);
      if (left !== undefined) omitted[id] = left;
    }
    return omitted;
  }

  /** The findings that are kept, in an order. */
  sorted(compare: (a: Finding, b: Finding) => number): Finding[] {
    return [...this.#kept].sort(compare);
  }
}

/** The place of each id among definitions, to sort by. */
export function rankOf(definitions: readonly AnyDefinition[]): (finding: Finding) => number {
  const ranks = new Map(definitions.map(({ id }, index) => [id, index]));
  return ({ id }) => ranks.get(id) ?? ranks.size;
}

/** A severity's place from least (0) to worst. */
export function severityRank(severity: Severity): number {
  return SEVERITIES.length - 1 - SEVERITIES.indexOf(severity);
}
