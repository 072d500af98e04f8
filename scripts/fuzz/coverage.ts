/**
 * Which code runs, from V8's precise coverage of blocks. All code that counts is in one bundle.
 *
 * V8 keeps, of each block, whether it ran since it was last asked. Of a function without branches it says so once only. It is
 * never asked to begin anew: that would throw away all optimised code, and commands would be several times slower.
 */
import { Session } from 'node:inspector';

/** A part of a function, by the offsets of its text in the bundle; parts within it come after it. */
interface Range {
  readonly count: number;
  readonly startOffset: number;
  readonly endOffset: number;
}

interface Taken {
  readonly result: readonly {
    readonly url: string;
    readonly functions: readonly { readonly ranges: readonly Range[] }[];
  }[];
}

/** Where the text of a source file begins in the bundle. */
const MODULE = /^\/\/ (\S+\.(?:ts|js|cjs|mjs|json))$/gm;
const COUNTED = 'lib/';

/** What is known of a character: nothing, that it ran, or that it ran and it is to be found out by which case. */
const NEVER = 0;
const RAN = 1;
const WANTED = 2;

/** How much of the project's code ran. */
export interface Reached {
  /** Functions that ran, and those that V8 knows: those within a function that never ran are not among them. */
  readonly functions: number;
  readonly knownFunctions: number;
  /** Characters of code that ran, and of all code. */
  readonly characters: number;
  readonly allCharacters: number;
}

interface KnownFunction {
  readonly id: number;
  readonly start: number;
  readonly end: number;
  hasRun: boolean;
}

/** A part of a function that ran. */
interface Part {
  readonly id: number;
  readonly start: number;
  readonly end: number;
}

export class Coverage {
  readonly #session = new Session();
  readonly #url: string;
  /** For each character the number of the innermost function that it belongs to, and what is known of it. */
  readonly #owner: Int32Array;
  readonly #state: Uint8Array;
  /** By where they start and end. */
  readonly #functions = new Map<string, KnownFunction>();
  /** Where the project's own code is. */
  readonly #counted: readonly (readonly [start: number, end: number])[];
  #wanted: Part[] = [];
  #wantedCount = 0;

  /** @param url of the bundle; @param text its text, in ASCII */
  constructor(url: string, text: string) {
    this.#url = url;
    this.#owner = new Int32Array(text.length);
    this.#state = new Uint8Array(text.length);
    const modules = [...text.matchAll(MODULE)].map(({ index, 1: name = '' }) => ({ name, start: index }));
    this.#counted = modules.flatMap(({ name, start }, place) =>
      name.startsWith(COUNTED) ? [[start, modules[place + 1]?.start ?? text.length] as const] : [],
    );
    this.#session.connect();
    this.#post('Profiler.enable');
    this.#post('Profiler.startPreciseCoverage', { callCount: false, detailed: true });
  }

  /** Asks the inspector, which answers at once in its own thread. */
  #post(method: string, parameters: object = {}): unknown {
    let answer: unknown = null;
    this.#session.post(method, parameters, (_error: Error | null, result: unknown) => {
      answer = result;
    });
    return answer;
  }

  /** What ran since it was last asked. */
  #take(): Part[] {
    const taken = this.#post('Profiler.takePreciseCoverage') as Taken | null;
    const parts: Part[] = [];
    for (const { url, functions } of taken?.result ?? []) {
      if (url !== this.#url) continue;
      for (const { ranges } of functions) {
        const [whole] = ranges;
        if (whole === undefined) continue;
        const known = this.#know(whole);
        known.hasRun ||= whole.count > 0;
        // Ranges are within each other or beside each other: what ran is cut where another begins or ends.
        const ends: Range[] = [];
        let at = whole.startOffset;
        const upTo = (place: number): void => {
          if ((ends.at(-1)?.count ?? 0) > 0 && place > at) parts.push({ id: known.id, start: at, end: place });
          at = place;
        };
        for (const range of ranges) {
          for (let last = ends.at(-1); last !== undefined && last.endOffset <= range.startOffset; last = ends.at(-1)) {
            upTo(last.endOffset);
            ends.pop();
          }
          upTo(range.startOffset);
          ends.push(range);
        }
        for (let last = ends.at(-1); last !== undefined; last = ends.at(-1)) {
          upTo(last.endOffset);
          ends.pop();
        }
      }
    }
    return parts;
  }

  /** A function; the first time it takes its characters from the one around it, which V8 reported before. */
  #know({ startOffset: start, endOffset: end }: Range): KnownFunction {
    const key = `${String(start)}-${String(end)}`;
    let known = this.#functions.get(key);
    if (known === undefined) {
      known = { id: this.#functions.size + 1, start, end, hasRun: false };
      this.#functions.set(key, known);
      this.#owner.fill(known.id, start, end);
    }
    return known;
  }

  /** Changes the state of characters that ran since it was last asked. How many. */
  #change(parts: readonly Part[], from: number, to: number): number {
    let count = 0;
    for (const { id, start, end } of parts) {
      for (let at = start; at < end; at++) {
        if (this.#state[at] !== from || this.#owner[at] !== id) continue;
        this.#state[at] = to;
        count++;
      }
    }
    return count;
  }

  /** How much ran for the first time since it was last asked. It is wanted until it is known by which case. */
  takeNew(): number {
    const parts = this.#take();
    const count = this.#change(parts, NEVER, WANTED);
    if (count > 0) this.#wanted.push(...parts);
    this.#wantedCount += count;
    return count;
  }

  get hasWanted(): boolean {
    return this.#wantedCount > 0;
  }

  /** Whether something that is wanted ran since it was last asked. */
  reachesWanted(): boolean {
    return this.#change(this.#take(), WANTED, WANTED) > 0;
  }

  /** How much of what is wanted ran since it was last asked; it is wanted no more. */
  takeWanted(): number {
    const count = this.#change(this.#take(), WANTED, RAN);
    this.#wantedCount -= count;
    return count;
  }

  /** Nothing is wanted any more. */
  giveUp(): void {
    this.#change(this.#wanted, WANTED, RAN);
    this.#wanted = [];
    this.#wantedCount = 0;
  }

  get reached(): Reached {
    let [characters, allCharacters] = [0, 0];
    for (const [start, end] of this.#counted) {
      allCharacters += end - start;
      for (let at = start; at < end; at++) if (this.#state[at] !== NEVER) characters++;
    }
    const own = [...this.#functions.values()].filter(({ start, end }) =>
      this.#counted.some(([from, to]) => start >= from && end <= to),
    );
    return {
      functions: own.filter(({ hasRun }) => hasRun).length,
      knownFunctions: own.length,
      characters,
      allCharacters,
    };
  }
}
