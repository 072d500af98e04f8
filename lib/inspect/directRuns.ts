/**
 * Runs of direct blocks: parts of a file that lie in one piece, verbatim, which is what a mapping can use.
 *
 * The rule is cramfs_get_block_range()'s: a run goes on as long as each block is direct and stands exactly a page behind
 * the one before. Whether Linux maps a run depends on more: the board, the request, the file's last page (`cramfs map`).
 */
import { CRAMFS_BLK_FLAG_DIRECT_PTR } from '../format/constants.ts';
import type { Block } from '../image/blocks.ts';

/**
 * Why a run ends: the file ends; the next block is stored in a way that cannot be mapped (`kind`); or it is direct and
 * stands elsewhere (`elsewhere`).
 */
export type RunEnd = 'file' | 'kind' | 'elsewhere';

/** A run of direct blocks. */
export interface DirectRun {
  /** Index of the first block. */
  readonly first: number;
  readonly blocks: number;
  /** Byte offset of the first block in the image. */
  readonly offset: number;
  readonly end: RunEnd;
  /** The block behind the run; null at the end of the file. */
  readonly next: Block | null;
}

/** The runs of a file, in order. */
export function directRuns(blocks: readonly Block[], pageSize: number): DirectRun[] {
  const runs: DirectRun[] = [];
  for (let at = 0; at < blocks.length;) {
    const first = blocks[at];
    if (first?.kind !== 'direct') {
      at++;
      continue;
    }
    let count = 1;
    let next = blocks[at + 1];
    while (next?.kind === 'direct' && next.start === first.start + count * pageSize) next = blocks[at + ++count];
    const end = next === undefined ? 'file' : next.kind === 'direct' ? 'elsewhere' : 'kind';
    runs.push({ first: at, blocks: count, offset: first.start, end, next: next ?? null });
    at += count;
  }
  return runs;
}

/** Whether a block's pointer tells its start. */
export function isDirectPointer(block: Block): boolean {
  return (block.pointer & CRAMFS_BLK_FLAG_DIRECT_PTR) !== 0;
}
