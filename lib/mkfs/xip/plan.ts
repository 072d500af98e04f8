/**
 * The plan of an image whose programs run in place: what becomes direct, what it costs, what it saves.
 */
import { CramfsError } from '../../base/errors.ts';
import { type ContentHash, plainHash } from '../contentHash.ts';
import { defaultCompressor } from '../encodeFile.ts';
import { type BuildOptions, type BuildResult, buildImage, type ChooseDirect } from '../mkfs.ts';
import { rememberingCompressor } from '../rememberingCompressor.ts';
import type { DirectoryEntry } from '../sourceTree.ts';
import { type Candidate, findCandidates, type RunOption } from './candidates.ts';
import type { Segment } from './executable.ts';
import { flashCurve, type Group, selectWithin } from './knapsack.ts';
import type { LeftOut, XipSpec } from './spec.ts';

export type { LeftOut, XipSpec } from './spec.ts';

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
  /** How often these pages are used; without a profile each counts once. */
  readonly uses: number;
  /** Used pages past `end`, which a budget leaves in RAM. */
  readonly pagesOverBudget: number;
  /** Whether it must be direct. */
  readonly pinned: boolean;
  readonly leftOut: LeftOut | null;
}

/** A step of the curve: what is added, what it costs and what it buys. Bytes and pages. */
export interface PlanStep {
  readonly paths: readonly string[];
  /** The pages that become direct: all of a run's, or the next ones. */
  readonly first: number;
  readonly end: number;
  readonly pinned: boolean;
  readonly flashBytes: number;
  readonly ramPages: number;
  readonly uses: number;
  /** All steps up to this one. */
  readonly total: { readonly flashBytes: number; readonly ramPages: number; readonly uses: number };
}

/** A plan, and the image built by it. */
export interface XipPlan {
  readonly spec: XipSpec;
  readonly pageSize: number;
  readonly items: readonly PlanItem[];
  /** What flash buys, from nothing to everything: what is pinned first, then what is used most for its bytes. */
  readonly curve: readonly PlanStep[];
  /** Bytes of the image with nothing direct. */
  readonly plainSize: number;
  /** Uses that no other selection within the budget could serve more of. */
  readonly boundUses: number;
  readonly image: BuildResult;
}

/** Tries to meet a budget: alignment is known only when everything is placed. */
const MAX_TRIES = 12;

/** Parts of a use that count, where uses are fractions: values of the selection are whole numbers. */
const FRACTIONS = 16;

/** What is direct: candidates, each up to one of its ends. */
type Chosen = ReadonlyMap<Candidate, RunOption>;

/**
 * Plans and builds. Nothing is left to chance: equal input gives an equal plan.
 *
 * @throws CramfsError UNFIT when not even the image with only what is pinned is within the budget; USAGE where a pinned file
 *   cannot be direct; and as buildImage()
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
  const plainSize = plain.size;
  const candidates = await findCandidates(root, { spec, pageSize, littleEndian, hash, compressor });
  const pinned = requirePinned(candidates);
  const open = candidates.filter((candidate) => candidate.leftOut === null && !candidate.pinned);
  const scale = open.every(({ options }) => options.every(({ uses }) => Number.isInteger(uses))) ? 1 : FRACTIONS;
  const groups: Group[] = open.map(({ options }) =>
    options.map(({ flashBytes, uses }) => ({ cost: flashBytes, value: Math.ceil(uses * scale) })),
  );
  const curve = curveOf(pinned, open, groups);
  const finish = async (chosen: Chosen, boundUses: number): Promise<XipPlan> => {
    const items = candidates.map((candidate) => itemOf(candidate, chosen.get(candidate)));
    const image =
      chosen.size === 0 ? plain : await buildImage(root, { ...base, chooseDirect: chooser(chosen, pageSize, hash) });
    return { spec, pageSize, items, curve, plainSize, boundUses, image };
  };
  const { flashBudget } = spec;
  if (flashBudget === null) {
    const everything = new Map([...pinned, ...open.map((each) => [each, fullOption(each)] as const)]);
    return finish(everything, usesOf(everything));
  }
  if (plainSize > flashBudget) {
    throw new CramfsError('UNFIT', {
      expected: `an image of at most ${flashBudget} bytes (--flash-budget)`,
      found: `${plainSize} bytes with nothing direct`,
    });
  }
  // What is left of the budget beside the plain image, less what alignment turned out to take.
  const pinnedBytes = [...pinned.values()].reduce((sum, { flashBytes }) => sum + flashBytes, 0);
  let allowance = flashBudget - plainSize - pinnedBytes;
  for (let tries = 0; tries < MAX_TRIES && allowance >= 0; tries++) {
    const selection = selectWithin(groups, allowance);
    const chosen = new Map(pinned);
    selection.taken.forEach((option, group) => {
      const candidate = open[group];
      const taken = option === null ? undefined : candidate?.options[option];
      if (candidate !== undefined && taken !== undefined) chosen.set(candidate, taken);
    });
    const plan = await finish(chosen, usesOf(pinned) + selection.bound / scale);
    const excess = plan.image.size - flashBudget;
    if (excess <= 0) return plan;
    allowance = Math.min(allowance, selection.cost) - excess;
  }
  const least = await finish(pinned, usesOf(pinned));
  if (least.image.size <= flashBudget) return least;
  throw new CramfsError('UNFIT', {
    expected: `an image of at most ${flashBudget} bytes (--flash-budget)`,
    found: `${least.image.size} bytes with only the pinned files direct`,
  });
}

const fullOption = ({ options }: Candidate): RunOption => options.at(-1) ?? options[0];

/** The candidates that must be direct, as a whole. @throws CramfsError USAGE where one cannot be */
function requirePinned(candidates: readonly Candidate[]): Map<Candidate, RunOption> {
  const pinned = candidates.filter((candidate) => candidate.pinned);
  const impossible = pinned.find(({ leftOut }) => leftOut !== null);
  if (impossible !== undefined) {
    throw new CramfsError('USAGE', {
      path: impossible.paths[0],
      found:
        'it cannot be pinned: it ends on a page boundary, and Linux would read its last page as zeros ' +
        '(--no-avoid-last-page-defect places it anyway)',
    });
  }
  return new Map(pinned.map((candidate) => [candidate, fullOption(candidate)]));
}

