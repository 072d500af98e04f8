/**
 * Findings: what a check has to say, in codes and values. The words are in report/findingText.
 */
import { FINDING_CODES, type FindingArguments, type FindingCode, SEVERITIES, type Severity } from './codes.ts';

/** A finding of one code. */
export interface FindingOf<C extends FindingCode> {
  readonly code: C;
  readonly severity: Severity;
  /** The file in question; null where it is the image as a whole. Paths above 4095 bytes begin with "…". */
  readonly path: string | null;
  /** Byte offset in the image of what is wrong. */
  readonly offset: number;
  readonly args: FindingArguments[C];
}

/** A finding; `code` tells the type of `args`. */
export type Finding = { readonly [C in FindingCode]: FindingOf<C> }[FindingCode];

/** A finding without its file. */
export interface Added {
  readonly code: FindingCode;
  readonly offset: number;
  readonly args: FindingArguments[FindingCode];
}

/** Findings of one code that are kept by default; more are counted only. */
export const MAX_PER_CODE = 1000;

/** Takes findings in, keeps a bounded number of each code, and counts all. */
export class FindingList {
  readonly #kept: Finding[] = [];
  readonly #counts = new Map<FindingCode, number>();
  readonly #maxPerCode: number;
  /** Told of each finding that is added. */
  listener: ((added: Added) => void) | null = null;

  constructor(maxPerCode = MAX_PER_CODE) {
    this.#maxPerCode = maxPerCode;
  }

  /** Adds a finding. The path is asked for only if the finding is kept. */
  add<C extends FindingCode>(code: C, offset: number, path: (() => string) | null, args: FindingArguments[C]): void {
    this.listener?.({ code, offset, args });
    const count = this.count(code);
    this.#counts.set(code, count + 1);
    if (count >= this.#maxPerCode) return;
    const finding: FindingOf<C> = { code, severity: SEVERITIES[code], path: path?.() ?? null, offset, args };
    this.#kept.push(finding as unknown as Finding);
  }

  /** How many findings of a code there were, kept or not. */
  count(code: FindingCode): number {
    return this.#counts.get(code) ?? 0;
  }

  /** How many findings of a severity there were, kept or not. */
  countOf(severity: Severity): number {
    let total = 0;
    for (const [code, count] of this.#counts) if (SEVERITIES[code] === severity) total += count;
    return total;
  }

  /** The findings that are kept, by offset; those at the same place by code. */
  sorted(): Finding[] {
    const rank = (finding: Finding): number => FINDING_CODES.indexOf(finding.code);
    return [...this.#kept].sort((a, b) => a.offset - b.offset || rank(a) - rank(b));
  }

  /** How many findings of each code were not kept. */
  omitted(): Partial<Record<FindingCode, number>> {
    const omitted: Partial<Record<FindingCode, number>> = {};
    for (const [code, count] of this.#counts) {
      if (count > this.#maxPerCode) omitted[code] = count - this.#maxPerCode;
    }
    return omitted;
  }
}
