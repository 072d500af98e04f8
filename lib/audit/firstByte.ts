/**
 * What a compressed block begins with, told without inflating it: most files of most images are no programs, and to see
 * that takes a look at the Huffman codes of the first deflate block and at its first symbol, a tenth of the time.
 */

/** Deflate's order of the lengths of code length codes (RFC 1951, 3.2.7). */
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
/** Longest code of the code length alphabet, in bits. */
const MAX_BITS = 7;

/** Reads bits, lowest first; zeros behind the end. */
class BitReader {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, firstByte: number) {
    this.#bytes = bytes;
    this.#at = firstByte * 8;
  }

  get isBehindEnd(): boolean {
    return this.#at > this.#bytes.length * 8;
  }

  /** The next bits, up to 8 of them, which stay. */
  peek(count: number): number {
    const byte = this.#at >>> 3;
    const word = (this.#bytes[byte] ?? 0) | ((this.#bytes[byte + 1] ?? 0) << 8);
    return (word >>> (this.#at & 7)) & ((1 << count) - 1);
  }

  skip(count: number): void {
    this.#at += count;
  }

  take(count: number): number {
    const value = this.peek(count);
    this.skip(count);
    return value;
  }
}

/**
 * Whether a zlib stream can begin with a byte below 144. False is certain; true is not, and what is no zlib stream can begin with
 * anything.
 *
 * @param start the first bytes of the stream; the more there are the more is known
 */
export function canBeginWith(start: Uint8Array, byte: number): boolean {
  const [cmf = 0, flg = 0] = start;
  if ((cmf & 0x0f) !== 8 || (cmf * 256 + flg) % 31 !== 0 || (flg & 0x20) !== 0) return true;
  const bits = new BitReader(start, 2);
  // The first of several blocks may be empty. Makers of images write one.
  if (bits.take(1) === 0) return true;
  switch (bits.take(2)) {
    case 0: // stored: LEN and NLEN, then the bytes
      return start.length < 8 || start[7] === byte;
    case 1:
      return fixedLiteral(bits) === byte || bits.isBehindEnd;
    case 2:
      return beginsWith(bits, byte);
    default:
      return true;
  }
}

/** The first literal of a block with fixed codes, whose codes have 8 bits up to 143; -1 for others. */
function fixedLiteral(bits: BitReader): number {
  let code = 0;
  for (let bit = 0; bit < 8; bit++) code = (code << 1) | bits.take(1);
  return code >= 0x30 && code < 0xc0 ? code - 0x30 : -1;
}

/** Literals and lengths that a block has codes for at least, and most; the last of them that is a byte. */
const LEAST_LITERALS = 257;
const MOST_LITERALS = LEAST_LITERALS + 31;
const LAST_LITERAL = 255;
/** Distances likewise; the longest repetition of a length; the longest code of either, in bits. */
const MOST_DISTANCES = 32;
const MOST_REPEATED = 138;
const MAX_CODE_BITS = 15;

const codeLengths = new Uint8Array(ORDER.length);
/** Bits of the code of each literal or length, 0 for none, and of each distance behind them. */
const literalLengths = new Uint8Array(MOST_LITERALS + MOST_DISTANCES + MOST_REPEATED);
/** Codes by their number of bits. */
const codesOfLength = new Uint16Array(MAX_CODE_BITS + 1);
const table = new Uint16Array(1 << MAX_BITS);

/** Whether a block with codes of its own begins with a literal; true as well where its symbols do not tell. */
function beginsWith(bits: BitReader, literal: number): boolean {
  const literals = bits.take(5) + LEAST_LITERALS;
  // One list for both alphabets.
  const lengths = literals + bits.take(5) + 1;
  const count = bits.take(4) + 4;
  codeLengths.fill(0);
  for (let i = 0; i < count; i++) codeLengths[ORDER[i] ?? 0] = bits.take(3);
  fillTable();
  let previous = 0;
  for (let symbol = 0; symbol < lengths;) {
    const entry = table[bits.peek(MAX_BITS)] ?? 0;
    // An incomplete code: not for us to judge.
    if (entry === 0) return true;
    bits.skip(entry & 0xff);
    const code = entry >>> 8;
    let repeat = 1;
    if (code === 16) repeat = 3 + bits.take(2);
    else if (code === 17) repeat = 3 + bits.take(3);
    else if (code === 18) repeat = 11 + bits.take(7);
    if (code > 16) previous = 0;
    else if (code < 16) previous = code;
    if (bits.isBehindEnd) return true;
    // Most repeat once: not worth a call of fill().
    for (const end = symbol + repeat; symbol < end; symbol++) literalLengths[symbol] = previous;
    // Most files have no code for it at all.
    if (symbol > literal && literalLengths[literal] === 0) return false;
  }
  const first = firstSymbol(bits, literals);
  return first === literal || first > LAST_LITERAL || bits.isBehindEnd;
}

/** The next symbol by {@link literalLengths}, codes being numbered as RFC 1951, 3.2.2, has it; Infinity for no code. */
function firstSymbol(bits: BitReader, symbols: number): number {
  codesOfLength.fill(0);
  for (let symbol = 0; symbol < symbols; symbol++) {
    const length = literalLengths[symbol] ?? 0;
    codesOfLength[length] = (codesOfLength[length] ?? 0) + 1;
  }
  let code = 0;
  let lowest = 0;
  for (let length = 1; length < codesOfLength.length; length++) {
    code = code * 2 + bits.take(1);
    const codes = codesOfLength[length] ?? 0;
    if (code < lowest + codes) return symbolOf(length, code - lowest);
    lowest = (lowest + codes) * 2;
  }
  return Infinity;
}

/** Of the symbols with codes of a length, the one with that many before it. */
function symbolOf(length: number, before: number): number {
  let symbol = literalLengths.indexOf(length);
  for (let left = before; left > 0; left--) symbol = literalLengths.indexOf(length, symbol + 1);
  return symbol;
}

/** The bits of each number of {@link MAX_BITS} bits, the other way round. */
const REVERSED = Uint8Array.from({ length: 1 << MAX_BITS }, (_, value) => {
  let reversed = 0;
  for (let bit = 0; bit < MAX_BITS; bit++) reversed |= ((value >>> bit) & 1) << (MAX_BITS - 1 - bit);
  return reversed;
});
/** For each length the next code of that length. */
const nextCode = new Uint16Array(MAX_BITS + 1);

/** Fills {@link table}: the next bits → the code length that they stand for × 256 + bits of its code; 0 for none. */
function fillTable(): void {
  table.fill(0);
  nextCode.fill(0);
  for (const length of codeLengths) if (length < MAX_BITS) nextCode[length + 1] = (nextCode[length + 1] ?? 0) + 1;
  nextCode[1] = 0;
  for (let length = 2; length <= MAX_BITS; length++) {
    nextCode[length] = ((nextCode[length - 1] ?? 0) + (nextCode[length] ?? 0)) << 1;
  }
  for (let symbol = 0; symbol < codeLengths.length; symbol++) {
    const length = codeLengths[symbol] ?? 0;
    if (length === 0) continue;
    const code = nextCode[length] ?? 0;
    nextCode[length] = code + 1;
    // Codes come highest bit first, all else lowest bit first. An oversubscribed code has more than fit.
    const reversed = (REVERSED[code & (table.length - 1)] ?? 0) >>> (MAX_BITS - length);
    for (let at = reversed; at < table.length; at += 1 << length) table[at] = (symbol << 8) | length;
  }
}
