/**
 * A sieve for large dumps: one function in WebAssembly that goes through its memory in steps of 32 bytes, written
 * here instruction by instruction. It is not there where the platform lacks WebAssembly or its 128-bit vectors.
 */

/** Sets of bytes: a byte is in those whose bits its two nibbles have in common. */
export interface NibbleTables {
  /** By the lower nibble; 16 bytes, as `high`. */
  readonly low: Uint8Array;
  readonly high: Uint8Array;
}

/** What a step stops at; see {@link Sieve}: sets of bytes at even places, and at odd ones. */
export interface SieveTables {
  readonly even: NibbleTables;
  readonly odd: NibbleTables;
}

/** Tables in which nothing is in a set. */
export const noSets = (): NibbleTables => ({ low: new Uint8Array(16), high: new Uint8Array(16) });

/** Puts a byte into a set, and with it those that share each nibble with one that is there. */
export function addToSet({ low, high }: NibbleTables, byte: number, bit: number): void {
  low[byte & 0x0f] = (low[byte & 0x0f] ?? 0) | (1 << bit);
  high[byte >>> 4] = (high[byte >>> 4] ?? 0) | (1 << bit);
}

/** A sieve, with the memory that it looks at. */
export interface Sieve {
  readonly memory: Uint8Array<ArrayBuffer>;
  /**
   * The first step from `at` on, below `end`, that has one of these: a byte at an even place and its follower that are in a set
   * of bits 0 to 3 of `even` and `odd`; at a multiple of 8 two such pairs in a set of bits 4 to 7. Both are multiples of
   * 32.
   *
   * @returns `end` or more where there is none
   */
  readonly next: (at: number, end: number) => number;
}

/** The part of WebAssembly that is used: not every platform has it. */
interface Wasm {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: Readonly<Record<string, unknown>> };
}

/** Bytes of a step. */
export const SIEVE_STEP = 32;

/** Bytes of a page of its memory. */
const PAGE = 1 << 16;
/** Bytes of a vector. */
const WIDTH = 16;

/**
 * A sieve with `size` bytes of memory; null where the platform has none.
 *
 * @param wasm WebAssembly of the platform
 */
export function makeSieve(
  size: number,
  { even, odd }: SieveTables,
  wasm = (globalThis as { readonly WebAssembly?: Wasm | undefined }).WebAssembly,
): Sieve | null {
  if (wasm === undefined) return null;
  try {
    const module = new wasm.Module(moduleBytes(Math.ceil((START + size) / PAGE)));
    const { memory, next } = new wasm.Instance(module).exports as {
      memory: { readonly buffer: ArrayBuffer };
      next: Sieve['next'];
    };
    const vectors = [even.low, even.high, odd.low, odd.high, ...MASKS];
    for (const [i, bytes] of vectors.entries()) new Uint8Array(memory.buffer, i * WIDTH, WIDTH).set(bytes);
    return { memory: new Uint8Array(memory.buffer, START, size), next };
  } catch {
    // No vectors, or a policy that forbids compilation: the loop in JavaScript finds the same.
    return null;
  }
}

/** The same four bytes over and over. */
const repeated = (...bytes: readonly [number, number, number, number]): Uint8Array =>
  Uint8Array.from({ length: WIDTH }, (_, i) => bytes[i % 4] ?? 0);

/** What vectors are masked with, in the order of the variables below. */
const MASKS = [repeated(0x0f, 0x0f, 0x0f, 0x0f), repeated(0xff, 0, 0xff, 0), repeated(0xf0, 0, 0, 0)];

// The function's parameters, its variables that are read from the start of the memory, and the others. A constant in the code
// would be made again in each step.
const AT = 0;
const LAST = 1;
const EVEN = { low: 2, high: 3 };
const ODD = { low: 4, high: 5 };
const LOW_NIBBLES = 6;
const EVEN_PLACES = 7;
const ANCHORS = 8;
const CONSTANTS = [EVEN.low, EVEN.high, ODD.low, ODD.high, LOW_NIBBLES, EVEN_PLACES, ANCHORS];
const FIRST_HALF = 9;
const SECOND_HALF = 10;
const BYTES = 11;
const SETS = 12;
/** How many are vectors. */
const VECTORS = 11;

/** Where the bytes begin that are searched: at a multiple of 16. */
const START = CONSTANTS.length * WIDTH;

