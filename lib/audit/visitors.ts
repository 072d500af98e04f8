/** Sends each event of an audit to the rules that want it, in the order of the rules. */
import { type Handlers, sender } from '../check/visitors.ts';
import type { AuditContext } from './context.ts';
import type { AuditRule, AuditVisitor } from './rule.ts';

/** One function for each event that a visitor may want. */
export type AuditVisitors = Handlers<AuditVisitor>;

/** Begins an audit with these rules. */
export function beginAuditRules(rules: readonly AuditRule[], context: AuditContext): AuditVisitors {
  const send = sender(rules.map((rule) => rule.begin(context)));
  return {
    special: send('special'),
    mapped: send('mapped'),
    program: send('program'),
    end: send('end'),
  };
}
