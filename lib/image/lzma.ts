/**
 * Inflating LZMA blocks, which some vendors have in place of zlib: 5 bytes of properties, the length (32 bits, little
 * endian, also in big-endian images; 64 bits in some), then the stream. Written after the LZMA specification of the LZMA
 * SDK, which is in the public domain.
 */
import { type InflateFailure, isFailure, tooLong, Z_BUF_ERROR, Z_DATA_ERROR, type ZlibCode } from './codec.ts';

/** Bytes of properties: one of lc, lp and pb, four of the dictionary's size. */
const PROPERTIES = 5;
const STATES = 12;
const MIN_MATCH = 2;
/** Slots of distances that have probabilities of their own for all their bits. */
const END_POSITION_SLOT = 14;
const FULL_DISTANCES = 1 << (END_POSITION_SLOT / 2);
const ALIGN_BITS = 4;
const HALF = 1024;
/** Most literal bits, lc + lp; the tables double with each. LZMA2 has the same bound. */
const MAX_LITERAL_BITS = 4;
const END_MARKER = 0xffffffff;

/** Why a stream cannot be decoded, with the code that zlib has for the like. */
class BadStream extends Error {
  readonly code: ZlibCode;

  constructor(message: string, code: ZlibCode = Z_DATA_ERROR) {
    super(message);
    this.code = code;
  }
}

const NO_LZMA: InflateFailure = { code: Z_DATA_ERROR, reason: 'it does not start with LZMA properties' };

const probabilities = (count: number): Uint16Array => new Uint16Array(count).fill(HALF);

/** Inflates one block. */
export function inflateLzma(data: Uint8Array, limit: number): Uint8Array | InflateFailure {
  const [first = 0xff] = data;
  if (data.length < PROPERTIES + 4 || first >= 9 * 5 * 5) return NO_LZMA;
  const length = new DataView(data.buffer, data.byteOffset).getUint32(PROPERTIES, true);
  if (length > limit) return tooLong(limit);
  const attempts = [PROPERTIES + 4, PROPERTIES + 8].map((start) => decode(data, start, first, length));
  return attempts.find((output) => !isFailure(output)) ?? attempts[0] ?? NO_LZMA;
}

/** Whether data looks like an LZMA block of `length` bytes of output; reads the first ten bytes only. */
export function isLzmaBlock(data: Uint8Array, length: number): boolean {
  if (data.length < PROPERTIES + 5 || (data[0] ?? 0xff) >= 9 * 5 * 5) return false;
  // The range coder's first byte is always 0.
  return (
    new DataView(data.buffer, data.byteOffset).getUint32(PROPERTIES, true) === length && data[PROPERTIES + 4] === 0
  );
}

function decode(data: Uint8Array, start: number, properties: number, length: number): Uint8Array | InflateFailure {
  try {
    return new Decoder(data, start, properties, length).run();
  } catch (error) {
    if (error instanceof BadStream) return { code: error.code, reason: error.message };
    throw error;
  }
}

/** Reads bits with adaptive probabilities. */
class RangeDecoder {
  readonly #data: Uint8Array;
  #at: number;
  #range = 0xffffffff;
  #code = 0;

  constructor(data: Uint8Array, start: number) {
    this.#data = data;
    this.#at = start;
    if (this.#next() !== 0) throw new BadStream('the LZMA stream does not start with 0');
    for (let i = 0; i < 4; i++) this.#code = ((this.#code << 8) | this.#next()) >>> 0;
  }

  #next(): number {
    const byte = this.#data[this.#at++];
    if (byte === undefined) throw new BadStream('the LZMA stream has no end', Z_BUF_ERROR);
    return byte;
  }

  #normalize(): void {
    if (this.#range >= 0x1000000) return;
    this.#range = (this.#range << 8) >>> 0;
    this.#code = ((this.#code << 8) | this.#next()) >>> 0;
  }

