import { describe, expect, test } from '@jest/globals';
import { sha256Hash } from '../lib/mkfs/contentHash.node.ts';
import { newDeflate } from '../lib/mkfs/deflate.node.ts';
import { type BlockCompressor, directCompressor } from '../lib/mkfs/encodeFile.ts';
import { describeImage } from '../lib/mkfs/listing/describe.ts';
import { describedOptions, type DeflateName, writeListing } from '../lib/mkfs/listing/listing.ts';
import { parseListing } from '../lib/mkfs/listing/parse.ts';
import { buildImage } from '../lib/mkfs/mkfs.ts';
import { rememberingCompressor } from '../lib/mkfs/rememberingCompressor.ts';
import { imageTree } from '../lib/mkfs/source/imageTree.ts';
import { tarTree } from '../lib/mkfs/source/tar.ts';
import { choiceOf } from '../lib/mkfs/xip/choice.ts';
import { planXip } from '../lib/mkfs/xip/plan.ts';
import { CramfsImage } from '../lib/image/image.ts';
import { fixture } from './support/fixtures.ts';

const deflate = (method: Parameters<typeof newDeflate>[0]): BlockCompressor =>
  rememberingCompressor(directCompressor(newDeflate(method)), sha256Hash);
const compressors = new Map<DeflateName, BlockCompressor>([
  ['classic-9', deflate({ kind: 'classic', level: 9 })],
  ['classic-6', deflate({ kind: 'classic', level: 6 })],
  ['fast', deflate({ kind: 'fast' })],
]);
function compressorOf(name: DeflateName): BlockCompressor {
  const compressor = compressors.get(name);
  if (compressor === undefined) throw new Error(name);
  return compressor;
}

/** Describes an image, writes the listing, reads it, builds from it. */
async function rebuilt(bytes: Uint8Array): Promise<{ bytes: Uint8Array; text: string; isExact: boolean }> {
  const image = CramfsImage.open(bytes);
  const { listing, isExact } = await describeImage(image, compressors, sha256Hash);
  const text = writeListing(listing, ['a remark']);
  const read = parseListing(text, imageTree(image));
  const compressor = compressorOf(read.image.deflate);
  const options = { ...describedOptions(read), truncate: true, compressor };
  return { bytes: (await buildImage(read.root, options)).bytes, text, isExact };
}

describe('describing an image and building it again', () => {
  const { images } = JSON.parse(Buffer.from(fixture('index.json')).toString('utf8')) as {
    images: Record<string, { tool?: string }>;
  };
  const made = Object.keys(images).filter((name) => images[name]?.tool !== undefined);
  test.each(made)('gives %s byte for byte', async (name) => {
    const original = fixture(`images/${name}.cramfs.gz`);
    const { bytes, isExact } = await rebuilt(original);
    expect(isExact).toBe(true);
    expect(Buffer.from(original).equals(bytes)).toBe(true);
  });

  test.each([
    ['mmu', 'packed'],
    ['mmu', 'inline'],
    ['nommu', 'packed'],
    ['nommu', 'inline'],
  ] as const)('gives an image of ours byte for byte: %s, %s', async (mode, layout) => {
    const plan = await planXip(
      tarTree(fixture('trees/mini.tar.gz')),
      {
        mode,
        layout,
        physBase: 0x1234,
        choice: choiceOf(mode === 'mmu' ? ['auto'] : ['/elf/*', '/bin/*'], new Set()),
        profile: null,
        avoidLastPageDefect: true,
        flashBudget: null,
      },
      { compressor: compressorOf('fast'), hash: sha256Hash, truncate: true, holes: true },
    );
    expect(plan.image.directBytes).toBeGreaterThan(0);
    const { bytes, isExact } = await rebuilt(plan.image.bytes.slice());
    expect(isExact).toBe(true);
    expect(Buffer.from(bytes).equals(plan.image.bytes)).toBe(true);
  });

  test('says when it cannot, and keeps the files all the same', async () => {
    const original = fixture('images/adv.cramfs.gz').slice();
    const image = CramfsImage.open(fixture('images/tiny-v1.cramfs.gz'));
    expect((await describeImage(image, compressors, sha256Hash)).isExact).toBe(false);
    // Pointers beyond the image: there is no content to build from.
    await expect(rebuilt(original)).rejects.toMatchObject({ name: 'CramfsError' });
  });

  test('takes edits', async () => {
    const image = CramfsImage.open(fixture('images/tiny-XX.cramfs.gz'));
    const { text } = await rebuilt(fixture('images/tiny-XX.cramfs.gz'));
    const edited = `${text.replace('/readme f 644 0 0', '/read\\x20me f 600 7 8 from=/readme').replace(/^\/link .*\n/m, '')}/dev/new c 666 0 0 1 5\n`;
    const { root } = parseListing(edited, imageTree(image));
    expect([...root.children.keys()].sort()).toEqual(expect.arrayContaining(['bin', 'dev', 'read me']));
    expect(root.children.has('link')).toBe(false);
    expect(root.children.get('read me')).toMatchObject({ mode: 0o600, uid: 7, gid: 8 });
  });

  test.each([
    ['cramfs-listing 2', 1],
    ['cramfs-listing 1\n/a f 644 0 0', 2],
    ['cramfs-listing 1\nimage endian=middle', 2],
    ['cramfs-listing 1\n/a d 999 0 0', 2],
    ['cramfs-listing 1\n/a d 755 0 0 direct=1', 2],
    ['cramfs-listing 1\n/a\\x d 755 0 0', 2],
    ['cramfs-listing 1\n/a c 666 0 0 1', 2],
  ])('refuses %j, naming the line', (text, line) => {
    const image = CramfsImage.open(fixture('images/tiny-en.cramfs.gz'));
    try {
      parseListing(text, imageTree(image));
      throw new Error('it was accepted');
    } catch (error) {
      const { code, message } = error as { code: string; message: string };
      expect([code, message]).toEqual([
        text.includes(' f ') ? 'NOT_FOUND' : 'USAGE',
        expect.stringContaining(`line ${String(line)}`),
      ]);
    }
  });
});
