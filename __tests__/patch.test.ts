/**
 * The posted patch and the 6.17 regression, as they ran inside a real kernel.
 */
import { afterAll, describe, expect, test } from '@jest/globals';
import { CramfsImage } from '../lib/image/image.ts';
import { kernelModel } from '../lib/driver/models/named.ts';
import { mapJson } from '../lib/report/mapJson.ts';
import { Board } from '../lib/verdict/board.ts';
import { fixture, jsonLines } from './support/fixtures.ts';

interface Vector {
  readonly image: string;
  readonly path: string;
  readonly length: number;
  readonly offset: number;
  readonly prot: string;
  readonly flags: string;
  readonly errno: string | null;
  readonly kmsg: readonly string[];
  readonly calls: readonly (readonly string[])[];
  readonly state?: string;
  readonly vmflags?: string;
  readonly maps_offset?: string;
  readonly vma_pages?: number;
  readonly direct_pages?: number;
  readonly pte?: readonly (readonly [number, number, string])[];
  readonly beyond_vma_pte?: readonly (readonly [number, number, string])[];
  readonly content_ok?: readonly string[];
}

interface Run {
  readonly page: number;
  readonly pages: number;
  readonly pfn: string;
}

const RAM_ABOVE_4G = [{ base: 2 ** 32, size: 2 ** 32 }];

const runs = [
  { file: 'base', kernel: 'linux-4.15' },
  { file: 'base-low', kernel: 'linux-4.15', base: 0x140000, ram: RAM_ABOVE_4G },
  { file: 'v617', kernel: 'linux-6.17' },
  { file: 'v617-pb46', kernel: 'linux-6.17', physBits: 46 },
  { file: 'v617-low', kernel: 'linux-6.17', base: 0x140000, ram: RAM_ABOVE_4G },
  { file: 'v1-zero', kernel: 'patch-v1', stackInit: 0 },
  { file: 'v1-zero-pb46', kernel: 'patch-v1', stackInit: 0, physBits: 46 },
  { file: 'v1-pattern', kernel: 'patch-v1', stackInit: 0xfefefefe },
  { file: 'v1fixpfn-zero', kernel: 'patch-v1-pfn-fixed', stackInit: 0 },
  { file: 'v1fixpfn-pattern', kernel: 'patch-v1-pfn-fixed', stackInit: 0xfefefefe },
];

const thirteen = new Set(['rd', 'wr', 'ex', 'sh', 'mr', 'mw', 'me', 'ms', 'pf', 'mm', 'io', 'de', 'dd']);
const withoutVma = (line: string): string => line.replace(/to vma 0x[0-9a-f]+/, 'to vma *');
const triples = (list: readonly Run[]): (number | string)[][] => list.map((run) => [run.page, run.pages, run.pfn]);

/** One traced call of a fixture, in our terms: function, pfn, size, result. */
function traced(call: readonly string[], passedAddress: boolean): Record<string, string | number | undefined> {
  const value = (key: string): string | undefined =>
    call.find((part) => part.startsWith(`${key}=`))?.slice(key.length + 1);
  const size = value('size');
  const arrow = call.find((part) => part.startsWith('-> '))?.slice(3);
  const isPrepare = call[0] === 'remap_pfn_range_prepare';
  const returned = isPrepare ? '0' : (arrow ?? (call.includes('->') ? call[call.indexOf('->') + 1] : 'BUG'));
  // In the runs with the repair the shim turned the address that the patch passes into a PFN, behind the trace.
  const repaired = passedAddress && call[0] === 'vmf_insert_mixed';
  const pfn = repaired ? `0x${(Number(value('pfn')) / 4096).toString(16)}` : value('pfn');
  return { call: call[0], pfn, size: size === undefined ? undefined : Number(size), result: returned };
}

const TRACED = new Set(['remap_pfn_range_prepare', 'remap_pfn_range_complete', 'vmf_insert_mixed']);
let compared = 0;

afterAll(() => {
  process.stdout.write(
    `compared with the posted patch and the regression in a real kernel: ${String(compared)} vectors\n`,
  );
});

describe.each(runs)('$file', ({ file, kernel, base, ...options }) => {
  const boards = new Map<string, Board>();
  const boardFor = (image: string): Board => {
    let board = boards.get(image);
    if (board === undefined) {
      board = new Board(CramfsImage.open(fixture(`patch/${image}.cramfs.gz`)), {
        physBase: base ?? 0x1000_0000,
        regionSize: 1 << 26,
        kernel: kernelModel(kernel),
        ...options,
        // The two files of adj were run on the CPU with 46 bits: a touch of address << 12 gives zeros and kills nobody.
        ...(image === 'adj' ? { physBits: 46 } : {}),
      });
      boards.set(image, board);
    }
    return board;
  };

  // In the runs of the unmodified module nothing was traced.
  const isTraced = !file.startsWith('base');

  test('agrees in errno or BUG, log, calls, PTEs, state, maps offset and content', () => {
    for (const vector of jsonLines<Vector>(`patch/${file}.jsonl.gz`)) {
      const flags = vector.flags.split(',');
      const detail = { trace: true, crc: true };
      const request = {
        path: vector.path,
        offset: vector.offset,
        length: vector.length,
        prot: vector.prot,
        shared: flags.includes('shared'),
        populate: flags.includes('populate'),
        lone: flags.includes('lone'),
      };
      const board = boardFor(vector.image);
      const got = mapJson(board.map(request, detail), detail);
      const trace = got.trace as readonly { call: string; pfn: string; size?: number; result: string }[];
      const crashed = vector.errno === 'CRASH';
      const vmFlags = got.vmFlags as string[] | null;
      expect({
        request,
        errno: got.errno,
        bug: got.bug !== null,
        kmsg: (got.log as string[]).map(withoutVma),
        calls: isTraced
          ? trace
              .filter((entry) => TRACED.has(entry.call))
              .map(({ call, pfn, size, result }) => ({ call, pfn, size, result }))
          : [],
        state: got.state ?? undefined,
        vmflags: vmFlags?.filter((flag) => thirteen.has(flag)),
        maps_offset: got.mapsOffset ?? undefined,
        vma_pages: got.vmaPages ?? undefined,
        direct_pages: got.directPages ?? undefined,
        pte: vmFlags === null ? undefined : triples(got.direct as Run[]),
        beyond: vector.beyond_vma_pte === undefined ? undefined : triples(got.beyond as Run[]),
        sees: vector.content_ok === undefined ? undefined : got.sees,
      }).toEqual({
        request,
        errno: crashed ? null : vector.errno,
        bug: crashed,
        kmsg: vector.kmsg.map(withoutVma),
        calls: vector.calls.map((call) => traced(call, kernel === 'patch-v1-pfn-fixed')),
        state: vector.state,
        vmflags: vector.vmflags?.split(' ').filter((flag) => thirteen.has(flag)),
        maps_offset: vector.maps_offset,
        vma_pages: vector.vma_pages,
        direct_pages: vector.direct_pages,
        pte: vector.pte,
        beyond: vector.beyond_vma_pte,
        sees: vector.content_ok?.map((word) => (word === 'another process (secret)' ? 'foreign' : word)),
      });
      compared++;
    }
  });
});
