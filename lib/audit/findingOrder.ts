/** The order of an audit's findings: by path, then place, then definition; those without a path first. */
import type { AnyDefinition } from '../findings/definition.ts';
import type { Finding } from '../findings/finding.ts';
import { rankOf } from '../findings/findingList.ts';
import { comparePaths } from './pathOrder.ts';

/** Compares findings of these definitions. */
export function byPath(definitions: readonly AnyDefinition[]): (a: Finding, b: Finding) => number {
  const rank = rankOf(definitions);
  return (a, b) =>
    compareNullable(a.path, b.path, comparePaths) ||
    compareNullable(a.offset, b.offset, (x, y) => x - y) ||
    rank(a) - rank(b);
}

function compareNullable<T>(a: T | null, b: T | null, compare: (a: T, b: T) => number): number {
  if (a === null || b === null) return Number(b === null) - Number(a === null);
  return compare(a, b);
}
