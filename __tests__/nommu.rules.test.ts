/**
 * Rules of a kernel without an MMU that the transcripts do not reach.
 */
import { describe, expect, test } from '@jest/globals';
import { type RawBlock, type RawEntry, layOutRawImage } from './support/rawImage.ts';
import { CramfsImage } from '../lib/image/image.ts';
import { PhysicalMemory } from '../lib/physmem/physicalMemory.ts';
import { bytesSource } from '../lib/source/byteSource.ts';
import { makeCpu } from '../lib/mm/cpus/index.ts';
import { kernelModel } from '../lib/driver/models/named.ts';
import { mountFromMtd } from '../lib/driver/mtd.ts';
import { checkFlatHeader, decodeFlatHeader } from '../lib/elf/bflt.ts';
import { type NommuFileRequest, NommuSystem } from '../lib/exec/nommuSystem.ts';
import { Board } from '../lib/verdict/board.ts';

const BASE = 0x2200_0000;
const kernel = kernelModel('nommu');
const page = (fill: number, length = 4096): Uint8Array => new Uint8Array(length).fill(fill);
const direct = (...fills: readonly number[]): RawBlock[] => fills.map((fill) => ({ kind: 'direct', data: page(fill) }));
const zlib = (...fills: readonly number[]): RawBlock[] => fills.map((fill) => ({ kind: 'zlib', data: page(fill) }));

function boot(entries: readonly RawEntry[]): NommuSystem {
  const { bytes } = layOutRawImage({ entries });
  return new NommuSystem(new Board(CramfsImage.open(bytes), { physBase: BASE, kernel }));
}

const file = (name: string, blocks: readonly RawBlock[], mode?: number): RawEntry => ({
  type: 'file',
  name,
  blocks,
  mode,
});

function map(
  system: NommuSystem,
  path: string,
  pages: number,
  more: Partial<NommuFileRequest> = {},
): { start: number } {
  const called = system.mmap(system.init, request(path, pages * 4096, more));
  if (!('vma' in called)) throw new Error(JSON.stringify(called));
  return called.vma;
}

function request(path: string, length: number, more: Partial<NommuFileRequest> = {}): NommuFileRequest {
  return { path, length, offset: 0, read: true, write: false, exec: false, type: 'private', ...more };
}

describe('regions', () => {
  test('a range mapped twice and unmapped twice stays behind for good, and later mappings find it', () => {
    const system = boot([file('a', direct(1, 2))]);
    const first = map(system, '/a', 2);
    expect(map(system, '/a', 2).start).toBe(first.start);
    expect(system.init.munmap(first.start, 8192)).toBeNull();
    expect(system.init.munmap(first.start, 8192)).toBe('EINVAL');
    expect(system.init.maps()).toEqual([]);
    expect(system.machine.procMaps()).toHaveLength(1);
    expect(system.mmap(system.spawn('other'), request('/a', 4096)).log).toEqual([]);
  });

  test('mappings of different parts of a region are unmapped one by one, in any order', () => {
    const system = boot([file('a', direct(1, 2, 3))]);
    const whole = map(system, '/a', 3);
    const middle = map(system, '/a', 1, { offset: 4096 });
    expect(middle.start).toBe(whole.start + 4096);
    expect(system.init.munmap(middle.start, 4096)).toBeNull();
    expect(system.init.munmap(whole.start, 3 * 4096)).toBeNull();
    expect(system.machine.procMaps()).toEqual([]);
  });

  test('the end of a process gives up what it holds, and the RAM of copies with it', () => {
    const system = boot([file('a', zlib(1, 2))]);
    const holder = system.spawn('holder');
    system.mmap(holder, request('/a', 8192));
    const copy = map(system, '/a', 1);
    holder.exit();
    expect(system.machine.procMaps()).toHaveLength(1);
    expect(system.init.munmap(copy.start, 4096)).toBeNull();
    expect(system.machine.procMaps()).toEqual([]);
    expect(map(system, '/a', 2).start).toBe(copy.start);
  });

  test('a longer mapping from the same start is a BUG, and the kernel does nothing more', () => {
    const system = boot([file('a', direct(1, 2)), file('b', zlib(3))]);
    map(system, '/a', 1);
    const bug = 'kernel BUG at mm/nommu.c:482!';
    expect(system.mmap(system.init, request('/a', 8192))).toMatchObject({ bug });
    expect(system.machine.bug).toBe(bug);
    expect(system.mmap(system.init, request('/b', 4096))).toMatchObject({ bug });
  });

  test('a shared mapping of a compressed file works as soon as somebody has a copy', () => {
    const system = boot([file('a', zlib(1, 2))]);
    const shared = request('/a', 4096, { type: 'shared' });
    expect(system.mmap(system.init, shared)).toMatchObject({ errno: 'ENODEV' });
    system.mmap(system.spawn('holder'), request('/a', 8192));
    expect(system.mmap(system.init, shared)).toMatchObject({ shared: true, log: [] });
    expect(system.init.maps()[0]).toMatch(/ r--S 00000000 1f:00 /);
  });

  test('a writable copy, or that of a traced process, is shared with nobody', () => {
    const system = boot([file('a', zlib(1))]);
    const starts = [{ write: true }, { traced: true }, {}].map((more) => map(system, '/a', 1, more).start);
    expect(new Set(starts).size).toBe(3);
  });
});

