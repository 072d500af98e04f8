/** The rules, in the order in which they are asked. A new rule is a file, a line here, words and a page. */
import type { AuditRule } from '../rule.ts';

export const AUDIT_RULES: readonly AuditRule[] = [];
