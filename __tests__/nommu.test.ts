/**
 * The referee for kernels without an MMU: transcripts of a real one, run from top to bottom.
 */
import { isDeepStrictEqual } from 'node:util';
import { afterAll, describe, expect, test } from '@jest/globals';
import { crc32, crcHex } from '../lib/format/crc32.ts';
import { bytesSource } from '../lib/source/byteSource.ts';
import { CramfsImage } from '../lib/image/image.ts';
import { PhysicalMemory } from '../lib/physmem/physicalMemory.ts';
import { makeCpu } from '../lib/mm/cpus/index.ts';
import { kernelModel } from '../lib/driver/models/named.ts';
import { type MtdDevice, mountFromMtd } from '../lib/driver/mtd.ts';
import { mountCramfs } from '../lib/driver/mount.ts';
import { readFile } from '../lib/driver/readFolio.ts';
import { NommuSystem } from '../lib/exec/nommuSystem.ts';
import { mapJson } from '../lib/report/mapJson.ts';
import { Board } from '../lib/verdict/board.ts';
import { fixture, fixtureNames, jsonLines } from './support/fixtures.ts';
import {
  type ExecLine,
  type Line,
  mapRequest,
  nommuImage,
  normal,
  type Setup,
  type Vector,
  TranscriptRun,
} from './support/nommuTranscript.ts';

const folder = 'nommu/transcripts';
/** Each transcript with its folder and the model of the kernel that wrote it. */
const transcripts = [
  ...fixtureNames(folder).map((name) => ({ name, path: `${folder}/${name}`, model: 'nommu' })),
  ...fixtureNames('riscv/nommu').map((name) => ({ name, path: `riscv/nommu/${name}`, model: 'nommu-6.12' })),
].filter(({ name }) => name.includes('@'));
const kernel = kernelModel('nommu');
/** Expects two plain objects to be the same; quickly, where they are. */
function same(line: Line, got: object, wanted: object): void {
  if (isDeepStrictEqual(withoutUndefined(got), withoutUndefined(wanted))) return;
  expect({ line, is: got }).toEqual({ line, is: wanted });
}

const withoutUndefined = (fields: object): object =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

/**
 * A line without the dump of WARN_ON_ONCE(), registers and all: 6.12 warns once a boot where a traced process maps what could
 * be mapped in place (mm/nommu.c:922), and makes the copy.
 */
function withoutWarning(line: Line): Line {
  if (line.type !== 'vector') return line;
  const [from, to] = [
    line.kmsg.findIndex((text) => text.includes('cut here')),
    line.kmsg.findIndex((text) => text.includes('end trace')),
  ];
  if (from < 0 || to < 0) return line;
  expect({ mode: line.mode, flags: line.flags }).toMatchObject({ mode: 'traced', flags: 'private' });
  return { ...line, kmsg: [...line.kmsg.slice(0, from), ...line.kmsg.slice(to + 1)] };
}

const counts = { vectors: 0, alone: 0, reads: 0, execs: 0, others: 0, overlaps: 0, mounts: 0 };

afterAll(() => {
  process.stdout.write(
    `compared with a real kernel without an MMU: ${String(counts.vectors)} vectors in a row, ` +
      `${String(counts.alone)} of them also alone, ${String(counts.reads)} reads, ${String(counts.execs)} execs, ` +
      `${String(counts.others)} other lines, ${String(transcripts.length)} transcripts; ` +
      `${String(counts.overlaps)} overlaps, ${String(counts.mounts)} mounts\n`,
  );
});

describe.each(transcripts)('$name', ({ path, model }) => {
  const lines = jsonLines<Line>(path).map(withoutWarning);
  const kernel = kernelModel(model);
  const setup = lines[0] as Setup;
  const image = CramfsImage.open(nommuImage(setup.image));
  const physBase = Number(setup.base);
  const board = new Board(image, { physBase, regionSize: setup.mtd_size, littleEndian: true, kernel });

  test('mounts with the same log', () => {
    const [, name = ''] = /"(.*)"$/.exec(setup.mtd) ?? [];
    const mount = mountCramfs(board.memory, board.cpu, { mtdName: name, fallbackLog: null });
    expect({ errno: mount.errno, log: mount.log }).toEqual({ errno: setup.mount, log: setup.kmsg });
  });

  test('goes through the whole transcript as the kernel did', () => {
    const run = new TranscriptRun(new NommuSystem(board, { mtd: Number(/^mtd(\d+)/.exec(setup.mtd)?.[1]) }));
    for (const line of lines.slice(1)) {
      const { got, wanted } = run.step(line);
      same(line, got, wanted);
      if (line.type === 'vector') counts.vectors++;
      else if (line.type === 'read') counts.reads++;
      else if (line.type === 'exec') counts.execs++;
      else counts.others++;
    }
  });

  test('answers each request as if it were alone', () => {
    const alone = lines.filter(
      (line): line is Vector => line.type === 'vector' && line.shared_with_background !== true,
    );
    for (const vector of alone) {
      if (vector.mode === 'hold' && vector.errno === null && vector.kmsg.length === 0) continue; // the second of its kind
      const detail = { crc: !vector.flags.includes('notouch') };
      const got = mapJson(board.map(mapRequest(vector), detail), detail);
      const [, letters, offset] = vector.maps[0]?.split(' ') ?? [];
      const answer = {
        errno: got.errno,
        failed: got.failed,
        bug: got.bug,
        inFlash: got.inFlash,
        address: got.address,
        mapsType: got.mapsType,
        mapsOffset: got.mapsOffset,
        log: got.log,
        crc: got.crc32,
      };
      same(vector, answer, {
        errno: vector.errno,
        failed: vector.failed,
        bug: null,
        inFlash: vector.direct ?? null,
        address: vector.phys ?? null,
        mapsType: letters?.[3] ?? null,
        mapsOffset: offset === undefined ? null : `0x${Number.parseInt(offset, 16).toString(16)}`,
        log: vector.kmsg,
        crc: got.crc32 === null && physBase >= 0x8000_0000 ? null : (vector.crc ?? null), // RAM behind the device
      });
      counts.alone++;
    }
  });
});

