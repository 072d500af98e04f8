/** Images full of random programs, to be run by a kernel and by the emulation. */
import type { RawBlock, RawEntry, RawImageSpec } from '../../__tests__/support/rawImage.ts';
import { sameBytes, type UserProcess } from '../../lib/kernel.ts';
import { execProgram, type Board } from '../../lib/index.ts';
import { MAX_REGIONS } from './bootPlan.ts';
import { addressIn, boardOf, type LabCase, regionOf } from './labCase.ts';
import { Random } from './random.ts';
import { codeOf, randomProgram, randomScript } from './randomProgram.ts';
import type { LabExec } from './record.ts';

const PAGE = 4096;
/** Programs of one image. */
const PROGRAMS = 16;

/** What to make. */
export interface ProgramPlan {
  /** Seed of the first image; the others have those that follow. */
  readonly seed: number;
  readonly programs: number;
  readonly bases: readonly number[];
  /** Release of the kernel that will be asked. */
  readonly release: string;
}

/** Random cases with at least so many programs, each image at one of the bases. */
export function programCases(plan: ProgramPlan): LabCase[] {
  const { bases } = plan;
  const cases: LabCase[] = [];
  let left = plan.programs;
  for (let image = 0; left > 0; image++) {
    const base = bases[image % bases.length] ?? 0;
    const seed = (plan.seed + image) % 2 ** 32;
    const spec = programImage(seed);
    const unasked = { seed, spec, physAddress: addressIn(image % MAX_REGIONS, bases, base), requests: [] };
    const requests = requestsOf(spec, unasked, plan.release).slice(0, left);
    left -= requests.length;
    cases.push({ ...unasked, requests });
  }
  return cases;
}

/** The image of a seed: programs and scripts in /bin, interpreters in /lib, and a place for /proc. */
function programImage(seed: number): RawImageSpec {
  const random = new Random(seed);
  const interpreters = ([32, 64] as const).flatMap((bits) =>
    [0, 1].map((number) => ({
      bits,
      path: `/lib/int${String(bits)}${String(number)}`,
      bytes: randomProgram(random, { bits, interpreters: [] }),
    })),
  );
  const paths = (bits: 32 | 64): string[] => [
    ...interpreters.filter((each) => each.bits === bits).map(({ path }) => path),
    ...(random.chance(0.1) ? ['/lib/none', '/lib', '', interpreters[random.integer(0, 3)]?.path ?? ''] : []),
  ];
  const programs = Array.from({ length: PROGRAMS }, (_, index) => {
    const bits = random.chance(0.6) ? 64 : 32;
    return {
      name: `p${String(index).padStart(2, '0')}`,
      bytes: random.chance(0.12)
        ? randomScript(
            random,
            interpreters.map(({ path }) => path),
          )
        : randomProgram(random, { bits, interpreters: paths(bits) }),
    };
  });
  const directory = (name: string, entries: RawEntry[]): RawEntry => ({ type: 'directory', name, entries });
  return {
    entries: [
      directory(
        'bin',
        programs.map(({ name, bytes }) => fileEntry(random, name, bytes)),
      ),
      directory(
        'lib',
        interpreters.map(({ path, bytes }) => fileEntry(random, path.slice('/lib/'.length), bytes)),
      ),
      directory('proc', []),
    ],
  };
}

/** A file whose blocks lie directly, compressed, or both; few are damaged. */
function fileEntry(random: Random, name: string, bytes: Uint8Array): RawEntry {
  const direct = random.weighted([
    [1, 6],
    [0, 2],
    [0.7, 2],
  ]);
  const blocks: RawBlock[] = [];
  for (let at = 0; at < bytes.length; at += PAGE) {
    const data = bytes.subarray(at, at + PAGE);
    if (random.chance(0.015)) blocks.push({ kind: 'zlib', stored: random.bytes(40) });
    else if (random.chance(direct)) blocks.push({ kind: 'direct', data });
    else blocks.push({ kind: 'zlib', data });
  }
  const mode = random.chance(0.04) ? 0o644 : 0o755;
  return { type: 'file', name, mode, size: bytes.length, blocks };
}

/** The programs whose end can be foretold: those that do not start, and those with the code at their entry point. */
function requestsOf(spec: RawImageSpec, unasked: LabCase, release: string): LabExec[] {
  const board = boardOf(regionOf(unasked), release);
  const bin = spec.entries.find(({ name }) => name === 'bin');
  if (bin?.type !== 'directory') return [];
  return bin.entries
    .map(({ name }) => `/bin/${String(name)}`)
    .filter((path) => isForetold(board, path))
    .map((path) => ({ type: 'exec', argv: [path, 'one'] }));
}

function isForetold(board: Board, path: string): boolean {
  const started: UserProcess[] = [];
  const { entry, header } = execProgram(board, {
    path,
    cpu: board.cpu.name,
    observe: (process) => {
      started.push(process);
    },
  });
  const [process] = started;
  return entry === null || header === null || process === undefined || hasCode(process, entry, header.bits);
}

function hasCode(process: UserProcess, entry: number, bits: 32 | 64): boolean {
  // Where nothing is mapped the kernel may have put its vdso.
  if (process.vmaAt(entry) === undefined) return false;
  const view = process.fetch(entry);
  if (view.touch !== 'ok' || view.bytes === null) return view.touch !== 'ok';
  const within = entry % process.cpu.pageSize;
  const code = codeOf(bits);
  return sameBytes(view.bytes.subarray(within, within + code.length), code);
}