  bit(table: Uint16Array, index: number): number {
    const probability = table[index] ?? HALF;
    const bound = (this.#range >>> 11) * probability;
    let bit = 0;
    if (this.#code < bound) {
      this.#range = bound;
      table[index] = probability + ((2048 - probability) >>> 5);
    } else {
      this.#range = (this.#range - bound) >>> 0;
      this.#code = (this.#code - bound) >>> 0;
      table[index] = probability - (probability >>> 5);
      bit = 1;
    }
    this.#normalize();
    return bit;
  }

  directBits(count: number): number {
    let result = 0;
    for (let i = 0; i < count; i++) {
      this.#range >>>= 1;
      const bit = this.#code >= this.#range ? 1 : 0;
      if (bit === 1) this.#code = (this.#code - this.#range) >>> 0;
      this.#normalize();
      result = result * 2 + bit;
    }
    return result;
  }

  /** A number of `bits` bits, the highest first; its probabilities start at `offset`. */
  tree(table: Uint16Array, offset: number, bits: number): number {
    let node = 1;
    for (let i = 0; i < bits; i++) node = (node << 1) | this.bit(table, offset + node);
    return node - (1 << bits);
  }

  /** The same, the lowest bit first. */
  reverseTree(table: Uint16Array, offset: number, bits: number): number {
    let node = 1;
    let result = 0;
    for (let i = 0; i < bits; i++) {
      const bit = this.bit(table, offset + node);
      node = (node << 1) | bit;
      result |= bit << i;
    }
    return result;
  }
}

/** Lengths of matches. */
class LengthDecoder {
  readonly #choice = probabilities(2);
  readonly #low = probabilities(16 << 3);
  readonly #middle = probabilities(16 << 3);
  readonly #high = probabilities(256);