interface Overlap {
  readonly case: string;
  readonly image: string;
  readonly first: Vector;
  readonly second: Vector | ExecLine;
  readonly kernel_bug: string | null;
  readonly first_result?: Partial<Vector>;
  readonly second_result?: Partial<Vector> & Partial<ExecLine>;
  readonly proc_maps_after?: readonly string[];
}

describe('two mappings that overlap', () => {
  test.each(jsonLines<Overlap>(`${folder}/overlap.jsonl.gz`))('$case', (overlap) => {
    const image = CramfsImage.open(nommuImage(overlap.image));
    const options = { physBase: 0x2200_0000, regionSize: 32 << 20, kernel };
    const system = new NommuSystem(new Board(image, options));
    const run = new TranscriptRun(system);
    const first = run.outcome({ ...overlap.first, ...overlap.first_result });
    expect(first).toMatchObject({ errno: null, ...run.expected(overlap.first_result ?? {}) });
    const second = run.outcome({ ...overlap.second, ...overlap.second_result });
    expect(second.bug ?? null).toBe(overlap.kernel_bug);
    if (overlap.second_result !== undefined) expect(second).toMatchObject(run.expected(overlap.second_result));
    if (overlap.proc_maps_after !== undefined) {
      expect(system.machine.procMaps().map(normal)).toEqual(overlap.proc_maps_after.map(normal));
    }
    counts.overlaps++;
  });
});

interface MountCase {
  readonly case: string;
  readonly image: string;
  readonly source: string;
  readonly mtd: readonly string[];
  readonly errno: string | null;
  readonly log: readonly string[];
  readonly read_readme?: string | { readonly size: number; readonly bytes: number; readonly crc: string };
  readonly mmap_bare_private?: Pick<Vector, 'errno' | 'addr' | 'kmsg' | 'crc'>;
  readonly mmap_bare_shared?: Pick<Vector, 'errno' | 'addr' | 'kmsg' | 'crc'>;
}

/** The MTD devices of a case: partitions of the bank at 0x22000000 one behind the other, or both banks as one. */
function mtdDevices({ mtd }: MountCase, bytes: Uint8Array): MtdDevice[] {
  let base = 0x2200_0000;
  return mtd.map((line) => {
    const [, size = '', name = ''] = /^mtd\d+: ([0-9a-f]+) [0-9a-f]+ "(.*)"$/.exec(line) ?? [];
    const layout = { base, size: Number.parseInt(size, 16), littleEndian: true };
    base += layout.size;
    // The image lies in the last device.
    const memory = new PhysicalMemory(bytesSource(line === mtd.at(-1) ? bytes : new Uint8Array(0)), layout);
    return { name, memory, point: layout.size <= 32 << 20 };
  });
}

describe('mounts', () => {
  test.each(jsonLines<MountCase>(`${folder}/mount.jsonl.gz`))('$case', (mountCase) => {
    const bytes = fixture(`${mountCase.image}.gz`);
    const devices = mtdDevices(mountCase, bytes);
    const mount = mountFromMtd(mountCase.source, devices, makeCpu('riscv64', 4096, true));
    expect({ errno: mount.errno, log: mount.log }).toEqual({ errno: mountCase.errno, log: mountCase.log });
    counts.mounts++;
    if (mount.mounted === null) return;

    const { base, size } = mount.mounted.memory;
    const board = new Board(CramfsImage.open(bytes), { physBase: base, regionSize: size, littleEndian: true, kernel });
    expect(readReadme(board)).toEqual(mountCase.read_readme);
    for (const shared of [false, true]) {
      const wanted = shared ? mountCase.mmap_bare_shared : mountCase.mmap_bare_private;
      const { addr, ...rest } = wanted ?? { addr: null };
      expect(mapBare(board, shared)).toEqual({ address: addr, ...rest });
    }
  });
});

function readReadme(board: Board): unknown {
  try {
    const { inode } = board.open('/readme');
    const folios = [...readFile(board.mounted(), inode, board.image.inflate)];
    if (folios.some((folio) => 'error' in folio)) return 'EIO';
    const content = new Uint8Array(inode.size);
    folios.forEach((folio, index) => {
      if ('bytes' in folio) content.set(folio.bytes.subarray(0, inode.size - index * 4096), index * 4096);
    });
    return { size: inode.size, bytes: content.length, crc: crcHex(crc32(content)) };
  } catch (error) {
    expect(error).toMatchObject({ code: 'NOT_FOUND' });
    return 'ENOENT';
  }
}

function mapBare(board: Board, shared: boolean): unknown {
  try {
    const detail = { crc: true };
    const got = mapJson(board.map({ path: '/bin/bare', length: 4096, shared }, detail), detail);
    return { errno: got.errno, address: got.address, kmsg: got.log, crc: got.crc32 };
  } catch (error) {
    expect(error).toMatchObject({ code: 'NOT_FOUND' });
    return { errno: 'ENOENT', address: null, kmsg: [], crc: null };
  }
}
