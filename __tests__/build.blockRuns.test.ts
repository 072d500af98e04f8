/**
 * Runs of blocks against sets of their numbers.
 */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { blocksIn, blocksPast, mergedRuns, runsOf } from '../lib/mkfs/blockRuns.ts';

const runs = fc.array(
  fc.tuple(fc.nat(40), fc.nat(8)).map(([first, more]) => ({ first, last: first + more })),
  { maxLength: 8 },
);

test('merged runs have the blocks of all, in order, with a gap between each two', () => {
  fc.assert(
    fc.property(runs, fc.nat(50), (given, count) => {
      const blocks = new Set<number>();
      for (const { first, last } of given) for (let block = first; block <= last; block++) blocks.add(block);
      const merged = mergedRuns(given);
      expect(blocksIn(merged, count)).toEqual(Array.from({ length: count }, (_, block) => blocks.has(block)));
      expect(blocksPast(merged, count)).toBe([...blocks].filter((block) => block >= count).length);
      merged.slice(1).forEach(({ first }, index) => {
        expect(first).toBeGreaterThan((merged[index]?.last ?? Infinity) + 1);
      });
      expect(runsOf([...blocks])).toEqual(merged);
    }),
  );
});
