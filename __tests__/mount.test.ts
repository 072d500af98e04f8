/**
 * Mounting: same outcome and same log as real kernels, good images and bad.
 */
import { describe, expect, test } from '@jest/globals';
import { crc32, crcHex } from '../lib/format/crc32.ts';
import { bytesSource } from '../lib/source/byteSource.ts';
import { makeCpu } from '../lib/mm/cpus/index.ts';
import { CramfsImage } from '../lib/image/image.ts';
import type { Release } from '../lib/mm/release.ts';
import { PhysicalMemory } from '../lib/physmem/physicalMemory.ts';
import { fallbackLog, mountCramfs } from '../lib/driver/mount.ts';
import { readFile } from '../lib/driver/readFolio.ts';
import { Board } from '../lib/verdict/board.ts';
import { fixture, jsonLines } from './support/fixtures.ts';

interface MountCase {
  readonly case: string;
  readonly image: string;
  readonly base: string;
  readonly mtd_size: number;
  readonly errno: string | null;
  readonly log: readonly string[];
  readonly read_readme?: {
    readonly errno: string | null;
    readonly size: number;
    readonly crc: readonly string[];
    readonly kmsg?: readonly string[];
  };
  readonly mmap_bare_kmsg?: readonly string[];
}

const transcripts: { file: string; release: Release }[] = [
  { file: 'mount/mount.jsonl.gz', release: [6, 1] },
  { file: 'kernels/mount/mount@7.3.4+deb13-amd64.jsonl.gz', release: [7, 3] },
  { file: 'kernels/mount/mount@6.12.95+deb12-amd64.jsonl.gz', release: [6, 12] },
];

describe.each(transcripts)('$file', ({ file, release }) => {
  const cases = jsonLines<MountCase>(file);

  test.each(cases)('$case', (mountCase) => {
    const bytes = fixture(`${mountCase.image}.gz`);
    const layout = { base: Number(mountCase.base), size: mountCase.mtd_size, littleEndian: true };
    const memory = new PhysicalMemory(bytesSource(bytes), layout);
    const mount = mountCramfs(memory, makeCpu('x86-64', 4096, true), { fallbackLog: fallbackLog(release) });
    expect(mount.errno).toBe(mountCase.errno);
    expect(mount.log).toEqual(mountCase.log);
  });

  test.each(cases.filter((mountCase) => mountCase.errno === null))('$case, and looks inside', (mountCase) => {
    const image = CramfsImage.open(fixture(`${mountCase.image}.gz`));
    const board = new Board(image, { physBase: Number(mountCase.base), regionSize: mountCase.mtd_size, release });
    const readme = mountCase.read_readme;
    if (readme?.errno === null) {
      const { inode } = board.open('/readme');
      const folios = [...readFile(board.mounted(), inode, image.inflate)];
      expect(inode.size).toBe(readme.size);
      const crcs = folios.flatMap((folio) => ('bytes' in folio ? [crcHex(crc32(folio.bytes))] : []));
      expect(crcs).toEqual(readme.crc);
      expect(folios.flatMap((folio) => ('log' in folio ? folio.log : []))).toEqual(readme.kmsg ?? []);
    } else {
      expect(() => board.open('/readme')).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
    }
    if (mountCase.mmap_bare_kmsg !== undefined) {
      const verdict = board.map({ path: '/bin/bare', length: 4096 });
      const withoutVma = (line: string): string => line.replace(/to vma 0x[0-9a-f]+/, 'to vma *');
      expect(verdict.log.map(withoutVma)).toEqual(mountCase.mmap_bare_kmsg.map(withoutVma));
    }
  });
});

test('an image whose size is 0 mounts, and crashes the kernel on the first look-up', () => {
  const bytes = fixture('images/tiny-XX.cramfs.gz').slice();
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(4, 0, true);
  const board = new Board(CramfsImage.open(bytes), { regionSize: 1 << 20 });
  expect(board.mount.errno).toBeNull();
  expect(() => board.map({ path: '/readme' })).toThrow(expect.objectContaining({ code: 'KERNEL_OOPS', offset: 4 }));
});

test('a CPU of the other byte order refuses the mount, and the error says so', () => {
  const board = new Board(CramfsImage.open(fixture('images/tiny-BXX.cramfs.gz')), { littleEndian: true });
  expect(board.mount.log).toContain('cramfs: wrong endianness');
  expect(() => board.map({ path: '/readme' })).toThrow(/wrong endianness.*big endian.*little endian/);
});

test('a big-endian CPU maps a big-endian image as a little-endian CPU maps its twin', () => {
  const map = (name: string): unknown => {
    const board = new Board(CramfsImage.open(fixture(`images/${name}.cramfs.gz`)));
    const { state, direct, pages, log } = board.map({ path: '/bin/bare' }, { crc: true });
    return { state, direct, log, crcs: pages?.map((page) => page.crc) };
  };
  expect(map('tiny-XX')).toMatchObject({ state: 'pfnmap' });
  expect(map('tiny-BXX')).toEqual(map('tiny-XX'));
});
