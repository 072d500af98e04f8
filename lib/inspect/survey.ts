/**
 * One walk over an image that counts everything and keeps account of every byte. Nothing is inflated.
 */
import { CramfsError } from '../base/errors.ts';

import { blockCount, blockProblem, fileBlock, tableBytes } from '../image/blocks.ts';
import type { CramfsImage, Inode } from '../image/image.ts';
import { Accountant, type Account } from './account.ts';
import { isDirectPointer } from './directRuns.ts';
import { shownPath } from '../format/shownPath.ts';
import { type Statistics, StatisticsCounter } from './statistics.ts';
import { walk, type WalkEntry, type WalkOptions } from './walk.ts';

/** What a survey found. */
export interface Survey {
  readonly statistics: Statistics;
  readonly account: Account;
  /** Damage on the way, in the order of the walk: what is behind it is not counted. At most `MAX_PROBLEMS`. */
  readonly problems: readonly CramfsError[];
  /** How much damage there was, beyond what `problems` holds. */
  readonly problemCount: number;
}

/** Problems kept. */
export const MAX_PROBLEMS = 100;
/** Blocks that every image may have, however small it is. */
const MIN_BLOCK_LIMIT = 1 << 18;
const MAX_BLOCK_LIMIT = 1 << 22;

/**
 * Surveys an image.
 *
 * Time and memory are bounded by the image's size: files that share a pointer table are looked at once, and makers write
 * each table once, so there are no more blocks than a quarter of the image's bytes. Blocks beyond that bound (at least
 * 262,144, at most 4,194,304) are not looked at, which counts as a problem.
 *
 * @throws CramfsError IO
 */
export function survey(image: CramfsImage, options: Pick<WalkOptions, 'maxEntries'> = {}): Survey {
  const accountant = new Accountant(image);
  const counter = new StatisticsCounter();
  const problems: CramfsError[] = [];
  let problemCount = 0;
  const report = (makeError: () => CramfsError): void => {
    problemCount++;
    if (problems.length < MAX_PROBLEMS) problems.push(makeError());
  };
  /** The largest size seen for a pointer table. */
  const tables = new Map<number, number>();
  let budget = Math.min(MAX_BLOCK_LIMIT, Math.max(MIN_BLOCK_LIMIT, Math.ceil(image.source.size / 4)));

  const walked = walk(image, {
    ...options,
    // Paths are made for the few problems that are kept only, so depth is no trouble.
    maxPathBytes: Infinity,
    onProblem: (problem) => {
      report(() => problem.error);
      if (problem.nameless !== null) accountant.entry(problem.nameless);
    },
  });
  for (const entry of walked) {
    const { inode } = entry;
    counter.inode(inode, entry.depth);
    if (entry.parent !== null) accountant.entry(inode);
    if (!hasData(inode)) continue;
    const shared = (tables.get(inode.ino) ?? 0) >= inode.size;
    counter.data(inode, shared);
    if (shared) continue;
    tables.set(inode.ino, inode.size);
    const blocks = blockCount(inode.size, image.pageSize);
    if (blocks > budget) {
      if (budget >= 0) report(() => tooMany(entry));
      budget = -1;
      continue;
    }
    budget -= blocks;
    surveyBlocks(image, entry, blocks, accountant, counter, report);
  }
  return { statistics: counter.statistics, account: accountant.account(), problems, problemCount };
}

/** Whether an inode has block pointers. A file with data and offset 0 points at the superblock, which is damage. */
function hasData(inode: Inode): boolean {
  return (inode.type === 'file' || inode.type === 'symlink') && inode.size > 0 && inode.offset > 0;
}

function surveyBlocks(
  image: CramfsImage,
  entry: WalkEntry,
  blocks: number,
  accountant: Accountant,
  counter: StatisticsCounter,
  report: (makeError: () => CramfsError) => void,
): void {
  const { inode } = entry;
  accountant.pointers(inode, tableBytes(image, inode));
  try {
    for (let index = 0; index < blocks; index++) {
      const block = fileBlock(image, inode, index);
      const problem = blockProblem(block, image.pageSize);
      if (problem !== null)
        throw new CramfsError('BAD_BLOCK', {
          what: `block ${String(index)}`,
          found: problem,
          offset: inode.ino + index * 4,
        });
      accountant.block(block, isDirectPointer(block));
      counter.block(block, block.length);
    }
  } catch (error) {
    if (!(error instanceof CramfsError) || error.code === 'IO') throw error;
    report(() => error.withPath(shownPath(entry.path)));
  }
}

function tooMany(entry: WalkEntry): CramfsError {
  return new CramfsError('LIMIT', {
    path: shownPath(entry.path),
    offset: entry.inode.position,
    expected: 'no more block pointers than fit in the image',
    found: 'more, so files must share parts of their tables; not all blocks are counted',
  });
}
