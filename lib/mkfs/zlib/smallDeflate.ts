/**
 * compress2() of classic zlib for inputs that fit its window at once, as the blocks of cramfs do: the same bytes as pako's,
 * in a third less time.
 *
 * The method is deflate_slow() of zlib's deflate.c by Jean-loup Gailly and Mark Adler: hash chains of three bytes, and a
 * match is taken only if the next byte does not start a longer one.
 */
import { BlockWriter } from './blockWriter.ts';

/** Bytes of input at most. Twice as much could fill zlib's buffer of symbols, which would end a block early. */
export const MAX_SMALL_INPUT = 8192;

const MIN_MATCH = 3;
const MAX_MATCH = 258;
/** A match of three bytes that is further away than this does not pay. */
const TOO_FAR = 4096;
const HASH_MASK = 0x7fff;

/** How hard to search, by level. */
interface Effort {
  /** A match as good as this: the next byte is searched for a quarter as long. */
  readonly good: number;
  /** A match as good as this: the next byte is not searched for at all. */
  readonly lazy: number;
  /** A match as good as this ends the search. */
  readonly nice: number;
  /** Places looked at. */
  readonly chain: number;
  /** The second byte of the zlib header. */
  readonly header: number;
}

const EFFORTS: Readonly<Record<number, Effort>> = {
  6: { good: 8, lazy: 16, nice: 128, chain: 128, header: 0x9c },
  9: { good: 32, lazy: MAX_MATCH, nice: MAX_MATCH, chain: 4096, header: 0xda },
};

// Working memory, shared by all: a compression is never interrupted. Arrays that are constants make the code faster.
/** A copy of the input, so that its kind of array never changes, and each byte with the one after it. */
const window = new Uint8Array(MAX_SMALL_INPUT + 1);
const pairs = new Uint16Array(MAX_SMALL_INPUT);
/** The latest place of each hash, and of each place the one before it with the same hash. Place 0 means none. */
const head = new Uint16Array(HASH_MASK + 1);
const previous = new Uint16Array(MAX_SMALL_INPUT);

/** Compresses inputs of up to {@link MAX_SMALL_INPUT} bytes, to a view that is valid until the next call; null for a level that is not known here (6 and 9 are). */
export function smallDeflate(level: number): ((input: Uint8Array) => Uint8Array) | null {
  const effort = EFFORTS[level];
  if (effort === undefined) return null;
  const writer = new BlockWriter(MAX_SMALL_INPUT);
  return (input) => {
    head.fill(0);
    writer.reset();
    writer.byte(0x78);
    writer.byte(effort.header);
    window.set(input);
    const sum = pairAndSum(input.length);
    findMatches(input.length, effort, writer);
    writer.finish(input);
    for (const shift of [24, 16, 8, 0]) writer.byte((sum >>> shift) & 0xff);
    return writer.output.subarray(0, writer.length);
  };
}

function findMatches(end: number, { good, lazy, nice, chain }: Effort, writer: BlockWriter): void {
  const lastHashed = end - MIN_MATCH;
  /** Of the three bytes from a place on, of which each shifts out the one before them. */
  let hash = ((window[0] ?? 0) << 5) ^ (window[1] ?? 0);
  let matchLength = MIN_MATCH - 1;
  let matchStart = 0;
  let isByteDue = false;
  let at = 0;
  while (at < end) {
    let candidate = 0;
    if (at <= lastHashed) {
      hash = ((hash << 5) ^ (window[at + 2] ?? 0)) & HASH_MASK;
      candidate = previous[at] = head[hash] ?? 0;
      head[hash] = at;
    }
    const lastLength = matchLength;
    const lastStart = matchStart;
    matchLength = MIN_MATCH - 1;
    const ahead = end - at;
    if (candidate !== 0 && lastLength < lazy && lastLength < ahead) {
      // The longest match that is longer than the last one; of equals the nearest.
      const enough = Math.min(nice, ahead);
      const most = Math.min(MAX_MATCH, ahead);
      let left = lastLength >= good ? chain >> 2 : chain;
      let best = lastLength;
      const start = pairs[at];
      let tail = pairs[at + best - 1];
      do {
        // Where the end differs, the match cannot be longer than the best. Equal hashes: the third byte is equal then.
        if (pairs[candidate + best - 1] === tail && pairs[candidate] === start) {
          let length = MIN_MATCH;
          while (length + 1 < most && pairs[candidate + length] === pairs[at + length]) length += 2;
          if (length < most && window[candidate + length] === window[at + length]) length++;
          if (length > best) {
            best = length;
            matchStart = candidate;
            if (length >= enough) break;
            tail = pairs[at + best - 1];
          }
        }
        candidate = previous[candidate] ?? 0;
      } while (candidate > 0 && --left > 0);
      matchLength = Math.min(best, ahead);
      if (matchLength === MIN_MATCH && at - matchStart > TOO_FAR) matchLength = MIN_MATCH - 1;
    }
    if (lastLength >= MIN_MATCH && matchLength <= lastLength) {
      // The match of the byte before stands.
      writer.match(at - 1 - lastStart, lastLength);
      const next = at - 1 + lastLength;
      for (at++; at < next && at <= lastHashed; at++) {
        hash = ((hash << 5) ^ (window[at + 2] ?? 0)) & HASH_MASK;
        previous[at] = head[hash] ?? 0;
        head[hash] = at;
      }
      at = next;
      isByteDue = false;
      matchLength = MIN_MATCH - 1;
      continue;
    }
    if (isByteDue) writer.literal(window[at - 1] ?? 0);
    isByteDue = true;
    at++;
  }
  if (isByteDue) writer.literal(window[end - 1] ?? 0);
}

/** Additions before the sums must be reduced. */
const ADLER_STEPS = 3800;

/** Fills {@link pairs}, and gives the Adler-32 of the input. */
function pairAndSum(end: number): number {
  let a = 1;
  let b = 0;
  let byte = window[0] ?? 0;
  for (let at = 0; at < end;) {
    const stop = Math.min(end, at + ADLER_STEPS);
    for (; at < stop; at++) {
      const next = window[at + 1] ?? 0;
      pairs[at] = byte | (next << 8);
      a += byte;
      b += a;
      byte = next;
    }
    a %= 65521;
    b %= 65521;
  }
  return ((b << 16) | a) >>> 0;
}
