/**
 * Some of the blocks of a file, as runs of neighbours: what a listing says of a file of 4,096 blocks takes no more memory than
 * its text.
 */

/** Blocks with the numbers `first` to `last`, both among them. */
export interface BlockRun {
  readonly first: number;
  readonly last: number;
}

/** Runs in rising order, with a gap between each two. */
export type BlockRuns = readonly BlockRun[];

/** Some of the blocks of files, by path. */
export type BlocksOfFiles = ReadonlyMap<string, BlockRuns>;

/** Blocks as runs; blocks that are in several of those given are in one. */
export function mergedRuns(runs: Iterable<BlockRun>): BlockRuns {
  const merged: { readonly first: number; last: number }[] = [];
  for (const { first, last } of [...runs].sort((a, b) => a.first - b.first)) {
    const before = merged.at(-1);
    if (before === undefined || before.last < first - 1) merged.push({ first, last });
    else before.last = Math.max(before.last, last);
  }
  return merged;
}

/** Block numbers as runs. */
export function runsOf(blocks: readonly number[]): BlockRuns {
  return mergedRuns(blocks.map((block) => ({ first: block, last: block })));
}

/** For each of the first `count` blocks of a file whether it is in a run. */
export function blocksIn(runs: BlockRuns, count: number): boolean[] {
  const chosen = new Array<boolean>(count).fill(false);
  for (const { first, last } of runs) chosen.fill(true, first, last + 1);
  return chosen;
}

/** How many blocks of the runs a file of `count` blocks does not have. */
export function blocksPast(runs: BlockRuns, count: number): number {
  return runs.reduce((sum, { first, last }) => sum + Math.max(0, last + 1 - Math.max(first, count)), 0);
}
