/** Sends each event of an audit to the rules that want it, in the order of the rules. */
import type { AuditContext } from './context.ts';
import type { AuditRule, AuditVisitor } from './rule.ts';

type Event = keyof AuditVisitor;
type Handler<E extends Event> = NonNullable<AuditVisitor[E]>;

/** One function for each event that a visitor may want. */
export type AuditVisitors = { readonly [E in Event]-?: Handler<E> };

/** Begins an audit with these rules. */
export function beginAuditRules(rules: readonly AuditRule[], context: AuditContext): AuditVisitors {
  const visitors = rules.map((rule) => rule.begin(context));
  const send = <E extends Event>(event: E): ((...args: Parameters<Handler<E>>) => void) => {
    const wanting = visitors.filter((visitor) => visitor[event] !== undefined);
    return (...args) => {
      for (const visitor of wanting) (visitor[event] as (...values: Parameters<Handler<E>>) => void)(...args);
    };
  };
  return {
    special: send('special'),
    mapped: send('mapped'),
    program: send('program'),
    end: send('end'),
  };
}
