/** Sends each event of a check to the rules that want it, in the order of the rules. */
import type { CheckContext } from './context.ts';
import type { Rule, Visitor } from './rule.ts';

/** One function for each event that a visitor of kind `V` may want. */
export type Handlers<V> = {
  readonly [E in keyof V]-?: (...args: Parameters<Extract<V[E], (...args: never[]) => void>>) => void;
};

/** One function for each event that a visitor may want. */
export type Visitors = Handlers<Visitor>;

/** What an event has at most: a list of arguments would be an array for each of millions of calls. */
type Handler = (first?: unknown, second?: unknown, third?: unknown, fourth?: unknown) => void;

/** The function for one event: it calls the handlers of the visitors that want the event, in their order. */
export function sender<V>(visitors: readonly V[]): <E extends keyof V>(event: E) => Handlers<V>[E] {
  return <E extends keyof V>(event: E) => {
    const handlers = visitors.flatMap((visitor) => (visitor[event] as Handler | undefined) ?? []);
    const send: Handler = (first, second, third, fourth) => {
      for (const handler of handlers) handler(first, second, third, fourth);
    };
    return send as unknown as Handlers<V>[E];
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
    plainFile: send('plainFile'),
    plain: send('plain'),
    zlib: send('zlib'),
    end: send('end'),
  };
}
