/**
 * A sieve for large dumps: one function in WebAssembly that goes through its memory in steps of 16 bytes, written
 * here instruction by instruction. It is not there where the platform lacks WebAssembly or its 128-bit vectors.
 */

/** Sets of bytes: a byte is in those whose bits its two nibbles have in common. */
export interface NibbleTables {
  /** By the lower nibble; 16 bytes, as `high`. */
  readonly low: Uint8Array;
  readonly high: Uint8Array;
}

/** What a step stops at; see {@link Sieve}. */
export interface SieveTables {
  readonly first: NibbleTables;
  /** Bits 0 to 3 only. */
  readonly second: NibbleTables;
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
   * The first step from `at` on, below `end`, that has one of these: a byte and its follower that are in a set of bits 0 to 3
   * of `first` and `second`; at a multiple of 8 four bytes in a set of bits 4 to 7 of `first`. Both are multiples of 16; a byte
   * after the last step is looked at too.
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
export const SIEVE_STEP = 16;

/** Bytes of a page of its memory. */
const PAGE = 1 << 16;

/**
 * A sieve with `size` bytes of memory; null where the platform has none.
 *
 * @param wasm WebAssembly of the platform
 */
export function makeSieve(
  size: number,
  tables: SieveTables,
  wasm = (globalThis as { readonly WebAssembly?: Wasm | undefined }).WebAssembly,
): Sieve | null {
  if (wasm === undefined) return null;
  try {
    const module = new wasm.Module(moduleBytes(Math.ceil(size / PAGE), tables));
    const { memory, next } = new wasm.Instance(module).exports as {
      memory: { readonly buffer: ArrayBuffer };
      next: Sieve['next'];
    };
    return { memory: new Uint8Array(memory.buffer, 0, size), next };
  } catch {
    // No vectors, or a policy that forbids compilation: the loop in JavaScript finds the same.
    return null;
  }
}

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
const I8X16_SHR_U = [VECTOR, 0x6d];
const I32X4_SHR_U = [VECTOR, 0xad, 0x01];
/** `v128.load` of what follows an address by `offset` bytes; it need not be aligned. */
const loadVector = (offset: number): number[] => [VECTOR, 0x00, 0x00, offset];
const vector = (bytes: Iterable<number>): number[] => [VECTOR, 0x0c, ...bytes];

// The function's parameters and variables.
const AT = 0;
const LAST = 1;
const BYTES = 2;
const SETS = 3;

/** The sets that each of 16 bytes is in. */
const setsOf = ({ low, high }: NibbleTables, load: readonly number[]): number[] => [
  ...vector(low),
  ...load,
  ...[LOCAL_TEE, BYTES],
  ...vector(new Uint8Array(16).fill(0x0f)),
  ...V128_AND,
  ...I8X16_SWIZZLE,
  ...vector(high),
  ...[LOCAL_GET, BYTES, I32_CONST, 4],
  ...I8X16_SHR_U,
  ...I8X16_SWIZZLE,
  ...V128_AND,
];

/** The sets that each byte shares with the byte `bytes` further on in its word of four. */
const sharedWith = (bytes: number): number[] => [
  ...[LOCAL_TEE, SETS, LOCAL_GET, SETS, I32_CONST, bytes * 8],
  ...I32X4_SHR_U,
  ...V128_AND,
];

/** The first byte of every second word, and its bits 4 to 7. */
const ANCHORS = Uint8Array.from({ length: 16 }, (_, i) => (i % 8 === 0 ? 0xf0 : 0));

const returnAt = [IF, NOTHING, LOCAL_GET, AT, RETURN, END];

function code({ first, second }: SieveTables): number[] {
  return [
    ...[LOOP, NOTHING, LOCAL_GET, AT, LOCAL_GET, LAST, I32_GE_U],
    ...returnAt,
    ...setsOf(first, [LOCAL_GET, AT, ...loadVector(0)]),
    ...[LOCAL_TEE, SETS],
    ...setsOf(second, [LOCAL_GET, AT, ...loadVector(1)]),
    ...V128_AND,
    ...[LOCAL_GET, SETS],
    ...sharedWith(1),
    ...sharedWith(2),
    ...vector(ANCHORS),
    ...V128_AND,
    ...V128_OR,
    ...V128_ANY_TRUE,
    ...returnAt,
    ...[LOCAL_GET, AT, I32_CONST, 16, I32_ADD, LOCAL_SET, AT, BR, 0, END, UNREACHABLE, END],
  ];
}

/** An unsigned number in LEB128. */
function leb(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)];
}

const sized = (bytes: readonly number[]): number[] => [...leb(bytes.length), ...bytes];
const section = (id: number, ...bytes: readonly number[]): number[] => [id, ...sized(bytes)];
const name = (text: string): number[] => sized(Array.from(text, (letter) => letter.charCodeAt(0)));

function moduleBytes(pages: number, tables: SieveTables): Uint8Array {
  const variables = [1, 2, V128];
  return Uint8Array.of(
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    // A type: two numbers in, one out. A function of it, a memory that does not grow, and both by their names.
    ...section(1, 1, 0x60, 2, I32, I32, 1, I32),
    ...section(3, 1, 0),
    ...section(5, 1, 1, ...leb(pages), ...leb(pages)),
    ...section(7, 2, ...name('memory'), 2, 0, ...name('next'), 0, 0),
    ...section(10, 1, ...sized([...variables, ...code(tables)])),
  );
}