describe('copies', () => {
  test('are made in one piece of at most 1,024 pages', () => {
    const system = boot([file('a', zlib(1))]);
    const writable = { write: true };
    expect(system.mmap(system.init, request('/a', 1024 * 4096, writable))).toMatchObject({ vma: {} });
    expect(system.mmap(system.init, request('/a', 1025 * 4096, writable))).toMatchObject({
      errno: 'ENOMEM',
      log: ['nommu: Allocation of length 4198400 from process 1 (init) failed'],
    });
  });

  test('end with zeros where a page cannot be read, and fail where it is the first', () => {
    const broken: RawBlock = { kind: 'zlib', data: page(2), stored: page(0xff, 20) };
    const system = boot([file('a', [...zlib(1), broken, ...zlib(3)])]);
    const { start } = map(system, '/a', 3);
    expect([...(system.machine.read(start, 3 * 4096) ?? [])].filter((byte) => byte !== 0)).toHaveLength(4096);
    expect(system.mmap(system.init, request('/a', 4096, { offset: 4096, write: true }))).toMatchObject({
      errno: 'EIO',
      log: ['cramfs: Error -3 while decompressing!', 'cramfs: PTR(20)->PTR(4096)'],
    });
  });

  test('of private mappings are resized within their region only', () => {
    const system = boot([file('a', zlib(1, 2))]);
    const { start } = map(system, '/a', 2, { write: true });
    expect(system.init.mremap(start, 8192, 12288)).toBe('ENOMEM');
    expect(system.init.mremap(start, 8192, 4096)).toBe(start);
    expect(system.init.munmap(start, 8192)).toBe('EINVAL');
    expect(system.init.mremap(start, 4096, 8192)).toBe(start);
    expect(system.init.munmap(start, 8192)).toBeNull();
  });
});

test('a last page that reaches behind the image is no fault where its data does not', () => {
  const blocks: RawBlock[] = [{ kind: 'direct', data: page(1, 10), at: { alignTo: 4096, plus: 24 }, reserve: 10 }];
  const { bytes } = layOutRawImage({ entries: [file('a', blocks)] });
  const image = CramfsImage.open(bytes);
  const verdict = new Board(image, { physBase: BASE, kernel }).map({ path: '/a' }, { trace: true });
  expect((verdict.physAddress ?? 0) + 4096).toBeGreaterThan(BASE + image.size);
  expect(verdict).toMatchObject({ warnings: [], nommu: { inFlash: true } });
});

describe('lengths and offsets are 64-bit numbers', () => {
  test.each([
    ['a length in the last page of the address space', { length: 2 ** 64 - 1 }, 'ENOMEM'],
    ['a length of nothing', { length: 0 }, 'EINVAL'],
    ['pages beyond 32 bits, which cramfs does not see', { length: 2 ** 44 }, 'ENOMEM'],
    ['an offset far behind the end', { offset: 2 ** 50 }, 'EINVAL'],
    ['a copy from a negative offset', { offset: -4096, write: true }, 'EINVAL'],
  ])('%s', (_what, more, errno) => {
    const system = boot([file('a', direct(1))]);
    expect(system.mmap(system.init, request('/a', 4096, more))).toMatchObject({ errno });
  });
});

