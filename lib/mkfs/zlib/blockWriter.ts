/**
 * Writing literals and matches as one deflate block, in the form that takes the fewest bytes.
 */
import { HuffmanTree } from './huffmanTree.ts';
import {
  DISTANCE_BASE,
  DISTANCE_CODE,
  DISTANCE_EXTRA,
  DISTANCE_TREE,
  END_OF_BLOCK,
  LENGTH_BASE,
  LENGTH_CODE,
  LENGTH_CODE_ORDER,
  LENGTH_CODE_TREE,
  LENGTH_EXTRA,
  LITERAL_TREE,
  STATIC_DISTANCE_CODES,
  STATIC_DISTANCE_LENGTHS,
  STATIC_LITERAL_CODES,
  STATIC_LITERAL_LENGTHS,
} from './tables.ts';

/** The kinds of a block (RFC 1951, 3.2.3), each with the bit that says that it is the last. */
const LAST_STORED = 0b001;
const LAST_STATIC = 0b011;
const LAST_DYNAMIC = 0b101;

/** Collects the symbols of a block, and writes it. A writer is used again and again. */
export class BlockWriter {
  /** The output, and how much of it is written. */
  output: Uint8Array;
  length = 0;
  readonly #literals = new HuffmanTree(LITERAL_TREE);
  readonly #distances = new HuffmanTree(DISTANCE_TREE);
  readonly #lengthCodes = new HuffmanTree(LENGTH_CODE_TREE);
  /** A literal, or a match length less 3; and the match's distance, 0 for a literal. */
  readonly #values: Uint8Array;
  readonly #matchDistances: Uint16Array;
  #count = 0;
  #bitBuffer = 0;
  #bitCount = 0;

  /** @param maxInput bytes of the largest input */
  constructor(maxInput: number) {
    this.#values = new Uint8Array(maxInput);
    this.#matchDistances = new Uint16Array(maxInput);
    this.output = new Uint8Array(maxInput + 512);
  }

  /** Forgets everything. */
  reset(): void {
    this.length = 0;
    this.#count = 0;
    this.#bitBuffer = 0;
    this.#bitCount = 0;
    this.#literals.frequencies.fill(0);
    this.#distances.frequencies.fill(0);
    this.#literals.frequencies[END_OF_BLOCK] = 1;
  }

  literal(byte: number): void {
    this.#matchDistances[this.#count] = 0;
    this.#values[this.#count++] = byte;
    const { frequencies } = this.#literals;
    frequencies[byte] = (frequencies[byte] ?? 0) + 1;
  }

  /** @param matchLength 3 to 258 */
  match(distance: number, matchLength: number): void {
    this.#matchDistances[this.#count] = distance;
    this.#values[this.#count++] = matchLength - 3;
    const literals = this.#literals.frequencies;
    const symbol = (LENGTH_CODE[matchLength - 3] ?? 0) + END_OF_BLOCK + 1;
    literals[symbol] = (literals[symbol] ?? 0) + 1;
    const distances = this.#distances.frequencies;
    const code = DISTANCE_CODE[distance - 1] ?? 0;
    distances[code] = (distances[code] ?? 0) + 1;
  }

  byte(value: number): void {
    this.output[this.length++] = value;
  }

  /** Writes the block as the last one: verbatim, with the static codes, or with codes of its own. */
  finish(input: Uint8Array): void {
    const literals = this.#literals;
    const distances = this.#distances;
    literals.build();
    distances.build();
    const codesUsed = this.#buildLengthCodes();
    const dynamicBits = literals.bits + distances.bits + this.#lengthCodes.bits + 3 * codesUsed + 14;
    const staticBits = literals.staticBits + distances.staticBits;
    const staticBytes = (staticBits + 3 + 7) >>> 3;
    const bytes = Math.min((dynamicBits + 3 + 7) >>> 3, staticBytes);
    if (input.length + 4 <= bytes) this.#stored(input);
    else if (staticBytes === bytes) {
      this.#bits(LAST_STATIC, 3);
      this.#symbols(STATIC_LITERAL_CODES, STATIC_LITERAL_LENGTHS, STATIC_DISTANCE_CODES, STATIC_DISTANCE_LENGTHS);
    } else {
      this.#bits(LAST_DYNAMIC, 3);
      this.#trees(codesUsed);
      this.#symbols(literals.codes, literals.lengths, distances.codes, distances.lengths);
    }
    this.#align();
  }

