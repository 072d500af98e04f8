/**
 * Checks that the names of each directory are in the order of their bytes, as tools write them. Then none is there twice, and
 * only the last one has to be kept.
 */
import type { SeenInode } from '../inspect/visitInodes.ts';

/** Bytes of the longest name: `namelen` has six bits, in units of four bytes. */
const LONGEST = 252;
const SLASH = 0x2f;
const DOT = 0x2e;

/** The last name of a directory. */
interface LastName {
  readonly bytes: Uint8Array;
  /** Bytes of it; 0 in front of the first one. */
  length: number;
}

/** Follows visitInodes(), which has one directory of each depth open. */
export class NameOrder {
  /** By depth. */
  readonly #last: LastName[] = [];

  /** Starts a directory whose entries have that depth. */
  begin(depth: number): void {
    const last = (this.#last[depth] ??= { bytes: new Uint8Array(LONGEST), length: 0 });
    last.length = 0;
  }

  /** Whether a name comes after the one before it, and is one that a file can have. */
  isNext({ bytes, nameStart, nameLength }: SeenInode, depth: number): boolean {
    const last = this.#last[depth];
    if (last === undefined) return false;
    const { bytes: before, length } = last;
    // What differs first; 0 where one name begins with the other.
    let difference = 0;
    for (let i = 0; i < nameLength; i++) {
      const byte = bytes[nameStart + i] ?? 0;
      if (byte === 0 || byte === SLASH) return false;
      if (difference === 0 && i < length) difference = byte - (before[i] ?? 0);
      before[i] = byte;
    }
    last.length = nameLength;
    return (difference === 0 ? nameLength > length : difference > 0) && !isDots(before, nameLength);
  }
}

/** Whether a name is "." or "..". */
function isDots(bytes: Uint8Array, length: number): boolean {
  return length <= 2 && bytes[0] === DOT && (length === 1 || bytes[1] === DOT);
}