// Types, and the instructions by their names in the specification.
const I32 = 0x7f;
const V128 = 0x7b;
const NOTHING = 0x40;
const UNREACHABLE = 0x00;
const LOOP = 0x03;
const IF = 0x04;
const END = 0x0b;
const BR = 0x0c;
const RETURN = 0x0f;
const LOCAL_GET = 0x20;
const LOCAL_SET = 0x21;
const LOCAL_TEE = 0x22;
const I32_CONST = 0x41;
const I32_GE_U = 0x4f;
const I32_ADD = 0x6a;
const VECTOR = 0xfd;
const I8X16_SWIZZLE = [VECTOR, 0x0e];
const V128_AND = [VECTOR, 0x4e];
const V128_OR = [VECTOR, 0x50];
const V128_ANY_TRUE = [VECTOR, 0x53];
const I8X16_NARROW_I16X8_U = [VECTOR, 0x66];
const I16X8_SHR_U = [VECTOR, 0x8d, 0x01];
const I32X4_SHR_U = [VECTOR, 0xad, 0x01];
/** `v128.load` of what follows an address by `offset` bytes; it need not be aligned. */
const loadVector = (offset: number): number[] => [VECTOR, 0x00, 0x00, ...leb(offset)];
const shiftRight = (bits: number, shift: readonly number[]): number[] => [I32_CONST, bits, ...shift];
const masked = (mask: number): number[] => [LOCAL_GET, mask, ...V128_AND];

/** The sets that each of 16 bytes is in, which `load` puts on the stack. */
const setsOf = ({ low, high }: typeof EVEN, load: readonly number[]): number[] => [
  ...[LOCAL_GET, low],
  ...load,
  ...[LOCAL_TEE, BYTES],
  ...masked(LOW_NIBBLES),
  ...I8X16_SWIZZLE,
  ...[LOCAL_GET, high],
  ...[LOCAL_GET, BYTES],
  ...shiftRight(4, I16X8_SHR_U),
  ...masked(LOW_NIBBLES),
  ...I8X16_SWIZZLE,
  ...V128_AND,
];

/** The 16 bytes at even places of a step, and those at odd ones. */
const evenBytes = (): number[] => [
  ...[LOCAL_GET, AT, ...loadVector(START), LOCAL_TEE, FIRST_HALF, ...masked(EVEN_PLACES)],
  ...[LOCAL_GET, AT, ...loadVector(START + WIDTH), LOCAL_TEE, SECOND_HALF, ...masked(EVEN_PLACES)],
  ...I8X16_NARROW_I16X8_U,
];
const oddBytes = (): number[] => [
  ...[LOCAL_GET, FIRST_HALF, ...shiftRight(8, I16X8_SHR_U)],
  ...[LOCAL_GET, SECOND_HALF, ...shiftRight(8, I16X8_SHR_U)],
  ...I8X16_NARROW_I16X8_U,
];

const returnAt = [IF, NOTHING, LOCAL_GET, AT, RETURN, END];

function code(): number[] {
  return [
    ...CONSTANTS.flatMap((variable, i) => [I32_CONST, 0, ...loadVector(i * WIDTH), LOCAL_SET, variable]),
    ...[LOOP, NOTHING, LOCAL_GET, AT, LOCAL_GET, LAST, I32_GE_U],
    ...returnAt,
    ...setsOf(EVEN, evenBytes()),
    ...setsOf(ODD, oddBytes()),
    ...V128_AND,
    // Each byte is the sets of a pair now, each four bytes those of eight of the file.
    ...[LOCAL_TEE, SETS],
    ...masked(LOW_NIBBLES),
    ...[LOCAL_GET, SETS, LOCAL_GET, SETS],
    ...shiftRight(8, I32X4_SHR_U),
    ...V128_AND,
    ...masked(ANCHORS),
    ...V128_OR,
    ...V128_ANY_TRUE,
    ...returnAt,
    ...[LOCAL_GET, AT, I32_CONST, SIEVE_STEP, I32_ADD, LOCAL_SET, AT, BR, 0, END, UNREACHABLE, END],
  ];
}

/** An unsigned number in LEB128. */
function leb(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)];
}

const sized = (bytes: readonly number[]): number[] => [...leb(bytes.length), ...bytes];
const section = (id: number, ...bytes: readonly number[]): number[] => [id, ...sized(bytes)];
const name = (text: string): number[] => sized(Array.from(text, (letter) => letter.charCodeAt(0)));

function moduleBytes(pages: number): Uint8Array {
  const variables = [1, VECTORS, V128];
  return Uint8Array.of(
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    // A type: two numbers in, one out. A function of it, a memory that does not grow, and both by their names.
    ...section(1, 1, 0x60, 2, I32, I32, 1, I32),
    ...section(3, 1, 0),
    ...section(5, 1, 1, ...leb(pages), ...leb(pages)),
    ...section(7, 2, ...name('memory'), 2, 0, ...name('next'), 0, 0),
    ...section(10, 1, ...sized([...variables, ...code()])),
  );
}
