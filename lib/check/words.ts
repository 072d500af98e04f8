/** What several definitions of check's findings say. */
import { hexDigits } from '../base/hex.ts';
import { plural } from '../base/words.ts';
import type { FixPlace } from '../findings/definition.ts';

/** What is at a place that something else uses too. */
export type Occupant = 'the superblock' | 'other metadata';

/** A piece of the image, in bytes, and where the image ends. */
export interface Piece {
  readonly start: number;
  readonly length: number;
  /** First byte past what there is of the image. */
  readonly end: number;
}

/** "12 bytes at 4096". */
export function pieceText({ start, length }: Omit<Piece, 'end'>): string {
  return `${plural(length, 'byte')} at ${String(start)}`;
}

/** "0100644". */
export const octal = (mode: number): string => `0${mode.toString(8)}`;

/** "0x0012abcd". */
export const crc = (value: number): string => `0x${hexDigits(value, 8)}`;

/** The verb for a count. */
export const are = (count: number): string => (count === 1 ? 'is' : 'are');

const NOUNS: Readonly<Record<string, string>> = { chardev: 'character device', blockdev: 'block device' };

/** "block device". */
export const noun = (type: string): string => NOUNS[type] ?? type;

export const NOTHING = 'nothing to do';
export const REBUILD = 'rebuild the image from its source files: no working mkfs tool produces this';
export const SET_COUNT = 'write the right count and a new CRC, or rebuild the image';
export const SORT = 'sort the entries by bytes, as strcmp() does, or clear the flag SORTED_DIRS';
export const OTHER_PAGE_SIZE = 'name the page size that the image is for (--page-size), or rebuild it';
export const FOR_LINUX = (_: unknown, { image }: FixPlace): string =>
  `rebuild the image for Linux: cramfs mkfs ${image} NEW-IMAGE`;
