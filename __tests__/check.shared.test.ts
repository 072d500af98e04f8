/** Files and links that share a block table: each is looked at, and none makes the work longer. */
import { describe, expect, test } from '@jest/globals';
import { deflateSync } from 'node:zlib';
import { checkImage } from '../lib/check/checkImage.ts';
import { diffImages } from '../lib/diff/diff.ts';
import { KERNEL_MODELS } from '../lib/driver/models/index.ts';
import { CramfsImage } from '../lib/image/image.ts';
import { detectLayout } from '../lib/inspect/detectLayout.ts';
import { openDetected } from '../lib/inspect/openDetected.ts';
import { imageTree } from '../lib/mkfs/source/imageTree.ts';
import { Board } from '../lib/verdict/board.ts';
import { compareKernels } from '../lib/verdict/compareKernels.ts';
import { buildRawImage, type RawEntry } from './support/rawImage.ts';

const PAGE = 4096;
const found = (entries: readonly RawEntry[]): string[] =>
  checkImage(CramfsImage.open(buildRawImage({ entries }))).findings.map(({ id, path }) => `${id} ${path ?? ''}`);

test('a link that shares the table of a file is reported for the NUL in its target', () => {
  const data = Buffer.from('a\0b');
  const findings = found([
    { type: 'file', name: 'a', blocks: [{ kind: 'zlib', data }] },
    { type: 'symlink', name: 'l', blocks: [], tableOf: 'a', size: data.length },
  ]);
  expect(findings).toEqual(['image/symlink-nul /l']);
});

test('damage of a block is reported for each file that shares it', () => {
  const stored = deflateSync(Buffer.alloc(50, 'x'));
  stored[stored.length - 1] = 0;
  const findings = found([
    { type: 'file', name: 'a', size: 50, blocks: [{ kind: 'zlib', stored }] },
    { type: 'file', name: 'b', size: 50, blocks: [], tableOf: 'a' },
  ]);
  expect(findings).toEqual(['image/zlib-damaged /a', 'image/zlib-damaged /b']);
});

test('pages of 8 KiB show in two direct blocks that are 8 KiB apart', () => {
  const data = Buffer.alloc(2 * PAGE, 'x');
  const blocks = [data, data.subarray(0, 13000 - data.length)].map((each) => ({ kind: 'direct' as const, data: each }));
  const entries: RawEntry[] = [{ type: 'file', name: 'f', blocks }];
  expect(detectLayout(buildRawImage({ entries, pageSize: 2 * PAGE })).pageSize).toBe(2 * PAGE);
});

describe('pages of 16 KiB show in a file with one direct block', () => {
  const link: RawEntry = {
    type: 'file',
    name: 'link',
    blocks: [{ kind: 'direct', data: Buffer.alloc(9000, 'x'), at: { alignTo: 4 * PAGE } }],
  };
  const sh: RawEntry = { type: 'file', name: 'sh', blocks: [{ kind: 'zlib', data: Buffer.alloc(302, 'y') }] };
  const imageOf = (entries: readonly RawEntry[]): Uint8Array => buildRawImage({ entries, pageSize: 4 * PAGE });
  const changed = (bytes: Uint8Array): Uint8Array => bytes.map((byte, index) => (index === 50 ? byte ^ 1 : byte));
  const pageSizeOf = (bytes: Uint8Array): number => detectLayout(bytes).pageSize;

  test('where a smaller one would have the pointers of the next file', () => {
    const again: RawEntry = {
      ...link,
      name: 'm',
      blocks: [{ kind: 'direct', at: { sameAs: ['link', 0] } }],
      size: 9000,
    };
    expect(pageSizeOf(imageOf([link, again, sh]))).toBe(4 * PAGE);
  });

  test('where smaller ones would find no pointer behind its own', () => {
    const bytes = imageOf([link, sh]);
    expect(pageSizeOf(bytes)).toBe(4 * PAGE);
    expect(checkImage(openDetected(bytes)).counts.error).toBe(0);
  });

  test('but not where the CRC is wrong: pointers may be damaged', () => {
    expect(pageSizeOf(changed(imageOf([link, sh])))).toBe(PAGE);
  });
});

/** 500 files, which are one table of direct blocks, in a few KiB. */
function crowd(): CramfsImage {
  const count = 64;
  const first: RawEntry = {
    type: 'file',
    name: 'f000',
    blocks: Array.from({ length: count }, (_, index) => ({
      kind: 'direct' as const,
      data: Buffer.alloc(index === 0 ? PAGE : 0),
      pointer: index === 0 ? undefined : 0xc000_0000,
    })),
    size: count * PAGE,
  };
  const others = Array.from({ length: 499 }, (_, index): RawEntry => ({
    type: 'file',
    name: `f${String(index + 1).padStart(3, '0')}`,
    blocks: [],
    tableOf: 'f000',
    size: count * PAGE,
  }));
  return CramfsImage.open(buildRawImage({ entries: [first, ...others] }));
}

test('files that are one inode to Linux are compared, mapped and repacked once', () => {
  const image = crowd();
  const [older] = KERNEL_MODELS.filter(({ name }) => name === 'linux-4.15');
  const board = new Board(image);
  expect(compareKernels(board, new Board(image, { kernel: older })).files).toBe(500);
  expect(diffImages(board, board, { names: { a: 'a', b: 'b' } }).changed).toEqual([]);
  const contents = [...imageTree(image).children.values()].map((entry) => entry.type === 'file' && entry.content);
  expect(new Set(contents).size).toBe(1);
});

test('content beyond what can be repacked in bounded time is a LIMIT', () => {
  const holes = (name: string): RawEntry => ({
    type: 'file',
    name,
    size: 15 << 20,
    blocks: Array.from({ length: (15 << 20) / PAGE }, () => ({ kind: 'hole' as const, data: new Uint8Array(PAGE) })),
  });
  const image = CramfsImage.open(buildRawImage({ entries: ['a', 'b', 'c'].map(holes) }));
  expect(() => imageTree(image)).toThrow(expect.objectContaining({ code: 'LIMIT', path: '/b' }));
});
