/** Findings of consecutive blocks, joined for texts. */
import { expect, test } from '@jest/globals';
import { BLOCK_OUTSIDE, BLOCK_TOO_LONG } from '../lib/check/rules/pointers.ts';
import { STORED_SHORT } from '../lib/check/rules/storedLength.ts';
import { ZLIB_DAMAGED } from '../lib/check/rules/zlibBlocks.ts';
import { type Finding, makeFinding } from '../lib/findings/finding.ts';
import { findingRuns } from '../lib/report/findingRuns.ts';

const causes = (findings: readonly Finding[]): string[] =>
  findingRuns(findings).map(({ first, cause }) => `${String(first.offset)} ${first.path ?? ''} ${cause}`);

const outside = (path: string, block: number): Finding =>
  makeFinding(BLOCK_OUTSIDE, path, 100 + 4 * block, { block, start: 5000 + block, length: 1, end: 4096 });

const damaged = (block: number, reason: string): Finding =>
  makeFinding(ZLIB_DAMAGED, '/a', 1000 + block, { block, reason });

test('a run ends where a block is missing', () => {
  expect(causes([1, 2, 3, 5, 7, 8].map((block) => outside('/a', block)))).toEqual([
    '104 /a blocks 1 to 3 (the first 1 byte at 5001) extend past the end of the image at 4096',
    '120 /a block 5 (1 byte at 5005) extends past the end of the image at 4096',
    '128 /a blocks 7 to 8 (the first 1 byte at 5007) extend past the end of the image at 4096',
  ]);
});

test('the same block found twice is not a run', () => {
  expect(causes([outside('/a', 1), outside('/a', 1)])).toHaveLength(2);
});

test('findings of files that share blocks are joined file by file, though they take turns', () => {
  expect(causes([1, 2, 3].flatMap((block) => [outside('/a', block), outside('/b', block)]))).toEqual([
    '104 /a blocks 1 to 3 (the first 1 byte at 5001) extend past the end of the image at 4096',
    '104 /b blocks 1 to 3 (the first 1 byte at 5001) extend past the end of the image at 4096',
  ]);
});

test('another severity is another run', () => {
  expect(causes([outside('/a', 1), { ...outside('/a', 2), severity: 'note' }])).toHaveLength(2);
});

test('blocks with other reasons or limits are not joined', () => {
  expect(causes([damaged(0, 'bad header'), damaged(1, 'bad header'), damaged(2, 'no end')])).toEqual([
    '1000 /a blocks 0 to 1 do not inflate: bad header',
    '1002 /a block 2 does not inflate: no end',
  ]);
  const long = (block: number, limit: number): Finding =>
    makeFinding(BLOCK_TOO_LONG, '/a', 4 * block, { block, length: 9000, limit });
  expect(causes([long(0, 8192), long(1, 8192), long(2, 4096)])).toEqual([
    '0 /a blocks 0 to 1 are longer than 8192 bytes, which is what Linux accepts ("bad data blocksize")',
    '8 /a block 2 is 9000 bytes long, and Linux accepts 4096 ("bad data blocksize")',
  ]);
});

test('rules that do not say how consecutive blocks read have a line for each', () => {
  const short = (block: number): Finding =>
    makeFinding(STORED_SHORT, '/a', 4 * block, { block, length: 1, expected: 2 });
  expect(causes([short(0), short(1)])).toHaveLength(2);
});
