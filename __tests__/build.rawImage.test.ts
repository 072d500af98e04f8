import { describe, expect, test } from '@jest/globals';
import { layOutRawImage, buildRawImage, type RawEntry } from './support/rawImage.ts';
import { directoryEntries } from '../lib/image/directory.ts';
import { fileBlocks } from '../lib/image/blocks.ts';
import { readContent } from '../lib/image/content.ts';
import { CramfsImage } from '../lib/image/image.ts';

const page = (fill: number, length = 4096): Uint8Array => new Uint8Array(length).fill(fill);

const ENTRIES: readonly RawEntry[] = [
  {
    type: 'file',
    name: 'all',
    blocks: [
      { kind: 'zlib', data: page(1) },
      { kind: 'stored', data: page(2) },
      { kind: 'hole' },
      { kind: 'direct', data: page(3) },
      { kind: 'direct-zlib', data: page(4) },
      { kind: 'stored', data: page(5) },
      { kind: 'direct', data: page(6), at: { alignTo: 4096, plus: 8 } },
      { kind: 'zlib', data: page(7, 100) },
    ],
  },
  {
    type: 'directory',
    name: 'd',
    entries: [
      {
        type: 'file',
        name: 'alias',
        blocks: [
          { kind: 'direct', at: { sameAs: ['all', 3] } },
          { kind: 'direct', data: page(9, 10), tail: page(0xee, 4) },
        ],
      },
      { type: 'symlink', name: 'link', blocks: [{ kind: 'zlib', data: new TextEncoder().encode('../all') }] },
    ],
  },
  { type: 'node', name: 'null', mode: 0o020666, size: 0x103 },
  { type: 'directory', name: 'void', entries: [] },
];

describe('a raw image', () => {
  test.each([
    [true, 4096],
    [false, 4096],
  ])('is read back block by block (little endian: %p)', (littleEndian, pageSize) => {
    const { bytes, placed } = layOutRawImage({ entries: ENTRIES, littleEndian, pageSize });
    const image = CramfsImage.open(bytes, { pageSize });
    const byName = new Map([...directoryEntries(image, image.root)].map((entry) => [entry.name, entry.inode]));
    expect([...byName.keys()]).toEqual(['all', 'd', 'null', 'void']);
    const all = byName.get('all');
    const directory = byName.get('d');
    if (all === undefined || directory === undefined) throw new Error('entries are missing');
    expect([...fileBlocks(image, all)].map((block) => block.kind)).toEqual(
      ENTRIES[0]?.type === 'file' ? ENTRIES[0].blocks.map((block) => block.kind) : [],
    );
    const content = readContent(image, all);
    expect([0, 1, 2, 3, 4, 5, 6, 7].map((index) => content[index * 4096 + 99])).toEqual([1, 2, 0, 3, 4, 5, 6, 7]);
    const inside = [...directoryEntries(image, directory)];
    const alias = inside[0]?.inode;
    if (alias === undefined) throw new Error('d/alias is missing');
    const blocks = [...fileBlocks(image, alias)];
    expect(blocks[0]?.start).toBe(placed.get('all')?.blocks[3]);
    expect(bytes.subarray((blocks[1]?.start ?? 0) + 10, (blocks[1]?.start ?? 0) + 15)).toEqual(
      Uint8Array.of(0xee, 0xee, 0xee, 0xee, 0),
    );
    expect(byName.get('void')?.offset).toBe(0);
  });

  test('points wherever it is told to, and keeps its own order', () => {
    const bytes = buildRawImage({
      unsorted: true,
      pageSize: 16384,
      entries: [
        { type: 'file', name: 'z', size: 16384, blocks: [{ kind: 'direct', at: 0x3000000 }] },
        { type: 'file', name: 'a', size: 5, blocks: [{ kind: 'direct', at: { fromEnd: 16384 } }] },
      ],
    });
    const image = CramfsImage.open(bytes, { pageSize: 16384 });
    const entries = [...directoryEntries(image, image.root)];
    expect(entries.map((entry) => entry.name)).toEqual(['z', 'a']);
    expect(entries.map((entry) => [...fileBlocks(image, entry.inode)][0]?.start)).toEqual([
      0x3000000,
      bytes.length - 16384,
    ]);
  });
});
