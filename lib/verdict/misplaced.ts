/** Direct pages that do not show what they should. */
import { CramfsError } from '../base/errors.ts';
import { fileBlock } from '../image/blocks.ts';
import type { Misplaced } from './advice.ts';
import type { MapVerdict } from './mapVerdict.ts';
import type { MountedBoard } from './mountedBoard.ts';

/** Compares where each direct page points with where its block is stored. */
export function misplacedPages(verdict: MapVerdict, board: MountedBoard): Misplaced {
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
function ownOffset(verdict: MapVerdict, board: MountedBoard, index: number): number | null {
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
