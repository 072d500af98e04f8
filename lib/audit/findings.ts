/** Everything that an audit can find, in the order of reports: its own findings, then those of the check. */
import { CHECK_FINDINGS } from '../check/findings.ts';
import type { AnyDefinition } from '../findings/definition.ts';
import { AUDIT_RULES } from './rules/index.ts';

/** The audit's own findings. */
export const OWN_FINDINGS: readonly AnyDefinition[] = AUDIT_RULES.flatMap(({ findings }) => findings);

export const AUDIT_FINDINGS: readonly AnyDefinition[] = [...OWN_FINDINGS, ...CHECK_FINDINGS];
