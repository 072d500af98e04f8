/**
 * Every finding, in the order of reports: the audit's own, the policy's, then those of the check. Ids, severities,
 * fingerprints, the policy's schema, `cramfs explain`, SARIF's rules and the index of docs/findings come from this list.
 */
import { AUDIT_FINDINGS, OWN_FINDINGS } from '../audit/findings.ts';
import { byPath } from '../audit/findingOrder.ts';
import { CHECK_FINDINGS } from '../check/findings.ts';
import { type AnyDefinition, codeOf } from '../findings/definition.ts';
import { OVER_BUDGET, REGION_TOO_SMALL } from './budgets.ts';
import { EXCEPTION_EXPIRED, EXCEPTION_UNUSED } from './exceptions.ts';
import { REQUIREMENT_UNMATCHED, REQUIREMENT_UNMET } from './requirements.ts';

export const FINDINGS: readonly AnyDefinition[] = [
  ...OWN_FINDINGS,
  REQUIREMENT_UNMET,
  REQUIREMENT_UNMATCHED,
  OVER_BUDGET,
  REGION_TOO_SMALL,
  EXCEPTION_EXPIRED,
  EXCEPTION_UNUSED,
  ...AUDIT_FINDINGS.slice(OWN_FINDINGS.length),
];

export const FINDING_IDS: readonly string[] = FINDINGS.map(({ id }) => id);

const BY_ID = new Map(FINDINGS.map((definition) => [definition.id, definition]));

/** The definition of an id; undefined for what is not one. */
export function findingDefinition(id: string): AnyDefinition | undefined {
  return BY_ID.get(id);
}

/** The definition of a finding. */
export function definitionOf({ id }: { readonly id: string }): AnyDefinition {
  const definition = BY_ID.get(id);
  if (definition === undefined) throw new Error(`no finding has the id "${id}"`);
  return definition;
}

/** The ids of what `cramfs check` reports, by the codes that it had for them: FLAGS_UNSUPPORTED. */
export const IDS_BY_CODE: ReadonlyMap<string, string> = new Map(CHECK_FINDINGS.map(({ id }) => [codeOf(id), id]));

/** The order of reports. */
export const compareFindings = byPath(FINDINGS);
