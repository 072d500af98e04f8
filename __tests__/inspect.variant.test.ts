/** Vendor variants: told apart, named, and read. */
import { afterAll, describe, expect, test } from '@jest/globals';
import { buildRawImage } from './support/rawImage.ts';
import { inflateLzma } from '../lib/image/lzma.ts';
import { CramfsImage } from '../lib/image/image.ts';
import { detectLayout } from '../lib/inspect/detectLayout.ts';
import { openDetected } from '../lib/inspect/openDetected.ts';
import { Folder } from './support/cli.ts';
import { runCommand } from './support/extractHelp.ts';
import { fixture, fixtureNames } from './support/fixtures.ts';
import { imageOf, LZMA_BLOCKS, TEXT } from './support/vendorImage.ts';

const folder = new Folder();
afterAll(() => {
  folder.remove();
});

const variantCodes = async (file: string): Promise<string[]> => {
  const { stdout } = await runCommand(['info', '--json', file]);
  return (JSON.parse(stdout) as { variants: { code: string }[] }).variants.map(({ code }) => code);
};

describe.each([true, false])('with little endian %p', (littleEndian) => {
  const order = littleEndian ? 'le' : 'be';

  test('inodes of 16 bytes are read, listed and named', async () => {
    const zlib = openBlock();
    const bytes = imageOf({ blocks: [zlib.stored], size: zlib.content.length, flags: 3, wide: true, littleEndian });
    const file = folder.file(`wide-${order}`, bytes);
    expect(CramfsImage.open(bytes).root.offset).toBe(0);
    expect((await runCommand(['ls', file])).stdout).toBe('f\n');
    expect((await runCommand(['tree', file])).stdout).toBe('/\n└── f\n\n0 directories, 1 file\n');
    expect((await runCommand(['cat', file, '/f'])).bytes.equals(zlib.content)).toBe(true);
    expect(await variantCodes(file)).toEqual(['wide-inodes']);
    expect((await runCommand(['scan', file])).stdout).toContain('inodes have 16 bytes');
    const { stdout } = await runCommand(['info', '--json', file]);
    const { account } = JSON.parse(stdout) as { account: { labels: { label: string; bytes: number }[] } };
    expect(account.labels.find(({ label }) => label === 'superblock')?.bytes).toBe(80);
    expect(account.labels.find(({ label }) => label === 'inode')?.bytes).toBe(16);
  });

  test.each([
    ['with vendor flags', 3 | (2 << 11) | (2 << 14)],
    ['without a word in the flags', 3],
  ])('LZMA blocks of 16 KiB %s are read and named', async (name, flags) => {
    const bytes = imageOf({ blocks: LZMA_BLOCKS, size: TEXT.length, flags, littleEndian });
    const file = folder.file(`lzma-${name.length}-${order}`, bytes);
    expect(detectLayout(bytes)).toMatchObject({ pageSize: 16384, method: 'lzma' });
    const { bytes: content, code } = await runCommand(['cat', file, '/f']);
    expect(code).toBe(0);
    expect(content.equals(TEXT)).toBe(true);
    expect(await variantCodes(file)).toEqual(flags === 3 ? ['lzma'] : ['lzma', 'vendor-flags', 'large-blocks']);
    const { stdout } = await runCommand(['info', file]);
    expect(stdout).toContain('no Linux');
  });
});

/** A compressed block as the makers write it. */
function openBlock(): { stored: Buffer; content: Buffer } {
  const content = TEXT.subarray(0, 4096);
  const image = buildRawImage({ entries: [{ type: 'file', name: 'f', blocks: [{ kind: 'zlib', data: content }] }] });
  const view = new DataView(image.buffer, image.byteOffset);
  const table = (view.getUint32(76 + 8, true) >>> 6) * 4;
  return { stored: Buffer.from(image.subarray(table + 4, view.getUint32(table, true))), content };
}

