/**
 * How many blocks of an image may be looked at: files that share parts of their pointer tables can have any number of them.
 */
import { Budget } from '../base/budget.ts';
import type { CramfsImage, Inode } from '../image/image.ts';

/** Blocks that every image may have, however small it is; tools write each table once, 4 bytes for a block. */
const FREE_BLOCKS = 1 << 18;

/** The blocks of an image that may be looked at, each table counted once. */
export function blockBudget({ source }: CramfsImage): Budget {
  return new Budget(FREE_BLOCKS + Math.ceil(source.size / 4));
}

/** The same for all files that have the same blocks. */
export function blocksKey({ ino, size, type }: Pick<Inode, 'ino' | 'size' | 'type'>): string {
  return `${type} ${String(ino)} ${String(size)}`;
}
