/**
 * Sets of small whole numbers, one bit each, for "which bytes of the image are taken". Memory is used where bits are set.
 */

/** Bits of a chunk. */
const CHUNK_BITS = 1 << 15;
const CHUNK_WORDS = CHUNK_BITS / 32;

/** A set of numbers from 0 to 2^32. */
export class BitSet {
  readonly #chunks: (Uint32Array | undefined)[] = [];

  has(n: number): boolean {
    const within = n % CHUNK_BITS;
    const word = this.#chunks[(n - within) / CHUNK_BITS]?.[within >>> 5] ?? 0;
    return ((word >>> (within & 31)) & 1) !== 0;
  }

  /** Adds [start, end). */
  addRange(start: number, end: number): void {
    for (let at = start; at < end;) {
      const index = Math.floor(at / CHUNK_BITS);
      const base = index * CHUNK_BITS;
      const chunk = (this.#chunks[index] ??= new Uint32Array(CHUNK_WORDS));
      const to = Math.min(end - base, CHUNK_BITS);
      for (let bit = at - base; bit < to;) {
        const word = bit >>> 5;
        const next = Math.min(to, (word + 1) * 32);
        chunk[word] = (chunk[word] ?? 0) | mask(bit & 31, next - word * 32);
        bit = next;
      }
      at = base + to;
    }
  }

  /** The first number of [start, end) that is in the set, or -1. */
  firstIn(start: number, end: number): number {
    return this.#find(start, end, 0);
  }

  /** The first number of [start, end) that is not in the set, or -1. */
  firstNotIn(start: number, end: number): number {
    return this.#find(start, end, 0xffffffff);
  }

  /** The first number whose bit differs from those of `plain`. */
  #find(start: number, end: number, plain: 0 | 0xffffffff): number {
    for (let at = start; at < end;) {
      const index = Math.floor(at / CHUNK_BITS);
      const base = index * CHUNK_BITS;
      const to = Math.min(end - base, CHUNK_BITS);
      const chunk = this.#chunks[index];
      if (chunk === undefined) {
        if (plain !== 0) return at;
        at = base + to;
        continue;
      }
      for (let bit = at - base; bit < to;) {
        const word = bit >>> 5;
        const next = Math.min(to, (word + 1) * 32);
        const different = ((chunk[word] ?? 0) ^ plain) & mask(bit & 31, next - word * 32);
        if (different !== 0) return base + word * 32 + (31 - Math.clz32(different & -different));
        bit = next;
      }
      at = base + to;
    }
    return -1;
  }
}

/** The bits [from, to) of a word; to is 1…32. */
function mask(from: number, to: number): number {
  const low = to === 32 ? 0xffffffff : (1 << to) - 1;
  return low & (0xffffffff << from);
}