  decode(bits: RangeDecoder, positionState: number): number {
    if (bits.bit(this.#choice, 0) === 0) return bits.tree(this.#low, positionState << 3, 3);
    if (bits.bit(this.#choice, 1) === 0) return 8 + bits.tree(this.#middle, positionState << 3, 3);
    return 16 + bits.tree(this.#high, 0, 8);
  }
}

/** Decodes one stream to a known length. */
class Decoder {
  readonly #bits: RangeDecoder;
  readonly #output: Uint8Array;
  #filled = 0;
  readonly #literalContextBits: number;
  readonly #literalPositionMask: number;
  readonly #positionMask: number;
  readonly #literals: Uint16Array;
  readonly #isMatch = probabilities(STATES << 4);
  readonly #isRepeat = probabilities(STATES);
  readonly #isRepeatG0 = probabilities(STATES);
  readonly #isRepeatG1 = probabilities(STATES);
  readonly #isRepeatG2 = probabilities(STATES);
  readonly #isRepeat0Long = probabilities(STATES << 4);
  readonly #slots = probabilities(4 << 6);
  readonly #special = probabilities(1 + FULL_DISTANCES - END_POSITION_SLOT);
  readonly #align = probabilities(1 << ALIGN_BITS);
  readonly #lengths = new LengthDecoder();
  readonly #repeatLengths = new LengthDecoder();
  /** The last four distances, the latest first. */
  #distances: [number, number, number, number] = [0, 0, 0, 0];
  #state = 0;

  constructor(data: Uint8Array, start: number, properties: number, length: number) {
    const rest = Math.floor(properties / 9);
    if ((properties % 9) + (rest % 5) > MAX_LITERAL_BITS)
      throw new BadStream('its LZMA properties ask for too much memory');
    this.#literalContextBits = properties % 9;
    this.#literalPositionMask = (1 << (rest % 5)) - 1;
    this.#positionMask = (1 << Math.floor(rest / 5)) - 1;
    this.#literals = probabilities(0x300 << (this.#literalContextBits + (rest % 5)));
    this.#bits = new RangeDecoder(data, start);
    this.#output = new Uint8Array(length);
  }

  run(): Uint8Array {
    while (this.#filled < this.#output.length) {
      const positionState = this.#filled & this.#positionMask;
      if (this.#bits.bit(this.#isMatch, (this.#state << 4) + positionState) === 0) {
        this.#literal();
        continue;
      }
      const length = this.#matchLength(positionState);
      if (length === null) break;
      this.#copy(length);
    }
    if (this.#filled < this.#output.length) throw new BadStream('the LZMA stream ends early', Z_BUF_ERROR);
    return this.#output;
  }

  #literal(): void {
    const previous = this.#filled === 0 ? 0 : (this.#output[this.#filled - 1] ?? 0);
    const context =
      ((this.#filled & this.#literalPositionMask) << this.#literalContextBits) +
      (previous >>> (8 - this.#literalContextBits));
    const offset = 0x300 * context;
    let symbol = 1;
    if (this.#state >= 7) {
      let match = this.#output[this.#filled - this.#distances[0] - 1] ?? 0;
      do {
        const matchBit = (match >>> 7) & 1;
        match <<= 1;
        const bit = this.#bits.bit(this.#literals, offset + ((1 + matchBit) << 8) + symbol);
        symbol = (symbol << 1) | bit;
        if (matchBit !== bit) break;
      } while (symbol < 0x100);
    }
    while (symbol < 0x100) symbol = (symbol << 1) | this.#bits.bit(this.#literals, offset + symbol);
    this.#output[this.#filled++] = symbol & 0xff;
    this.#state = this.#state < 4 ? 0 : this.#state < 10 ? this.#state - 3 : this.#state - 6;
  }

  /** Decodes what is to be copied into the latest distance; its length, or null at the end marker. */
  #matchLength(positionState: number): number | null {
    const bits = this.#bits;
    const state = this.#state;
    const [d0, d1, d2, d3] = this.#distances;
    if (bits.bit(this.#isRepeat, state) === 0) {
      const length = this.#lengths.decode(bits, positionState);
      const distance = this.#distance(length);
      if (distance === END_MARKER) return null;
      this.#distances = [distance, d0, d1, d2];
      this.#state = state < 7 ? 7 : 10;
      return length + MIN_MATCH;
    }
    if (bits.bit(this.#isRepeatG0, state) === 0) {
      if (bits.bit(this.#isRepeat0Long, (state << 4) + positionState) === 0) {
        this.#state = state < 7 ? 9 : 11;
        return 1;
      }
    } else if (bits.bit(this.#isRepeatG1, state) === 0) {
      this.#distances = [d1, d0, d2, d3];
    } else if (bits.bit(this.#isRepeatG2, state) === 0) {
      this.#distances = [d2, d0, d1, d3];
    } else {
      this.#distances = [d3, d0, d1, d2];
    }
    this.#state = state < 7 ? 8 : 11;
    return this.#repeatLengths.decode(bits, positionState) + MIN_MATCH;
  }

  #distance(length: number): number {
    const slot = this.#bits.tree(this.#slots, Math.min(length, 3) << 6, 6);
    if (slot < 4) return slot;
    const count = (slot >>> 1) - 1;
    const base = ((2 | (slot & 1)) << count) >>> 0;
    if (slot < END_POSITION_SLOT) return base + this.#bits.reverseTree(this.#special, base - slot, count);
    const middle = this.#bits.directBits(count - ALIGN_BITS) * (1 << ALIGN_BITS);
    return base + middle + this.#bits.reverseTree(this.#align, 0, ALIGN_BITS);
  }

  #copy(length: number): void {
    const distance = this.#distances[0] + 1;
    if (distance > this.#filled) throw new BadStream('the LZMA stream refers to bytes before its start');
    const end = Math.min(this.#filled + length, this.#output.length);
    for (let at = this.#filled; at < end; at++) this.#output[at] = this.#output[at - distance] ?? 0;
    this.#filled = end;
  }
}
