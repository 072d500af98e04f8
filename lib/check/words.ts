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

interface AtBlock {
  /** Counts from 0. */
  readonly block: number;
}

/** "blocks 3 to 7". */
export function blocksText(first: AtBlock, last: AtBlock): string {
  return `blocks ${String(first.block)} to ${String(last.block)}`;
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
/** For damage that leaves every file readable. */
export const REBUILD_IMAGE = (_: unknown, { rebuild }: FixPlace): string => `rebuild the image: ${rebuild()}`;
export const SORT = (_: unknown, { rebuild }: FixPlace): string =>
  `sort the entries by bytes, as strcmp() does: ${rebuild()}`;
export const OTHER_PAGE_SIZE =
  'name the page size that the image is built for (--page-size); if it has the right one, rebuild the image from its source files';
export const FOR_LINUX = (_: unknown, { rebuild }: FixPlace): string =>
  `rebuild the image for Linux: ${rebuild('--no-vendor')}`;