  #stored(input: Uint8Array): void {
    this.#bits(LAST_STORED, 3);
    this.#align();
    for (const word of [input.length, ~input.length]) {
      this.byte(word & 0xff);
      this.byte((word >>> 8) & 0xff);
    }
    this.output.set(input, this.length);
    this.length += input.length;
  }

  /** The code for the code lengths of both trees. Returns how many of its own lengths are written. */
  #buildLengthCodes(): number {
    const codes = this.#lengthCodes;
    codes.frequencies.fill(0);
    const count = (symbol: number): void => {
      codes.frequencies[symbol] = (codes.frequencies[symbol] ?? 0) + 1;
    };
    runLengths(this.#literals.lengths, this.#literals.maxCode, count);
    runLengths(this.#distances.lengths, this.#distances.maxCode, count);
    codes.build();
    let last = LENGTH_CODE_ORDER.length - 1;
    while (last >= 3 && codes.lengths[LENGTH_CODE_ORDER[last] ?? 0] === 0) last--;
    return last + 1;
  }

  #trees(codesUsed: number): void {
    const { lengths, codes } = this.#lengthCodes;
    this.#bits(this.#literals.maxCode + 1 - 257, 5);
    this.#bits(this.#distances.maxCode + 1 - 1, 5);
    this.#bits(codesUsed - 4, 4);
    for (let i = 0; i < codesUsed; i++) this.#bits(lengths[LENGTH_CODE_ORDER[i] ?? 0] ?? 0, 3);
    const write = (symbol: number, extra: number, extraBits: number): void => {
      this.#bits(codes[symbol] ?? 0, lengths[symbol] ?? 0);
      if (extraBits > 0) this.#bits(extra, extraBits);
    };
    runLengths(this.#literals.lengths, this.#literals.maxCode, write);
    runLengths(this.#distances.lengths, this.#distances.maxCode, write);
  }

  #symbols(codes: Uint16Array, lengths: Uint8Array, distanceCodes: Uint16Array, distanceLengths: Uint8Array): void {
    const values = this.#values;
    const distances = this.#matchDistances;
    for (let i = 0; i < this.#count; i++) {
      const value = values[i] ?? 0;
      const distance = distances[i] ?? 0;
      if (distance === 0) {
        this.#bits(codes[value] ?? 0, lengths[value] ?? 0);
        continue;
      }
      const lengthCode = LENGTH_CODE[value] ?? 0;
      const symbol = lengthCode + END_OF_BLOCK + 1;
      this.#bits(codes[symbol] ?? 0, lengths[symbol] ?? 0);
      const lengthExtra = LENGTH_EXTRA[lengthCode] ?? 0;
      if (lengthExtra > 0) this.#bits(value - (LENGTH_BASE[lengthCode] ?? 0), lengthExtra);
      const distanceCode = DISTANCE_CODE[distance - 1] ?? 0;
      this.#bits(distanceCodes[distanceCode] ?? 0, distanceLengths[distanceCode] ?? 0);
      const distanceExtra = DISTANCE_EXTRA[distanceCode] ?? 0;
      if (distanceExtra > 0) this.#bits(distance - 1 - (DISTANCE_BASE[distanceCode] ?? 0), distanceExtra);
    }
    this.#bits(codes[END_OF_BLOCK] ?? 0, lengths[END_OF_BLOCK] ?? 0);
  }

  /** At most 16 bits at a time, low bit first. */
  #bits(value: number, count: number): void {
    this.#bitBuffer |= value << this.#bitCount;
    this.#bitCount += count;
    while (this.#bitCount >= 8) {
      this.output[this.length++] = this.#bitBuffer;
      this.#bitBuffer >>>= 8;
      this.#bitCount -= 8;
    }
  }

  #align(): void {
    if (this.#bitCount > 0) this.output[this.length++] = this.#bitBuffer;
    this.#bitBuffer = 0;
    this.#bitCount = 0;
  }
}

/** Symbols of repetition: the length before, 3 to 6 times; zero, 3 to 10 times; zero, 11 to 138 times. */
const REPEAT_3_6 = 16;
const ZEROS_3_10 = 17;
const ZEROS_11_138 = 18;

/** Tells code lengths as runs: each symbol with the value and number of its extra bits. */
function runLengths(
  lengths: Uint8Array,
  maxCode: number,
  tell: (symbol: number, extra: number, extraBits: number) => void,
): void {
  let previous = -1;
  let next = lengths[0] ?? 0;
  let count = 0;
  let most = next === 0 ? 138 : 7;
  let least = next === 0 ? 3 : 4;
  for (let symbol = 0; symbol <= maxCode; symbol++) {
    const current = next;
    // No length equals the one behind the end.
    next = symbol === maxCode ? -1 : (lengths[symbol + 1] ?? 0);
    if (++count < most && current === next) continue;
    if (count < least) for (; count > 0; count--) tell(current, 0, 0);
    else if (current !== 0) {
      if (current !== previous) {
        tell(current, 0, 0);
        count--;
      }
      tell(REPEAT_3_6, count - 3, 2);
    } else if (count <= 10) tell(ZEROS_3_10, count - 3, 3);
    else tell(ZEROS_11_138, count - 11, 7);
    count = 0;
    previous = current;
    if (next === 0) [most, least] = [138, 3];
    else if (current === next) [most, least] = [6, 3];
    else [most, least] = [7, 4];
  }
}
