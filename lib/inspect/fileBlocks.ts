/** All blocks of one file, as far as they can be read. */
import { CramfsError } from '../base/errors.ts';
import { type Block, blockCount, blockProblem, fileBlocks } from '../image/blocks.ts';
import type { CramfsImage } from '../image/image.ts';
import { shownPath } from '../format/shownPath.ts';
import type { WalkEntry } from './walk.ts';

/** The blocks of a file, and the damage that ends them early. */
export interface BlockList {
  /** Blocks that the file's size asks for. */
  readonly count: number;
  readonly blocks: readonly Block[];
  /** Blocks of impossible length, and the pointer that cannot be read. */
  readonly problems: readonly CramfsError[];
}

/**
 * The blocks of a regular file or symlink; at most 4096 of them.
 *
 * @throws CramfsError NOT_A_REGULAR_FILE for other files, IO
 */
export function listBlocks(image: CramfsImage, entry: WalkEntry): BlockList {
  const { inode } = entry;
  const path = shownPath(entry.path);
  if (inode.type !== 'file' && inode.type !== 'symlink') {
    throw new CramfsError('NOT_A_REGULAR_FILE', { path, found: `it is a ${inode.type}, which has no blocks` });
  }
  const blocks: Block[] = [];
  const problems: CramfsError[] = [];
  try {
    for (const block of fileBlocks(image, inode, path)) {
      blocks.push(block);
      const problem = blockProblem(block, image.pageSize) ?? beyondFile(image, block);
      if (problem === null) continue;
      const what = `block ${String(block.index)}`;
      problems.push(new CramfsError('BAD_BLOCK', { what, path, offset: block.start, found: problem }));
    }
  } catch (error) {
    if (!(error instanceof CramfsError) || error.code === 'IO') throw error;
    problems.push(error);
  }
  return { count: blockCount(inode.size, image.pageSize), blocks, problems };
}

function beyondFile(image: CramfsImage, block: Block): string | null {
  if (block.length === 0 || image.source.read(block.start + block.length - 1, 1).length === 1) return null;
  return `${String(block.length)} bytes that reach past the end of the file`;
}