describe('bFLT programs', () => {
  const header = (
    fields: Partial<Record<'rev' | 'dataStart' | 'dataEnd' | 'bssEnd' | 'flags', number>>,
  ): Uint8Array => {
    const { rev = 4, dataStart = 4096, dataEnd = 4100, bssEnd = 4200, flags = 0 } = fields;
    const bytes = new Uint8Array(4100);
    const view = new DataView(bytes.buffer);
    bytes.set(new TextEncoder().encode('bFLT'));
    [rev, 0x40, dataStart, dataEnd, bssEnd, 8192, dataEnd, 0, flags].forEach((word, i) => {
      view.setUint32(4 + i * 4, word);
    });
    return bytes;
  };
  const program = (bytes: Uint8Array, mode = 0o755): RawEntry =>
    file(
      'p',
      [0, 4096].map((at): RawBlock => ({ kind: 'direct', data: bytes.subarray(at, at + 4096) })),
      mode,
    );
  const run = (entry: RawEntry): unknown => {
    const { result, log } = boot([entry]).exec('/p');
    return { ...result, log };
  };

  test('run where they are stored', () => {
    const system = boot([program(header({}))]);
    const { result, process } = system.exec('/p');
    expect(result).toMatchObject({ outcome: 'runs', text: 'flash' });
    const [line = ''] = process.maps();
    expect(line).toMatch(/^2200[0-9a-f]{4}-2200[0-9a-f]{4} r-xs 00000000 1f:00 [0-9]+ +\/mnt\/p$/);
    expect(result).toMatchObject({ entry: Number.parseInt(line, 16) + 0x40 });
    process.exit();
    expect(system.machine.procMaps()).toEqual([]);
  });

  test.each([
    ['another version', { rev: 2 }, 'binfmt_flat: bad flat file version 0x2 (supported 0x4)'],
    ['lengths that cannot be', { dataEnd: 0 }, 'binfmt_flat: bad header'],
    ['compression', { flags: 4 }, 'binfmt_flat: Support for ZFLAT executables is not enabled.'],
  ])('with %s are not executed', (_what, fields, line) => {
    expect(run(program(header(fields)))).toEqual({ outcome: 'failed', errno: 'ENOEXEC', log: [line] });
  });

  test('without an x bit are not executed', () => {
    expect(run(program(header({}), 0o644))).toMatchObject({ outcome: 'failed', errno: 'EACCES' });
  });

  test('that want more memory than there is in one piece are killed', () => {
    expect(run(program(header({ bssEnd: 8 << 20 })))).toMatchObject({
      outcome: 'killed',
      signal: 11,
      log: expect.arrayContaining(['binfmt_flat: Unable to allocate RAM for process data, errno -12']) as unknown,
    });
  });

  test('have a header of 64 bytes, big endian', () => {
    const decoded = decodeFlatHeader(header({ dataStart: 0x1000, flags: 1 }));
    expect(decoded).toMatchObject({ version: 4, entry: 0x40, dataStart: 0x1000, dataEnd: 4100, stackSize: 8192 });
    expect(checkFlatHeader(decoded)).toMatchObject({ textLength: 0x1000, dataLength: 4, inRam: true });
    expect(decodeFlatHeader(page(0))).toBeNull();
  });
});

describe('MTD sources', () => {
  const { bytes } = layOutRawImage({ entries: [] });
  const memory = new PhysicalMemory(bytesSource(bytes), { base: BASE, size: 1 << 20, littleEndian: true });
  const devices = Array.from({ length: 9 }, (_, i) => ({ name: `part${String(i)}`, memory }));

  test.each([
    ['mtd3', null],
    ['mtd0x8', null],
    ['mtd010', null],
    ['mtd:part5', null],
    ['mtd09', 'EINVAL'],
    ['mtd9', 'ENODEV'],
    ['mtd', 'EINVAL'],
    ['part5', 'EINVAL'],
  ])('%s', (source, errno) => {
    expect(mountFromMtd(source, devices, makeCpu('riscv64', 4096, true)).errno).toBe(errno);
  });
});

test('a system wants a kernel without an MMU', () => {
  const { bytes } = layOutRawImage({ entries: [] });
  expect(() => new NommuSystem(new Board(CramfsImage.open(bytes)))).toThrow(expect.objectContaining({ code: 'USAGE' }));
});
