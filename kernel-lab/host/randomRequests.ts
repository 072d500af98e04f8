/**
 * Random requests about an image: each outcome that the image allows is to be common, the rare ones included.
 *
 * Most outcomes need a file and a range of its pages that go together, so chance alone would find the same three of them
 * over and over. So a few vectors are drawn, and of those the one is asked whose outcome, as far as the emulation can
 * tell, was the rarest up to then.
 */
import { walk } from '../../lib/format.ts';
import type { Board } from '../../lib/index.ts';
import type { MapWarning } from '../../lib/kernel.ts';
import { OUTCOMES, outcomeOf } from './outcome.ts';
import { Random } from './random.ts';
import { flagsOf, type LabFlag, type LabRead, type LabRequest, type LabVector } from './record.ts';
import { mapVector, vectorRecord } from './replay.ts';

/** Vectors that are drawn for one that is asked. */
const DRAWN = 8;

/** A path that can be mapped, or not. */
interface Target {
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'other';
  /** Bytes of a file; of anything else 0. */
  readonly size: number;
}

/** Requests to read each file of an image. */
export function readRequests(board: Board): LabRead[] {
  return targetsOf(board)
    .filter(({ kind }) => kind === 'file')
    .map(({ path }) => ({ type: 'read', path }));
}

/**
 * Vectors about the files of a board's image. The emulation says which of them a real kernel would survive.
 *
 * @throws CramfsError as Board.map()
 */
export function randomVectors(board: Board, seed: number, count: number): LabVector[] {
  const random = new Random(seed);
  const targets = targetsOf(board);
  const counts = new Map<string, number>();
  const vectors: LabVector[] = [];
  while (vectors.length < count) {
    let best: (Candidate & { readonly rarity: number }) | null = null;
    for (let drawn = 0; drawn < DRAWN; drawn++) {
      const found = candidate(board, randomVector(random, targets, board.cpu));
      if (found === null) continue;
      const rarity = (counts.get(found.outcome) ?? 0) / (OUTCOMES.get(found.outcome) ?? 1);
      if (best === null || rarity < best.rarity) best = { ...found, rarity };
    }
    if (best === null) continue;
    counts.set(best.outcome, (counts.get(best.outcome) ?? 0) + 1);
    vectors.push(best.vector);
  }
  return vectors;
}

function targetsOf({ image }: Board): Target[] {
  return Array.from(walk(image, { onProblem: () => undefined }), ({ inode, path }): Target => {
    if (inode.type === 'file') return { path, kind: 'file', size: inode.size };
    return { path, kind: inode.type === 'directory' ? 'directory' : 'other', size: 0 };
  });
}

/** A vector that a kernel can be asked, and what will come of it as far as the emulation can tell. */
interface Candidate {
  readonly vector: LabVector;
  readonly outcome: string;
}

/** Whether a kernel can be asked this: it would not hang or die, and no memory but the image's would be touched. */
export function isAskable(board: Board, request: LabRequest): boolean {
  return request.type !== 'vector' || candidate(board, request)?.vector === request;
}

/** Null for a vector that would hang or kill a kernel; pages that are not the image's are mapped and not touched. */
function candidate(board: Board, vector: LabVector): Candidate | null {
  const verdict = mapVector(board, vector, {});
  const outcome = outcomeOf(vectorRecord(vector, verdict));
  if (typeof verdict === 'string') return { vector, outcome };
  const warns = (code: MapWarning['code']): boolean => verdict.warnings.some((warning) => warning.code === code);
  // A kernel that oopses in the flush of the instruction cache goes on with the next request.
  if ((verdict.bug !== null && verdict.icache === null) || warns('populate-hangs')) return null;
  const touches = !flagsOf(vector).has('notouch');
  const isForeign = touches && warns('foreign-memory');
  return { vector: isForeign ? { ...vector, flags: `${vector.flags},notouch` } : vector, outcome };
}

const PROTECTIONS = [
  ['r', 40],
  ['rx', 25],
  ['rw', 8],
  ['x', 6],
  ['-', 5],
  ['w', 4],
  ['rwx', 3],
  ['wx', 1],
] as const;

/** More bytes than an address space has. A 32-bit `size_t` keeps none of these bits: the length becomes 0. */
const TOO_LONG = 2 ** 47;
/** For CPUs with larger address spaces. */
const LONGEST_64 = 2 ** 62;
/** Lengths about the longest that a 32-bit `size_t` can hold. */
const longest32 = (pageSize: number): number[] => [2 ** 32 - pageSize, 2 ** 32 - 1, 2 ** 32 + pageSize];
/** The last page that a file offset can tell. */
const LAST_PAGE = 2 ** 63;

function randomVector(random: Random, targets: readonly Target[], cpu: Board['cpu']): LabVector {
  const { path, size } = randomTarget(random, targets);
  const prot = random.weighted(PROTECTIONS);
  const flags: LabFlag[] = [random.chance(0.35) ? 'shared' : 'private'];
  if (random.chance(0.08)) flags.push('populate');
  if (random.chance(0.06)) flags.push('locked');
  if (random.chance(0.05)) flags.push('rdwr');
  const range = random.chance(0.08) ? oddRange(random, cpu) : randomRange(random, size, cpu.pageSize);
  return { type: 'vector', path, ...range, prot, flags: flags.join(',') };
}

function randomTarget(random: Random, targets: readonly Target[]): Target {
  const files = targets.filter(({ kind }) => kind === 'file');
  if (files.length === 0 || random.chance(0.08)) return random.pick(targets);
  const file = random.pick(files);
  return random.chance(0.02) ? { ...file, path: `${file.path}${random.pick(['/', '/x', 'x'])}` } : file;
}

type Range = Pick<LabVector, 'length' | 'offset'>;

/** A range of a file, or one that begins or ends behind it. */
function randomRange(random: Random, size: number, pageSize: number): Range {
  const pages = Math.ceil(size / pageSize);
  const last = Math.max(0, pages - 1);
  const first = random.weighted([
    [0, 8],
    [random.integer(0, last), 6],
    [last, 4],
    [pages, 1],
    [pages + random.integer(1, 3), 1],
  ]);
  const toEnd = Math.max(1, pages - first);
  const length = random.weighted([
    [toEnd * pageSize, 5],
    [Math.max(1, size - first * pageSize), 3],
    [pageSize, 4],
    [random.integer(1, toEnd) * pageSize, 4],
    [(toEnd + random.integer(1, 3)) * pageSize, 3],
    [random.integer(1, toEnd * pageSize), 2],
  ]);
  return { offset: first * pageSize, length };
}

/** A range that no file has. */
function oddRange(random: Random, { pageSize, wordBits, taskSize }: Board['cpu']): Range {
  const tooLong =
    wordBits === 32 ? random.pick([TOO_LONG, ...longest32(pageSize)]) : taskSize > TOO_LONG ? LONGEST_64 : TOO_LONG;
  return random.pick([
    { offset: 0, length: 0 },
    { offset: pageSize * random.integer(0, 3) + random.integer(1, pageSize - 1), length: pageSize },
    { offset: 0, length: tooLong },
    { offset: 2 ** random.integer(31, 52), length: pageSize },
    { offset: LAST_PAGE - pageSize * random.integer(1, 4), length: pageSize * random.integer(1, 4) },
  ]);
}
