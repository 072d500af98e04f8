/** The only block of a short file is found in numbers where it is like most, and as fileBlocks() finds it. */
import { describe, expect, test } from '@jest/globals';
import { fileBlocks, onlyZlibLength } from '../lib/image/blocks.ts';
import { CramfsImage, type Inode, NO_QUIRKS, type Quirks } from '../lib/image/image.ts';
import { walk } from '../lib/inspect/walk.ts';
import { buildRawImage, type RawBlock } from './support/rawImage.ts';

const data = Buffer.from('some text of a file');
const block = (kind: RawBlock['kind'], bytes: Uint8Array = data): RawBlock => ({ kind, data: bytes });

/** An image with one file, and the file. */
function opened(blocks: RawBlock[], quirks: Quirks = NO_QUIRKS): { image: CramfsImage; inode: Inode } {
  const bytes = buildRawImage({ entries: [{ type: 'file', name: 'f', blocks }] });
  const image = CramfsImage.open(bytes, { quirks });
  const [, file] = walk(image);
  if (file === undefined) throw new Error('no file');
  return { image, inode: file.inode };
}

const PAGE = new Uint8Array(4096).fill(1);

describe('the only block of a file', () => {
  test.each([
    ['a few bytes', [block('zlib')]],
    ['a whole page', [block('zlib', PAGE)]],
  ])('of %s is found', (_, blocks) => {
    const { image, inode } = opened(blocks);
    const [first] = fileBlocks(image, inode);
    expect(first).toMatchObject({ kind: 'zlib', start: inode.ino + 4 });
    expect(onlyZlibLength(image, inode)).toBe(first?.length);
  });

  test.each([
    ['no bytes', []],
    ['two blocks', [block('zlib', PAGE), block('zlib')]],
    ['a block that is stored', [block('stored')]],
    ['a direct block', [block('direct')]],
    ['a direct zlib block', [block('direct-zlib')]],
    ['a hole', [block('hole')]],
  ])('is left to others where a file has %s', (_, blocks) => {
    const { image, inode } = opened(blocks);
    expect(onlyZlibLength(image, inode)).toBe(0);
  });

  test.each<[string, Partial<Quirks>]>([
    ['linear XIP', { linearXip: true }],
    ['stored blocks without flags', { unflaggedStored: true }],
    ['long tables', { longTables: { extra: 1, wholeOnly: false } }],
  ])('is left to others with %s', (_, quirks) => {
    const { image, inode } = opened([block('zlib')], { ...NO_QUIRKS, ...quirks });
    expect(onlyZlibLength(image, inode)).toBe(0);
  });

  test('is left to others where the pointer lies', () => {
    const { image, inode } = opened([block('zlib')]);
    for (const ino of [image.size - 2, image.size + 4096]) expect(onlyZlibLength(image, { ...inode, ino })).toBe(0);
    // The pointer then is the end of a block more than two pages on, or in front of it.
    expect(onlyZlibLength(image, { ...inode, ino: 0 })).toBe(0);
    expect(onlyZlibLength(image, { ...inode, ino: image.size - 4 })).toBe(0);
  });
});
