/**
 * The plan of an image whose programs run in place: what becomes direct, what it costs, what it saves.
 */
import { CramfsError } from '../../base/errors.ts';
import { type ContentHash, plainHash } from '../contentHash.ts';
import { type BlockCompressor, defaultCompressor } from '../encodeFile.ts';
import { MAX_SIZE } from '../inodes.ts';
import { type BuildOptions, type BuildResult, buildImage, type ChooseDirect } from '../mkfs.ts';
import { rememberingCompressor } from '../rememberingCompressor.ts';
import { type DirectoryEntry, type FileEntry, walkEntries } from '../sourceTree.ts';
import type { UsedPages, XipChoice } from './choice.ts';
import { readExecutable, type Segment } from './executable.ts';
import { type CurvePoint, flashCurve, selectWithin } from './knapsack.ts';

/** What is asked for. */
export interface XipSpec {
  /** Whether the target has an MMU. With one, blocks must lie on pages of physical memory. */
  readonly mode: 'mmu' | 'nommu';
  /** Physical address of the image. */
  readonly physBase: number;
  /** `inline`: direct blocks where mkcramfs has them; `packed`: all together behind everything else. */
  readonly layout: 'inline' | 'packed';
  readonly choice: XipChoice;
  /** Pages seen in use; null where nothing is known, and every page counts. */
  readonly profile: UsedPages | null;
  /**
   * Linux reads the last page of a file of whole pages as zeros if it is direct (mapped, it is right). Such a page stays
   * compressed: with an MMU the mapping then has one page in RAM, without one it is not chosen.
   */
  readonly avoidLastPageDefect: boolean;
  /** Bytes that the image may have; null for no bound. */
  readonly flashBudget: number | null;
}

/** Why something is not direct. */
export type LeftOut = 'budget' | 'last-page' | 'unused';

/** A run of pages that is direct or not as a whole. */
export interface PlanItem {
  /** All files of this content. */
  readonly paths: readonly string[];
  /** "ELF32", "ELF64", "bFLT", or "data" for a file that is chosen as a whole. */
  readonly format: string;
  /** Bytes of the file. */
  readonly size: number;
  /** What is mapped as a whole, and lies in this run. */
  readonly segments: readonly Segment[];
  /** Pages [first, end) of the file that are direct. */
  readonly first: number;
  readonly end: number;
  /** Bytes of flash more than compressed; alignment not counted. */
  readonly flashBytes: number;
  /** Pages of RAM that need not be read into the page cache. */
  readonly ramPages: number;
  readonly leftOut: LeftOut | null;
}

/** A plan, and the image built by it. */
export interface XipPlan {
  readonly spec: XipSpec;
  readonly pageSize: number;
  readonly items: readonly PlanItem[];
  /** What flash buys, from nothing to everything. */
  readonly curve: readonly CurvePoint[];
  /** Bytes of the image with nothing direct. */
  readonly plainSize: number;
  /** Pages that no other selection within the budget could save more of. */
  readonly boundPages: number;
  readonly image: BuildResult;
}

/** Points of the curve at most. */
const CURVE_POINTS = 12;
/** Tries to meet a budget: alignment is known only when everything is placed. */
const MAX_TRIES = 12;

/** A content that could be direct in parts. */
interface Candidate {
  readonly name: string;
  readonly item: PlanItem;
}

/**
 * Plans and builds. Nothing is left to chance: equal input gives an equal plan.
 *
 * @throws CramfsError UNFIT when not even the image without direct blocks is within the budget, and as buildImage()
 */
export async function planXip(
  root: DirectoryEntry,
  spec: XipSpec,
  options: Omit<BuildOptions, 'chooseDirect' | 'direct' | 'storeIncompressible' | 'keepRemnants'> = {},
): Promise<XipPlan> {
  const { pageSize = 4096, littleEndian = true, hash = plainHash } = options;
  const compressor = rememberingCompressor(options.compressor ?? defaultCompressor(), hash);
  const base: BuildOptions = {
    ...options,
    compressor,
    storeIncompressible: true,
    compressFullLastPage: spec.avoidLastPageDefect,
    direct: { alignment: spec.mode === 'mmu' ? pageSize : 8, base: spec.physBase, layout: spec.layout, padTail: true },
  };
  const plain = await buildImage(root, base);
  const plainSize = plain.bytes.length;
  const candidates = await findCandidates(root, spec, pageSize, littleEndian, hash, compressor);
  const open = candidates.filter(({ item }) => item.leftOut === null);
  const choices = open.map(({ item }) => ({ cost: item.flashBytes, value: item.ramPages }));
  const curve = flashCurve(choices, CURVE_POINTS);
  const finish = async (chosen: ReadonlySet<Candidate>, boundPages: number): Promise<XipPlan> => {
    const items = candidates.map((candidate): PlanItem => {
      const { item } = candidate;
      return item.leftOut === null && !chosen.has(candidate) ? { ...item, leftOut: 'budget' } : item;
    });
    const image =
      chosen.size === 0 ? plain : await buildImage(root, { ...base, chooseDirect: chooser(chosen, pageSize, hash) });
    return { spec, pageSize, items, curve, plainSize, boundPages, image };
  };
  const all = choices.reduce((sum, { value }) => sum + value, 0);
  const { flashBudget } = spec;
  if (flashBudget === null) return finish(new Set(open), all);
  if (plainSize > flashBudget) {
    throw new CramfsError('UNFIT', {
      expected: `an image of at most ${flashBudget} bytes (--flash-budget)`,
      found: `${plainSize} bytes with nothing direct`,
    });
  }
  // What is left of the budget beside the plain image, less what alignment turned out to take.
  let allowance = flashBudget - plainSize;
  for (let tries = 0; tries < MAX_TRIES && allowance >= 0; tries++) {
    const selection = selectWithin(choices, allowance);
    const chosen = new Set(selection.chosen.flatMap((index) => open[index] ?? []));
    const plan = await finish(chosen, selection.bound);
    const excess = plan.image.bytes.length - flashBudget;
    if (excess <= 0) return plan;
    allowance = Math.min(allowance, selection.cost) - excess;
  }
  return finish(new Set(), 0);
}

