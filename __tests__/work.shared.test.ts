import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { deflateSync } from 'node:zlib';
import { runCramfs } from '../lib/cli/cramfs.ts';
import { CramfsImage } from '../lib/image/image.ts';
import { ContentIndex } from '../lib/verdict/contentIndex.ts';
import { Folder, runProgram } from './support/cli.ts';
import { sharedTableImage } from './support/sharedTables.ts';

/** Thousands of files of 16 MiB in images of 40 KiB: looking at each block of each file would take minutes. */
const FILES = 1000;
const DIRECT = 0xc000_0000;
const DIRECT_ZLIB = 0x4000_0000;

/** A page that is stored compressed, its length before it, and one that is stored as it is. */
function twoPages(): Uint8Array {
  const stream = deflateSync(new Uint8Array(4096));
  const data = new Uint8Array(8192).fill(0x61, 4096);
  new DataView(data.buffer).setUint16(0, stream.length, true);
  data.set(stream, 2);
  return data;
}

const folder = new Folder();
const image = { direct: '', alternating: '', sizes: '' };
let cpu: NodeJS.CpuUsage;

beforeAll(() => {
  const direct = (_index: number, data: number): number => DIRECT | (data >>> 2);
  const alternating = (index: number, data: number): number =>
    index % 2 === 0 ? DIRECT_ZLIB | (data >>> 2) : DIRECT | ((data + 4096) >>> 2);
  const page = new Uint8Array(4096).fill(0x61);
  image.direct = folder.file('direct.img', sharedTableImage({ files: FILES, pointer: direct, data: page }));
  const both = { files: FILES, pointer: alternating, data: twoPages() };
  image.alternating = folder.file('alternating.img', sharedTableImage(both));
  const sizes = { ...both, size: (index: number) => 0xff_ffff - index };
  image.sizes = folder.file('sizes.img', sharedTableImage(sizes));
  cpu = process.cpuUsage();
});
afterAll(() => {
  folder.remove();
});

const cramfs = (...args: string[]) => runProgram(runCramfs, args);

describe('files that share block pointers are looked at once', () => {
  test('describe lists each, and builds the image that it describes once', async () => {
    const { code, stdout } = await cramfs('describe', image.direct);
    expect(code).toBe(0);
    expect(stdout.match(/direct=0-4095$/gm)).toHaveLength(FILES);
  });

  test('a listing that would be many times longer than the image is refused', async () => {
    const { code, stderr } = await cramfs('describe', image.alternating);
    expect([code, stderr]).toEqual([3, expect.stringContaining('runs of direct blocks in a listing')]);
  });

  test('files of different sizes with parts of one table are too much content for describe and mkfs', async () => {
    for (const args of [['describe'], ['mkfs']]) {
      const { code, stderr } = await cramfs(...args, image.sizes, ...(args[0] === 'mkfs' ? [`${folder.path}/o`] : []));
      expect([code, stderr]).toEqual([3, expect.stringContaining('bytes of content in an image of this size')]);
    }
  });

  test('mkfs --xip looks for programs in it once, and for why there are none', async () => {
    const out = `${folder.path}/xip`;
    const { code, stderr } = await cramfs('mkfs', image.direct, out, '--xip', 'mmu', '--phys', '0x10000000');
    expect([code, stderr]).toEqual([0, expect.stringContaining('--xip has no effect: the source has no ELF file')]);
  });

  test.each(['direct', 'alternating', 'sizes'] as const)('compare-kernels of %s', async (name) => {
    const { code } = await cramfs('compare-kernels', image[name], 'linux-4.15');
    expect([0, 1, 3]).toContain(code);
  });

  test('the index of pages reads a shared table once, and names the first file', () => {
    const pointer = (_index: number, data: number): number => DIRECT | (data >>> 2);
    const bytes = sharedTableImage({ files: FILES, pointer, data: new Uint8Array(4096).fill(0x61) });
    const index = new ContentIndex(CramfsImage.open(bytes));
    expect(index.find(new Uint8Array(4096).fill(0x61))).toEqual({ path: '/0000', page: 0 });
    expect(index.find(new Uint8Array(4096).fill(1))).toBeNull();
  });

  test('all of it takes little time', () => {
    const { user } = process.cpuUsage(cpu);
    expect(user / 1e6).toBeLessThan(30);
  });
});
