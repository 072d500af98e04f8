/** Sends each event of a check to the rules that want it, in the order of the rules. */
import type { CheckContext } from './context.ts';
import type { Rule, Visitor } from './rule.ts';

type Event = keyof Visitor;
type Handler<E extends Event> = NonNullable<Visitor[E]>;

/** One function for each event that a visitor may want. */
export type Visitors = { readonly [E in Event]-?: Handler<E> };

/** Begins a check with these rules. */
export function beginRules(rules: readonly Rule[], context: CheckContext): Visitors {
  const visitors = rules.map((rule) => rule.begin(context));
  const send = <E extends Event>(event: E): ((...args: Parameters<Handler<E>>) => void) => {
    const wanting = visitors.filter((visitor) => visitor[event] !== undefined);
    return (...args) => {
      for (const visitor of wanting) (visitor[event] as (...values: Parameters<Handler<E>>) => void)(...args);
    };
  };
  return {
    superblock: send('superblock'),
    node: send('node'),
    directory: send('directory'),
    entry: send('entry'),
    entryCut: send('entryCut'),
    directoryEnd: send('directoryEnd'),
    table: send('table'),
    block: send('block'),
    blocksEnd: send('blocksEnd'),
    zlib: send('zlib'),
    end: send('end'),
  };
}