describe('flag bit 11', () => {
  const withFlags = (bytes: Uint8Array, flags: number): Uint8Array => {
    const copy = bytes.slice();
    new DataView(copy.buffer).setUint32(8, flags, true);
    return copy;
  };
  const large = (pageSize: number): Uint8Array =>
    buildRawImage({
      pageSize,
      entries: [
        {
          type: 'file',
          name: 'f',
          blocks: [1, 2, 3].map((fill) => ({ kind: 'zlib', data: new Uint8Array(pageSize).fill(fill) })),
        },
      ],
    });

  test.each([
    [8192, 1],
    [16384, 2],
    [32768, 3],
    [65536, 4],
    [131072, 5],
  ])("is a vendor's where blocks of %d bytes fit and no pointer has flags", (pageSize, log) => {
    const bytes = withFlags(large(pageSize), 3 | (log << 11));
    expect(detectLayout(bytes)).toMatchObject({
      pageSize,
      method: 'zlib',
      flagReading: { extendedPointers: false },
    });
    const image = openDetected(bytes);
    expect(image.pageSize).toBe(pageSize);
  });

  test('is EXT_BLOCK_POINTERS where pointers have its flags', () => {
    for (const name of ['mini-XX', 'mini-BXX', 'mini-x', 'tiny-XX', 'adv']) {
      const layout = detectLayout(fixture(`images/${name}.cramfs.gz`));
      expect(layout).toMatchObject({ pageSize: 4096, method: 'zlib', flagReading: { extendedPointers: true } });
    }
  });

  test('is EXT_BLOCK_POINTERS where nothing speaks for a vendor', () => {
    const bytes = withFlags(large(4096), 0x803);
    expect(detectLayout(bytes)).toMatchObject({ pageSize: 4096, flagReading: { extendedPointers: true } });
  });

  test('is explained', async () => {
    const file = folder.file('vendor-16k', withFlags(large(16384), 0x1003));
    const { stdout } = await runCommand(['info', file]);
    expect(stdout).toContain("flag bits 11 to 15 are a vendor's, not EXT_BLOCK_POINTERS");
    expect(stdout).toContain('blocks of 16 KiB');
    expect((await runCommand(['cat', file, '/f'])).bytes).toHaveLength(3 * 16384);
  });
});

describe('ordinary images', () => {
  test.each(fixtureNames('images'))('%s is no variant', async (name) => {
    expect(await variantCodes(folder.fixture(`images/${name}`))).toEqual([]);
  });

  test.each(fixtureNames('malformed').filter((name) => name.endsWith('.img')))('%s is none either', async (name) => {
    const { stdout } = await runCommand(['info', '--json', folder.fixture(`malformed/${name}`)]);
    const { variants = [] } = JSON.parse(stdout) as { variants?: { code: string }[] };
    expect(variants.map(({ code }) => code)).toEqual(name.startsWith('019') ? ['crc-swapped'] : []);
  });
});

describe('LZMA blocks', () => {
  const [block = Buffer.alloc(0)] = LZMA_BLOCKS;

  test('inflate to what they were made of', () => {
    expect(inflateLzma(block, 16384)).toEqual(Uint8Array.from(TEXT.subarray(0, 16384)));
  });

  test('with a length of 64 bits inflate too', () => {
    const long = Buffer.concat([block.subarray(0, 9), Buffer.alloc(4), block.subarray(9)]);
    expect(inflateLzma(long, 16384)).toEqual(Uint8Array.from(TEXT.subarray(0, 16384)));
  });

  test('that are cut or too long end in a sentence', () => {
    expect(inflateLzma(block, 16383)).toEqual({ code: -5, reason: 'it inflates to more than 16383 bytes' });
    for (let length = 0; length < block.length - 6; length++) {
      expect(inflateLzma(block.subarray(0, length), 16384)).toHaveProperty('reason');
    }
  });

  test('with any byte changed end in bytes or a sentence, never in an exception', () => {
    for (let at = 0; at < block.length; at++) {
      const changed = Buffer.from(block);
      changed[at] = (changed[at] ?? 0) ^ 0x55;
      const output = inflateLzma(changed, 16384);
      expect(!(output instanceof Uint8Array) || output.length <= 16384).toBe(true);
    }
  });
});