function usesOf(chosen: Chosen): number {
  return [...chosen.values()].reduce((sum, { uses }) => sum + uses, 0);
}

function itemOf(candidate: Candidate, chosen: RunOption | undefined): PlanItem {
  const { paths, format, size, segments, first, leftOut, pinned } = candidate;
  const full = fullOption(candidate);
  const { end, flashBytes, ramPages, uses } = chosen ?? full;
  const pagesOverBudget = chosen === undefined ? 0 : full.ramPages - ramPages;
  const why = chosen === undefined ? (leftOut ?? 'budget') : null;
  return {
    paths,
    format,
    size,
    segments,
    first,
    end,
    flashBytes,
    ramPages,
    uses,
    pagesOverBudget,
    pinned,
    leftOut: why,
  };
}

/** The curve: what is pinned, then the steps of the selection. */
function curveOf(pinned: Chosen, open: readonly Candidate[], groups: readonly Group[]): PlanStep[] {
  const steps: PlanStep[] = [];
  const add = ({ paths, first, pinned }: Candidate, option: RunOption, before: RunOption | undefined): void => {
    const none = { flashBytes: 0, ramPages: 0, uses: 0 };
    const from = before ?? none;
    const flashBytes = option.flashBytes - from.flashBytes;
    const ramPages = option.ramPages - from.ramPages;
    const uses = option.uses - from.uses;
    const last = steps.at(-1)?.total ?? none;
    const total = {
      flashBytes: last.flashBytes + flashBytes,
      ramPages: last.ramPages + ramPages,
      uses: last.uses + uses,
    };
    steps.push({ paths, first: before?.end ?? first, end: option.end, pinned, flashBytes, ramPages, uses, total });
  };
  for (const [candidate, option] of pinned) add(candidate, option, undefined);
  for (const { group, option, before } of flashCurve(groups)) {
    const candidate = open[group];
    const taken = candidate?.options[option];
    if (candidate !== undefined && taken !== undefined) {
      add(candidate, taken, before === null ? undefined : candidate.options[before]);
    }
  }
  return steps;
}

function chooser(chosen: Chosen, pageSize: number, hash: ContentHash): ChooseDirect {
  const runs = new Map<string, { readonly first: number; readonly end: number }[]>();
  for (const [{ name, first, alsoPage }, { end }] of chosen) {
    const also = alsoPage === null ? [] : [{ first: alsoPage, end: alsoPage + 1 }];
    runs.set(name, [...(runs.get(name) ?? []), { first, end }, ...also]);
  }
  return (bytes, node) => {
    if ((node.mode & 0o170000) !== 0o100000) return null;
    const items = runs.get(hash.of(bytes));
    if (items === undefined) return null;
    const count = Math.ceil(bytes.length / pageSize);
    return Array.from({ length: count }, (_, block) => items.some(({ first, end }) => block >= first && block < end));
  };
}
