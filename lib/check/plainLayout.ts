/**
 * Images that are laid out as mkcramfs and mkfs.cramfs do it: directories without gaps, then each file's block pointers with
 * its compressed blocks right after them, and nothing over anything else. Of tables and blocks in such an image no rule has
 * anything to say, which one pass over them shows (layoutSurvey); all that is remembered is where each file ends.
 */
import type { ForwardReader } from '../source/forwardReader.ts';

/** A file of an image that may be plain (plainLayout): a table, and compressed blocks right after it. Valid during the call. */
export interface PlainFile {
  /** Its index among the files. */
  readonly index: number;
  readonly mode: number;
  /** Where its table ends and the first block begins. */
  readonly dataStart: number;
  /** Where the first block ends. */
  readonly firstEnd: number;
  /** Where the last block ends. */
  readonly dataEnd: number;
  /** Reads what lies there, from front to back. */
  readonly reader: ForwardReader;
}

/** Where things lie in a plain image. */
export interface PlainLayout {
  /** For each file the index of the first with its table: its own, if it has one. */
  readonly first: Uint32Array;
  /** For each file with a table of its own where its data ends. */
  readonly dataEnd: Uint32Array;
  /** Blocks of all tables, and of all files. */
  readonly blocks: number;
  readonly blocksClaimed: number;
  readonly tables: number;
  /** Tables that follow another without data between them. */
  readonly tablesInRow: number;
  /** Files with a table of their own and with data, and the bytes of it. */
  readonly filesWithData: number;
  readonly dataBytes: number;
  /** Gaps that are all zero: how many, and their bytes. */
  readonly zeroGaps: number;
  readonly zeroBytes: number;
  /** Other gaps, or such that are too long to be looked at on the way: where they begin and end, by turns. */
  readonly otherGaps: Uint32Array;
}

/** Calls a function with each two numbers of a list, such as where a gap begins and ends. */
export function forEachPair(numbers: Uint32Array, visit: (start: number, end: number) => void): void {
  for (let at = 0; at + 1 < numbers.length; at += 2) visit(numbers[at] ?? 0, numbers[at + 1] ?? 0);
}
