/**
 * The referee: what real kernels did, vector by vector.
 */
import { afterAll, describe, expect, test } from '@jest/globals';
import { crc32, crcHex } from '../lib/format/crc32.ts';
import { CramfsImage } from '../lib/image/image.ts';
import { filePages } from '../lib/driver/inode.ts';
import { kernelModel } from '../lib/driver/models/index.ts';
import { readFolio } from '../lib/driver/readFolio.ts';
import { mapJson } from '../lib/report/mapJson.ts';
import { Board } from '../lib/verdict/board.ts';
import { fixture, fixtureNames, jsonLines } from './fixtures.ts';

interface Setup {
  readonly type: 'setup';
  readonly image: string;
  readonly base: string;
  readonly mtd_size: number;
  readonly page_size: number;
  readonly release: string;
  readonly kmsg: readonly string[];
}

interface Vector {
  readonly type: 'vector';
  readonly path: string;
  readonly length: number;
  readonly offset: number;
  readonly prot: string;
  readonly flags: string;
  readonly errno: string | null;
  readonly failed?: string;
  readonly kmsg: readonly string[];
  readonly state?: string;
  readonly vmflags?: string;
  readonly maps_offset?: string;
  readonly vma_pages?: number;
  readonly direct_pages?: number;
  readonly pte?: readonly (readonly [number, number, string])[];
  readonly touch?: string;
  readonly crc?: readonly (string | null)[];
  /** The signal that ended the process at the first touch. */
  readonly killed?: number | null;
}

interface Read {
  readonly type: 'read';
  readonly path: string;
  readonly errno: string | null;
  readonly size: number;
  readonly bytes: number;
  readonly crc: readonly string[];
}

type Line = Setup | Vector | Read | { readonly type: 'exec' };

const transcripts = [
  ...fixtureNames('transcripts').map((name) => `transcripts/${name}`),
  ...fixtureNames('kernels/transcripts').map((name) => `kernels/transcripts/${name}`),
];

const imageFile = (setup: Setup): string =>
  setup.image.startsWith('images/') && !setup.image.includes('16') ? `${setup.image}.gz` : `kernels/${setup.image}.gz`;

/** "address-as-pfn" is a 7.3 with the one line of the 6.17 regression put back. */
function modelFor(name: string, setup: Setup): string {
  if (name.includes('address-as-pfn')) return 'linux-6.17';
  return setup.release.startsWith('6.1.') ? 'linux-4.15' : 'linux-6.18';
}

/** The vma's address is the one thing that depends on what else the process has mapped. */
const withoutVma = (line: string): string => line.replace(/to vma 0x[0-9a-f]+/, 'to vma *');

const counts = { vectors: 0, reads: 0 };

afterAll(() => {
  process.stdout.write(
    `compared with real kernels: ${String(counts.vectors)} mmap vectors, ${String(counts.reads)} reads, ` +
      `${String(transcripts.length)} transcripts\n`,
  );
});

describe.each(transcripts)('%s', (name) => {
  const lines = jsonLines<Line>(name);
  const setup = lines[0] as Setup;
  const image = CramfsImage.open(fixture(imageFile(setup)), { pageSize: setup.page_size });
  const kernel = kernelModel(modelFor(name, setup));
  const physBits = name.includes('40bit') ? 40 : 46;
  const board = new Board(image, { physBase: Number(setup.base), regionSize: setup.mtd_size, kernel, physBits });

  test('mounts with the same log', () => {
    expect(board.mount.errno).toBeNull();
    expect(board.mount.log).toEqual(setup.kmsg);
  });

  /** Whether a page is mapped outside the region: what the machine had there is no business of the emulation. */
  const isForeign = (direct: readonly { page: number; pages: number; pfn: string }[], page: number): boolean =>
    direct.some(
      (run) =>
        page >= run.page &&
        page < run.page + run.pages &&
        board.memory.frame(Number(run.pfn) + page - run.page, setup.page_size) === 'foreign',
    );

  test('maps as the kernel did', () => {
    const vectors = lines.filter((line): line is Vector => line.type === 'vector');
    expect(vectors.length).toBeGreaterThan(0);
    for (const vector of vectors) {
      const flags = vector.flags.split(',');
      const died = vector.killed === 9;
      const detail = { crc: !flags.includes('notouch') };
      const request = {
        path: vector.path,
        offset: vector.offset,
        length: vector.length,
        prot: vector.prot,
        shared: flags.includes('shared'),
        populate: flags.includes('populate'),
        locked: flags.includes('locked'),
        rdwr: flags.includes('rdwr'),
      };
      const got = mapJson(board.map(request, detail), board, detail);
      const direct = got.direct as readonly { page: number; pages: number; pfn: string }[];
      expect({
        request,
        errno: got.errno,
        failed: vector.killed === undefined ? got.failed : undefined, // not recorded where a child did the work
        kmsg: (got.log as string[]).map(withoutVma),
        state: got.state ?? undefined,
        vmflags: (got.vmFlags as string[] | null)?.join(' '),
        maps_offset: got.mapsOffset ?? undefined,
        vma_pages: got.vmaPages ?? undefined,
        direct_pages: got.directPages ?? undefined,
        pte: got.vmFlags === null ? undefined : direct.map((run) => [run.page, run.pages, run.pfn]),
        killed: (got.touch as string | undefined)?.includes('K') ?? false,
        touch: died ? undefined : got.touch,
        crc: died ? undefined : got.crc32,
      }).toEqual({
        request,
        errno: vector.errno,
        failed: vector.failed,
        kmsg: vector.kmsg.map(withoutVma),
        state: vector.state,
        vmflags: vector.vmflags,
        maps_offset: vector.maps_offset,
        vma_pages: vector.vma_pages,
        direct_pages: vector.direct_pages,
        pte: vector.pte,
        killed: died,
        touch: vector.touch,
        crc: vector.crc?.map((crc, page) => (isForeign(direct, page) ? null : crc)),
      });
      counts.vectors++;
    }
  });

  test('reads as the kernel did', () => {
    const fs = board.mounted();
    for (const read of lines.filter((line): line is Read => line.type === 'read')) {
      const { inode } = board.open(read.path);
      const crcs: string[] = [];
      let bytes = 0;
      for (let index = 0; index < filePages(fs, inode); index++) {
        const folio = readFolio(fs, inode, index, image.inflate);
        if ('error' in folio) break;
        const page = folio.bytes.slice();
        page.fill(0, inode.size - bytes); // read(2) ends at the end of the file; the transcript pads with zeros
        crcs.push(crcHex(crc32(page)));
        bytes = Math.min(inode.size, bytes + setup.page_size);
      }
      expect({ path: read.path, size: inode.size, bytes, crc: crcs }).toEqual({
        path: read.path,
        size: read.size,
        bytes: read.bytes,
        crc: read.crc,
      });
      counts.reads++;
    }
  });
});
