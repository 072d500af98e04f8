/**
 * Sets of small whole numbers, one bit each, for "which bytes of the image are taken". Memory is used where bits are set.
 */

/** Bits of a chunk. */
const CHUNK_BITS = 1 << 15;
const CHUNK_WORDS = CHUNK_BITS / 32;

/** A set of numbers from 0 to 2^32. */
export class BitSet {
  readonly #chunks: (Uint32Array | undefined)[] = [];
  /** Past the highest number. Images are written from front to back: mostly nothing from here on has been added. */
  #end = 0;

  has(n: number): boolean {
    if (n >= this.#end) return false;
    const within = n % CHUNK_BITS;
    const word = this.#chunks[(n - within) / CHUNK_BITS]?.[within >>> 5] ?? 0;
    return ((word >>> (within & 31)) & 1) !== 0;
  }

  /** Adds [start, end). */
  addRange(start: number, end: number): void {
    if (end > this.#end && end > start) this.#end = end;
    for (let at = start; at < end;) {
      const index = Math.floor(at / CHUNK_BITS);
      const base = index * CHUNK_BITS;
      const chunk = (this.#chunks[index] ??= new Uint32Array(CHUNK_WORDS));
      const to = Math.min(end - base, CHUNK_BITS);
      addBits(chunk, at - base, to);
      at = base + to;
    }
  }

  /** The first number of [start, end) that is in the set, or -1. */
  firstIn(start: number, end: number): number {
    return start >= this.#end ? -1 : this.#find(start, end, 0);
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
      } else {
        const bit = findBit(chunk, at - base, to, plain);
        if (bit !== -1) return base + bit;
      }
      at = base + to;
    }
    return -1;
  }
}

/** Sets the bits [from, to) of a chunk; there is at least one. */
function addBits(chunk: Uint32Array, from: number, to: number): void {
  const [first, last] = [from >>> 5, (to - 1) >>> 5];
  if (first === last) {
    chunk[first] = (chunk[first] ?? 0) | mask(from & 31, to - first * 32);
    return;
  }
  chunk[first] = (chunk[first] ?? 0) | mask(from & 31, 32);
  chunk.fill(0xffffffff, first + 1, last);
  chunk[last] = (chunk[last] ?? 0) | mask(0, to - last * 32);
}

/** The first of the bits [from, to) of a chunk that differs from those of `plain`, or -1. */
function findBit(chunk: Uint32Array, from: number, to: number, plain: 0 | 0xffffffff): number {
  const last = (to - 1) >>> 5;
  let word = from >>> 5;
  let different = ((chunk[word] ?? 0) ^ plain) & mask(from & 31, 32);
  while (different === 0 && word < last) different = (chunk[++word] ?? 0) ^ plain;
  const bit = word * 32 + (31 - Math.clz32(different & -different));
  return different === 0 || bit >= to ? -1 : bit;
}

/** The bits [from, to) of a word; to is 1…32. */
function mask(from: number, to: number): number {
  const low = to === 32 ? 0xffffffff : (1 << to) - 1;
  return low & (0xffffffff << from);
}
