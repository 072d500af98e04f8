/**
 * The constant tables of deflate (RFC 1951, 3.2.5 to 3.2.7).
 */
import { assignCodes, type TreeKind } from './huffmanTree.ts';

export const END_OF_BLOCK = 256;
/** Literals, the end of a block, and length codes. */
export const LITERAL_CODES = 286;
export const DISTANCE_CODES = 30;
/** Symbols of the code that code lengths are written in: 0 to 15, and three kinds of repetition. */
export const LENGTH_CODE_CODES = 19;

export const LENGTH_EXTRA = Uint8Array.of(
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  1,
  1,
  1,
  1,
  2,
  2,
  2,
  2,
  3,
  3,
  3,
  3,
  4,
  4,
  4,
  4,
  5,
  5,
  5,
  5,
  0,
);
export const DISTANCE_EXTRA = Uint8Array.from({ length: DISTANCE_CODES }, (_, code) => Math.max(0, (code >> 1) - 1));
export const LENGTH_CODE_EXTRA = Uint8Array.from({ length: LENGTH_CODE_CODES }, (_, code) => [2, 3, 7][code - 16] ?? 0);
/** The order in which the lengths of the length code are written. */
export const LENGTH_CODE_ORDER = Uint8Array.of(16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15);

/** By match length - 3: its code, 0 to 28; and by code the first length of it, less 3. */
export const LENGTH_CODE = new Uint8Array(256);
export const LENGTH_BASE = new Uint8Array(29);
/** By distance - 1 (below 32768): its code; and by code the first distance of it, less 1. */
export const DISTANCE_CODE = new Uint8Array(32768);
export const DISTANCE_BASE = new Uint16Array(DISTANCE_CODES);

let length = 0;
for (let code = 0; code < 28; code++) {
  LENGTH_BASE[code] = length;
  for (let i = 0; i < 1 << (LENGTH_EXTRA[code] ?? 0); i++) LENGTH_CODE[length++] = code;
}
// 258 has a code of its own, without extra bits.
LENGTH_CODE[255] = 28;
LENGTH_BASE[28] = 0;

let distance = 0;
for (let code = 0; code < DISTANCE_CODES; code++) {
  DISTANCE_BASE[code] = distance;
  for (let i = 0; i < 1 << (DISTANCE_EXTRA[code] ?? 0); i++) DISTANCE_CODE[distance++] = code;
}

/** The static trees. Two literal codes more than there are symbols take part in the numbering. */
export const STATIC_LITERAL_LENGTHS = Uint8Array.from({ length: 288 }, (_, symbol) =>
  symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8,
);
export const STATIC_LITERAL_CODES = new Uint16Array(288);
assignCodes(
  STATIC_LITERAL_LENGTHS,
  STATIC_LITERAL_CODES,
  287,
  Uint16Array.of(0, 0, 0, 0, 0, 0, 0, 24, 152, 112, 0, 0, 0, 0, 0, 0),
);
export const STATIC_DISTANCE_LENGTHS = new Uint8Array(DISTANCE_CODES).fill(5);
export const STATIC_DISTANCE_CODES = new Uint16Array(DISTANCE_CODES);
assignCodes(
  STATIC_DISTANCE_LENGTHS,
  STATIC_DISTANCE_CODES,
  DISTANCE_CODES - 1,
  Uint16Array.of(0, 0, 0, 0, 0, 30, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
);

export const LITERAL_TREE: TreeKind = {
  elements: LITERAL_CODES,
  maxLength: 15,
  extraBits: LENGTH_EXTRA,
  extraBase: 257,
  staticLengths: STATIC_LITERAL_LENGTHS,
};
export const DISTANCE_TREE: TreeKind = {
  elements: DISTANCE_CODES,
  maxLength: 15,
  extraBits: DISTANCE_EXTRA,
  extraBase: 0,
  staticLengths: STATIC_DISTANCE_LENGTHS,
};
export const LENGTH_CODE_TREE: TreeKind = {
  elements: LENGTH_CODE_CODES,
  maxLength: 7,
  extraBits: LENGTH_CODE_EXTRA,
  extraBase: 0,
  staticLengths: null,
};
