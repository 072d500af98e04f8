/** Direct pages that do not show what they should. */
import { CramfsError } from '../base/errors.ts';
import { fileBlock } from '../image/blocks.ts';
import type { Board } from '../verdict/board.ts';
import type { MapVerdict } from '../verdict/mapVerdict.ts';

/** Counts of direct pages. */
export interface Misplaced {
  /** They point to memory that is not the image's. */
  readonly outside: number;
  /** They point into the image, but not to their own block. */
  readonly elsewhere: number;
}

/** Compares where each direct page points with where its block is stored. */
export function misplacedPages(verdict: MapVerdict, board: Board): Misplaced {
  const { memory, cpu, image } = board;
  const firstPage = Math.floor(verdict.offset / cpu.pageSize);
  let outside = 0;
  let elsewhere = 0;
  for (const run of verdict.direct) {
    for (let page = 0; page < run.pages; page++) {
      const offset = (run.pfn + page) * cpu.pageSize - memory.base;
      if (offset < 0 || offset + cpu.pageSize > image.size) outside++;
      else if (offset !== ownOffset(verdict, board, firstPage + run.page + page)) elsewhere++;
    }
  }
  return { outside, elsewhere };
}

/** Where a page of the file is stored for direct mapping, as an offset in the image; null where it is not. */
function ownOffset(verdict: MapVerdict, board: Board, index: number): number | null {
  const { inode } = board.open(verdict.path);
  if (index * board.cpu.pageSize >= inode.size) return null;
  try {
    const block = fileBlock(board.image, inode, index);
    return block.kind === 'direct' ? block.start : null;
  } catch (error) {
    if (error instanceof CramfsError) return null;
    throw error;
  }
}