function chooser(chosen: ReadonlySet<Candidate>, pageSize: number, hash: ContentHash): ChooseDirect {
  const runs = new Map<string, PlanItem[]>();
  for (const { name, item } of chosen) runs.set(name, [...(runs.get(name) ?? []), item]);
  return (bytes, node) => {
    if ((node.mode & 0o170000) !== 0o100000) return null;
    const items = runs.get(hash.of(bytes));
    if (items === undefined) return null;
    const count = Math.ceil(bytes.length / pageSize);
    return Array.from({ length: count }, (_, block) => items.some(({ first, end }) => block >= first && block < end));
  };
}

async function findCandidates(
  root: DirectoryEntry,
  spec: XipSpec,
  pageSize: number,
  littleEndian: boolean,
  hash: ContentHash,
  compressor: BlockCompressor,
): Promise<Candidate[]> {
  const known = new Map<string, { paths: string[]; used: Set<number>; bytes: Uint8Array; choice: 'yes' | 'auto' }>();
  for (const { path, entry } of walkEntries(root)) {
    if (entry.type !== 'file' || entry.content.size === 0 || entry.content.size > MAX_SIZE) continue;
    const choice = spec.choice(path);
    if (choice === 'no') continue;
    const bytes = readCandidate(entry, choice, pageSize);
    if (bytes === null) continue;
    const name = hash.of(bytes);
    const content = known.get(name) ?? { paths: [], used: new Set<number>(), bytes, choice };
    content.paths.push(path);
    if (choice === 'yes') content.choice = 'yes';
    for (const page of spec.profile?.get(path) ?? []) content.used.add(page);
    known.set(name, content);
  }
  const candidates: Candidate[] = [];
  for (const [name, { paths, used, bytes, choice }] of known) {
    const executable = readExecutable(bytes, pageSize);
    const runsHere = executable !== null && (executable.littleEndian ?? littleEndian) === littleEndian;
    if (choice === 'auto' && !runsHere) continue;
    const count = Math.ceil(bytes.length / pageSize);
    const segments = runsHere ? executable.segments : [{ first: 0, end: count, prot: 'r' }];
    const format = runsHere ? executable.format : 'data';
    for (const run of mergeSegments(segments)) {
      const bounds = directBounds(run, bytes.length, pageSize, spec, used);
      const saved = await flashCost(bytes, bounds.first, bounds.end, pageSize, compressor);
      const pages = bounds.end - bounds.first;
      const ramPages = spec.profile === null ? pages : countWithin(used, bounds.first, bounds.end);
      const item = { paths, format, size: bytes.length, segments: run, ...bounds, flashBytes: saved, ramPages };
      candidates.push({ name, item });
    }
  }
  return candidates;
}

/** The bytes of a file that may be a candidate; null for one that cannot be a program and was not named. */
function readCandidate(entry: FileEntry, choice: 'yes' | 'auto', pageSize: number): Uint8Array | null {
  const bytes = entry.content.read();
  return choice === 'yes' || readExecutable(bytes, pageSize) !== null ? bytes : null;
}

/** Segments that touch or share a page must be chosen together. */
function mergeSegments(segments: readonly Segment[]): Segment[][] {
  const runs: Segment[][] = [];
  let end = -1;
  for (const segment of [...segments].sort((a, b) => a.first - b.first || a.end - b.end)) {
    const run = runs.at(-1);
    if (run !== undefined && segment.first < end) run.push(segment);
    else runs.push([segment]);
    end = Math.max(end, segment.end);
  }
  return runs;
}

/** The pages of a run that are to be direct, or why none. */
function directBounds(
  run: readonly Segment[],
  size: number,
  pageSize: number,
  spec: XipSpec,
  used: ReadonlySet<number>,
): { first: number; end: number; leftOut: LeftOut | null } {
  const first = run[0]?.first ?? 0;
  let end = Math.max(...run.map((segment) => segment.end));
  if (spec.profile !== null) {
    const inside = [...used].filter((page) => page >= first && page < end);
    if (inside.length === 0) return { first, end, leftOut: 'unused' };
    // With an MMU a mapping is direct up to the first page that is not; without one it is so as a whole.
    if (spec.mode === 'mmu') end = Math.max(...inside) + 1;
  }
  const endsInFullPage = size % pageSize === 0 && end === size / pageSize;
  if (endsInFullPage && spec.avoidLastPageDefect) {
    if (spec.mode === 'nommu' || end - first === 1) return { first, end, leftOut: 'last-page' };
    end--;
  }
  return { first, end, leftOut: null };
}

function countWithin(used: ReadonlySet<number>, first: number, end: number): number {
  let count = 0;
  for (const page of used) if (page >= first && page < end) count++;
  return count;
}

/** What direct blocks take more than the same blocks compressed, in bytes. */
async function flashCost(
  bytes: Uint8Array,
  first: number,
  end: number,
  pageSize: number,
  compressor: BlockCompressor,
): Promise<number> {
  const pieces: Uint8Array[] = [];
  for (let page = first; page < end; page++) pieces.push(bytes.subarray(page * pageSize, (page + 1) * pageSize));
  const streams = await compressor.compress(pieces);
  return pieces.reduce((sum, piece, index) => {
    const otherwise = Math.min(streams[index]?.length ?? 0, piece.length);
    return sum + pageSize - otherwise;
  }, 0);
}
