/**
 * Finding magic numbers in a piece of a file, at any alignment: with Node's search for byte strings, and where there is
 * none by looking at every fourth byte.
 */
import { CRAMFS_MAGIC, CRAMFS_MAGIC_WEND } from '../format/constants.ts';
import { UIMAGE_MAGIC } from './uImage.ts';

/** A magic number found. */
export interface Magic {
  readonly at: number;
  /** The four bytes, as a big-endian number. */
  readonly word: number;
}

/** Finds all magic numbers in some bytes, in order. */
export type MagicFinder = (bytes: Uint8Array) => readonly Magic[];

const MAGICS = [CRAMFS_MAGIC, CRAMFS_MAGIC_WEND, UIMAGE_MAGIC];
const bytesOf = (word: number): Uint8Array => Uint8Array.of(word >>> 24, word >>> 16, word >>> 8, word);

/** For each byte whether it is part of a magic number. */
const IN_MAGIC = new Uint8Array(256);
for (const word of MAGICS) for (const byte of bytesOf(word)) IN_MAGIC[byte] = 1;

/** One of the four bytes of each number is every fourth byte. */
export const findByStep: MagicFinder = (bytes) => {
  const found: Magic[] = [];
  const { length } = bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  const lookAround = (at: number): void => {
    for (let start = at - 3; start <= at && start + 4 <= length; start++) {
      const word = view.getUint32(start);
      if (word === CRAMFS_MAGIC || word === CRAMFS_MAGIC_WEND || word === UIMAGE_MAGIC) found.push({ at: start, word });
    }
  };
  for (let at = 3; at < length; at += 4) if (IN_MAGIC[bytes[at] ?? 0] !== 0) lookAround(at);
  return found;
};

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
  const patterns = MAGICS.map((word) => ({ word, pattern: bytesOf(word) }));
  return (bytes) => {
    const found: Magic[] = [];
    for (const { word, pattern } of patterns) {
      for (let at = indexOf.call(bytes, pattern, 0); at !== -1; at = indexOf.call(bytes, pattern, at + 1)) {
        found.push({ at, word });
      }
    }
    return found.sort((a, b) => a.at - b.at);
  };
}
