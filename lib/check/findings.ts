/** Everything that a check can find, in the order of reports. */
import type { AnyDefinition } from '../findings/definition.ts';
import type { Finding } from '../findings/finding.ts';
import { rankOf } from '../findings/findingList.ts';
import { CHECK_INCOMPLETE } from './incomplete.ts';
import { RULES } from './rules/index.ts';

export const CHECK_FINDINGS: readonly AnyDefinition[] = [
  ...RULES.flatMap(({ findings }) => findings),
  CHECK_INCOMPLETE,
];

const rank = rankOf(CHECK_FINDINGS);

/** The order of a check's findings: by offset; those at the same place by definition. */
export function compareByOffset(a: Finding, b: Finding): number {
  return (a.offset ?? -1) - (b.offset ?? -1) || rank(a) - rank(b);
}
