/** Sends each event of a check to the rules that want it, in the order of the rules. */
import type { CheckContext } from './context.ts';
import type { Rule, Visitor } from './rule.ts';

/** One function for each event that a visitor of kind `V` may want. */
export type Handlers<V> = {
  readonly [E in keyof V]-?: (...args: Parameters<Extract<V[E], (...args: never[]) => void>>) => void;
};

/** One function for each event that a visitor may want. */
export type Visitors = Handlers<Visitor>;

/** The function for one event: it calls the visitors that want the event, in their order. */
export function sender<V>(visitors: readonly V[]): <E extends keyof V>(event: E) => Handlers<V>[E] {
  return (event) => {
    const wanting = visitors.filter((visitor) => visitor[event] !== undefined);
    return (...args) => {
      for (const visitor of wanting) (visitor[event] as (...values: typeof args) => void)(...args);
    };
  };
}

/** Begins a check with these rules. */
export function beginRules(rules: readonly Rule[], context: CheckContext): Visitors {
  const send = sender(rules.map((rule) => rule.begin(context)));
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
    sharer: send('sharer'),
    zlib: send('zlib'),
    end: send('end'),
  };
}
