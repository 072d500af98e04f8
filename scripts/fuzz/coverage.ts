/** Which code runs, from V8's precise coverage of blocks. All code that counts is in one bundle. */
import { Session } from 'node:inspector';

/** A piece of code, by the offsets of its text in the bundle. */
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

/** More than the length of a bundle. */
const KEY_FACTOR = 0x200_0000;

export class Coverage {
  readonly #session = new Session();
  readonly #url: string;
  /** Pieces that ran. */
  readonly seen = new Set<number>();

  /** @param url of the bundle */
  constructor(url: string) {
    this.#url = url;
    this.#session.connect();
    this.#post('Profiler.enable');
    this.restart();
  }

  /** Asks the inspector, which answers at once in its own thread. */
  #post(method: string, parameters: object = {}): unknown {
    let answer: unknown = null;
    this.#session.post(method, parameters, (_error: Error | null, result: unknown) => {
      answer = result;
    });
    return answer;
  }

  /** Forgets what ran, in V8: the next take() has all that runs from now on. Optimised code is thrown away. */
  restart(): void {
    this.#post('Profiler.stopPreciseCoverage');
    this.#post('Profiler.startPreciseCoverage', { callCount: false, detailed: true });
  }

  /** What ran since it was last asked. */
  take(): number[] {
    const taken = this.#post('Profiler.takePreciseCoverage') as Taken | null;
    const pieces: number[] = [];
    for (const { url, functions } of taken?.result ?? []) {
      if (url !== this.#url) continue;
      for (const { ranges } of functions) {
        for (const { count, startOffset, endOffset } of ranges) {
          if (count > 0) pieces.push(startOffset * KEY_FACTOR + endOffset);
        }
      }
    }
    return pieces;
  }

  /** How much of it ran for the first time. */
  takeNew(): number {
    const before = this.seen.size;
    for (const piece of this.take()) this.seen.add(piece);
    return this.seen.size - before;
  }
}
