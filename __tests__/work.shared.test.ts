import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { deflateSync } from 'node:zlib';
import { runCramfs } from '../lib/cli/cramfs.ts';
import { CramfsImage } from '../lib/image/image.ts';
import { ContentIndex } from '../lib/verdict/contentIndex.ts';
import { auditImage } from '../lib/audit/auditImage.ts';
import type { ByteSource } from '../lib/source/byteSource.ts';
import { Board } from '../lib/verdict/board.ts';
import { Folder, runProgram } from './support/cli.ts';
import { elfFile } from './support/elfFile.ts';
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
const image = { direct: '', alternating: '', sizes: '', links: '' };
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
  const links = { files: FILES, pointer: direct, data: page, mode: 0o120777 };
  image.links = folder.file('links.img', sharedTableImage(links));
  cpu = process.cpuUsage();
});
afterAll(() => {
  folder.remove();
});

const cramfs = (...args: string[]) => runProgram(runCramfs, args);

/** An image of programs that are one file of two pages, each with an inode of its own. */
function programs(files: number, { segments = 1, entry = 0x804_8100, type = 2 } = {}): Uint8Array {
  const spec = { type: 1, fileSize: 8192, flags: 5 };
  const headers = Array.from({ length: segments }, (_, index) => ({ ...spec, vaddr: 0x804_8000 + index * 0x1_0000 }));
  const data = elfFile({ type, entry, size: 8192, segments: headers });
  const pointer = (index: number, at: number): number => DIRECT | ((at + (index % 2) * 4096) >>> 2);
  return sharedTableImage({ files, pointer, data, size: () => 8192 });
}

/** Audits an image, and counts how often something is read of it. */
function countedAudit(bytes: Uint8Array) {
  let reads = 0;
  const source: ByteSource = {
    size: bytes.length,
    read: (offset, length) => {
      reads++;
      return bytes.subarray(offset, offset + length);
    },
    close: () => undefined,
  };
  const result = auditImage(new Board(CramfsImage.open(source)), { name: 'image' });
  return { reads, result };
}

describe('programs that share block pointers', () => {
  test('are looked up, started and mapped with the same few reads each, however many there are', () => {
    const [few, more] = [200, 600].map((files) => countedAudit(programs(files)));
    expect(more?.result.numbers.programsStarting).toBe(600);
    expect(((more?.reads ?? 0) - (few?.reads ?? 0)) / 400).toBeLessThan(80);
  });

  test('are each listed as the only one is', () => {
    const [alone] = countedAudit(programs(1)).result.files;
    const { files } = countedAudit(programs(20)).result;
    expect(files).toHaveLength(20);
    for (const file of files) expect({ ...file, path: '' }).toEqual({ ...alone, path: '' });
  });

  test('that do not start have their segments in memory once', () => {
    const { files } = countedAudit(programs(20, { segments: 40, entry: 0, type: 3 })).result;
    expect(files.map(({ run, segments }) => [run, segments.length])).toEqual(Array(20).fill([null, 40]));
    expect(new Set(files.map(({ segments }) => segments)).size).toBe(1);
  });

  test('diff of such an image with itself finds nothing', async () => {
    const file = folder.file('programs.img', programs(500));
    expect(await cramfs('diff', file, file)).toMatchObject({ code: 0, stderr: '' });
  });
});

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

  test.each([
    ['files of different sizes with parts of one table', 'sizes'],
    ['links of 16 MiB', 'links'],
  ] as const)('%s are too much content for describe and mkfs', async (_what, name) => {
    for (const args of [['describe'], ['mkfs']]) {
      const { code, stderr } = await cramfs(...args, image[name], ...(args[0] === 'mkfs' ? [`${folder.path}/o`] : []));
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
