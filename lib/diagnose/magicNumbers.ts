/**
 * Finding magic numbers in a piece of a file, at any alignment: with Node's search for byte strings, and where there is
 * none by looking at every third byte.
 */
import { CRAMFS_MAGIC, CRAMFS_MAGIC_WEND } from '../format/constants.ts';
import { UIMAGE_MAGIC } from './uImage.ts';

/** The start of a gzip member, three bytes, and of a zip archive's local header. */
export const GZIP_MAGIC = 0x1f8b08;
export const ZIP_MAGIC = 0x504b0304;

/** A magic number found. */
export interface Magic {
  readonly at: number;
  /** Its bytes, as a big-endian number. */
  readonly word: number;
}

/** Finds all magic numbers in some bytes, in order. */
export type MagicFinder = (bytes: Uint8Array) => readonly Magic[];

const MAGICS = [CRAMFS_MAGIC, CRAMFS_MAGIC_WEND, UIMAGE_MAGIC, GZIP_MAGIC, ZIP_MAGIC];
const bytesOf = (word: number): Uint8Array =>
  Uint8Array.of(word >>> 24, word >>> 16, word >>> 8, word).subarray(word < 0x1000000 ? 1 : 0);
/** All of them, with their bytes; none is 0. */
export const PATTERNS = MAGICS.map((word) => ({ word, pattern: bytesOf(word) }));
/** Bytes of the shortest and the longest. */
const STEP = Math.min(...PATTERNS.map(({ pattern }) => pattern.length));
const LONGEST = Math.max(...PATTERNS.map(({ pattern }) => pattern.length));

/** For each byte whether it is part of a magic number. */
const IN_MAGIC = new Uint8Array(256);
for (const { pattern } of PATTERNS) for (const byte of pattern) IN_MAGIC[byte] = 1;

/** For each byte whether it is the first of a magic number. */
export const BEGINS_MAGIC = new Uint8Array(256);
for (const { pattern } of PATTERNS) BEGINS_MAGIC[pattern[0] ?? 0] = 1;

/** One of the bytes of each number is every third byte. */
export const findByStep: MagicFinder = (bytes) => {
  const found: Magic[] = [];
  let next = 0;
  const lookAround = (at: number): void => {
    for (let start = Math.max(next, at - LONGEST + 1); start <= at; start++) {
      for (const { word, pattern } of PATTERNS) {
        if (pattern.every((byte, i) => bytes[start + i] === byte)) found.push({ at: start, word });
      }
      next = start + 1;
    }
  };
  for (let at = STEP - 1; at < bytes.length; at += STEP) if (IN_MAGIC[bytes[at] ?? 0] !== 0) lookAround(at);
  return found;
};

/** The magic number that a big-endian word of four bytes begins with; null for none. */
export function magicOf(word: number): number | null {
  switch (word) {
    case CRAMFS_MAGIC:
    case CRAMFS_MAGIC_WEND:
    case UIMAGE_MAGIC:
    case ZIP_MAGIC:
      return word;
    default:
      return word >>> 8 === GZIP_MAGIC ? GZIP_MAGIC : null;
  }
}

/** The part of Node's Buffer that is used. */
interface NodeBuffer {
  readonly prototype: { readonly indexOf: (this: Uint8Array, value: Uint8Array, from: number) => number };
}

/** The fastest finder of this platform. */
export function magicFinder(
  nodeBuffer = (globalThis as { readonly Buffer?: NodeBuffer | undefined }).Buffer,
): MagicFinder {
  if (nodeBuffer === undefined) return findByStep;
  const { indexOf } = nodeBuffer.prototype;
  return (bytes) => {
    const found: Magic[] = [];
    for (const { word, pattern } of PATTERNS) {
      for (let at = indexOf.call(bytes, pattern, 0); at !== -1; at = indexOf.call(bytes, pattern, at + 1)) {
        found.push({ at, word });
      }
    }
    return found.sort((a, b) => a.at - b.at);
  };
}
