/**
 * Two kernels on one image: what each mapping of each file would be under either.
 */
import { Budget } from '../base/budget.ts';
import { CramfsError } from '../base/errors.ts';
import { filePages } from '../driver/inode.ts';
import { getBlockRange } from '../driver/blockRange.ts';
import { walk } from '../inspect/walk.ts';
import type { Board, BoardFile } from './board.ts';
import type { Violation, ViolationSeverity } from './violation.ts';
import { mapOpenedFile } from './mapFile.ts';
import type { MapVerdict, Sight } from './mapVerdict.ts';
import type { MapRequest } from './request.ts';

/** How a mapping fares, from worst to best. */
export const OUTCOMES = [
  'kernel-dies',
  'killed',
  'foreign-memory',
  'other-file',
  'image-metadata',
  'entry-outside-vma',
  'wrong-content',
  'tail-not-zero',
  'fails',
  'fewer-direct',
  'reported-otherwise',
] as const;

/** What a mapping comes to under one of two kernels, where it differs from the other. */
export type Outcome = (typeof OUTCOMES)[number];

/** One of the two kernels. */
export type Side = 'first' | 'second';

/** A mapping that differs. */
export interface Difference {
  readonly request: MapRequest;
  readonly outcome: Outcome;
  /** The kernel that the outcome and the violations are of: the one that fares worse; null where neither does, and no violations. */
  readonly worse: Side | null;
  readonly violations: readonly Violation[];
  readonly first: MapVerdict;
  readonly second: MapVerdict;
}

/** One line of the summary: how many mappings of a kind have an outcome. */
export interface OutcomeCount {
  readonly outcome: Outcome;
  readonly worse: Side | null;
  readonly shared: boolean;
  /** Whether the mappings begin behind the start of the file. */
  readonly atOffset: boolean;
  readonly count: number;
  /** Mappings of this kind that were compared. */
  readonly of: number;
  readonly example: Difference;
}

/** What a comparison comes to. */
export interface KernelComparison {
  readonly files: number;
  readonly mappings: number;
  readonly different: number;
  /** Worst first. */
  readonly outcomes: readonly OutcomeCount[];
  /** Files that could not be mapped at all, being damaged; with LIMIT the one at which the comparison ended. */
  readonly skipped: readonly { readonly path: string; readonly error: CramfsError }[];
}

const TRACED = { trace: true } as const;

/** Compares one mapping; null when the kernels agree in everything. */
export function compareMapping(first: Board, second: Board, request: MapRequest): Difference | null {
  return sameMapping(first.map(request), second.map(request)) ? null : differenceOf(first, second, request);
}

/** What kernels that differ in a mapping differ in. */
function differenceOf(first: Board, second: Board, request: MapRequest): Difference {
  const before = first.map(request, TRACED);
  const after = second.map(request, TRACED);
  const found = { first: before.violations ?? [], second: after.violations ?? [] };
  const outcome = outcomeOf(before, after);
  const worse = outcome.worse ?? violatesMore(found.first, found.second);
  const violations = worse === null ? [] : found[worse];
  return { request, outcome: outcome.outcome, worse, violations, first: before, second: after };
}

const SEVERITIES: readonly ViolationSeverity[] = ['critical', 'error', 'warning'];

/** Which of two lists of violations is the longer one of the worst severity in which they differ. */
function violatesMore(first: readonly Violation[], second: readonly Violation[]): Side | null {
  for (const severity of SEVERITIES) {
    const [a, b] = [first, second].map((list) => list.filter((each) => each.severity === severity).length);
    if (a !== b) return (a ?? 0) > (b ?? 0) ? 'first' : 'second';
  }
  return null;
}

/** Whether two verdicts are one in everything that can be observed; pages need no look when the entries are the same. */
function sameMapping(a: MapVerdict, b: MapVerdict): boolean {
  return (
    a.errno === b.errno &&
    a.bug === b.bug &&
    a.state === b.state &&
    a.vmPgoff === b.vmPgoff &&
    sameList(a.vmFlags ?? [], b.vmFlags ?? []) &&
    sameList(a.log, b.log) &&
    a.direct.length === b.direct.length &&
    a.direct.every((run, i) => {
      const other = b.direct[i];
      return other?.page === run.page && other.pages === run.pages && other.pfn === run.pfn;
    })
  );
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i]);
}

/** How often a mapping shows each outcome, worst first; the worse kernel has the first one that it shows more of. */
const MEASURES: readonly (readonly [Outcome, (verdict: MapVerdict) => number])[] = [
  ['kernel-dies', (verdict) => (verdict.bug === null ? 0 : 1)],
  ['killed', (verdict) => pagesThat(verdict, (sight) => sight.shows === 'killed')],
  ['foreign-memory', (verdict) => pagesThat(verdict, (sight) => sight.shows === 'foreign')],
  [
    'other-file',
    (verdict) => pagesThat(verdict, (sight) => sight.shows === 'file' && sight.path !== verdict.file?.path),
  ],
  ['image-metadata', (verdict) => pagesThat(verdict, (sight) => sight.shows === 'image')],
  ['entry-outside-vma', (verdict) => verdict.beyond?.length ?? 0],
  [
    'wrong-content',
    (verdict) => pagesThat(verdict, ({ shows }) => shows === 'file' || shows === 'zeros' || shows === 'sigbus'),
  ],
  ['tail-not-zero', (verdict) => pagesThat(verdict, (sight) => sight.shows === 'tail')],
];

function pagesThat(verdict: MapVerdict, holds: (sight: Sight) => boolean): number {
  return verdict.pages?.filter(({ sight }) => sight !== null && holds(sight)).length ?? 0;
}

/** The worst in which two verdicts differ, and which of them has it. Exchanged, they come to the same. */
function outcomeOf(a: MapVerdict, b: MapVerdict): Pick<Difference, 'outcome' | 'worse'> {
  const worse = (first: number, second: number): Side => (first > second ? 'first' : 'second');
  for (const [outcome, measure] of MEASURES) {
    const [first, second] = [measure(a), measure(b)];
    if (first !== second) return { outcome, worse: worse(first, second) };
  }
  const failed = [a, b].map(({ errno }) => (errno === null ? 0 : 1)) as [number, number];
  if (failed[0] !== failed[1]) return { outcome: 'fails', worse: worse(...failed) };
  if (a.errno !== b.errno) return { outcome: 'reported-otherwise', worse: null };
  const [first, second] = [a.directPages ?? 0, b.directPages ?? 0];
  if (first !== second) return { outcome: 'fewer-direct', worse: worse(second, first) };
  return { outcome: 'reported-otherwise', worse: null };
}

/**
 * Compares every mapping that matters: each file, from its start and from each page at which a run of direct blocks
 * begins or ends, private and shared, up to the run's end, to the end of the file, and a page beyond it.
 *
 * @param progress told how many files are done, now and then
 * @throws CramfsError IO, MOUNT_REFUSED, KERNEL_OOPS
 */
export function compareKernels(first: Board, second: Board, progress?: (files: number) => void): KernelComparison {
  const counts = new Map<string, OutcomeCount>();
  const totals = new Map<string, number>();
  const skipped: { path: string; error: CramfsError }[] = [];
  let files = 0;
  let mappings = 0;
  let different = 0;
  const compared = new Map<string, ComparedFile>();
  const budget = new Budget(FREE_PAGES + Math.ceil(first.image.source.size / 4));
  first.mounted();
  for (const entry of walk(first.image, { onProblem: () => undefined })) {
    if (entry.inode.type !== 'file') continue;
    files++;
    if (files % 64 === 0) progress?.(files);
    const { path, name, inode } = entry;
    try {
      // Files of one inode number are one file to Linux, wherever they are listed.
      const key = `${String(inode.ino)} ${String(inode.size)}`;
      const known =
        compared.get(key) ?? compareFile(first, second, { inode, resolved: { inode, path, name } }, path, budget);
      compared.set(key, known);
      for (const [kind, count] of known.kinds) {
        mappings += count;
        totals.set(kind, (totals.get(kind) ?? 0) + count);
      }
      for (const count of known.outcomes) {
        different += count.count;
        addCount(counts, count);
      }
    } catch (error) {
      if (!(error instanceof CramfsError) || error.code === 'IO') throw error;
      skipped.push({ path, error });
      if (error.code === 'LIMIT') break;
    }
  }
  const outcomes = [...counts.values()]
    .map((count) => ({ ...count, of: totals.get(kindOf(count.example.request)) ?? 0 }))
    .sort((a, b) => rank(a) - rank(b) || b.count - a.count);
  return { files, mappings, different, outcomes, skipped };
}

function rank(count: OutcomeCount): number {
  return OUTCOMES.indexOf(count.outcome);
}

function kindOf(request: MapRequest): string {
  return `${request.shared === true ? 'shared' : 'private'} ${(request.offset ?? 0) > 0 ? 'offset' : 'start'}`;
}

/** What the mappings of one file come to. */
interface ComparedFile {
  /** Mappings of each kind. */
  readonly kinds: ReadonlyMap<string, number>;
  readonly outcomes: readonly OutcomeCount[];
}

/** Pages that may be mapped in any image, and what a mapping costs beside its pages; larger images may have more. */
const FREE_PAGES = 1 << 20;
const CALL = 64;
/** Where kernels differ, mappings are done again with every page looked at, which costs so many times as much. */
const TRACE_COST = 32;

/** @throws CramfsError for damage where it matters; LIMIT when the budget is spent; IO */
function compareFile(first: Board, second: Board, file: BoardFile, path: string, budget: Budget): ComparedFile {
  const kinds = new Map<string, number>();
  const counts = new Map<string, OutcomeCount>();
  const spend = (pages: number): void => {
    if (budget.spend(CALL + pages)) return;
    throw new CramfsError('LIMIT', {
      path,
      expected: `mappings of at most ${String(budget.limit)} pages in an image of this size`,
      found: 'more',
    });
  };
  first.requirePointers(file.inode, path);
  for (const request of interestingMappingsOf(first, file, path)) {
    const pages = Math.ceil((request.length ?? 0) / first.cpu.pageSize);
    spend(pages);
    const kind = kindOf(request);
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    if (sameMapping(mapOpenedFile(first, file, request), mapOpenedFile(second, file, request))) continue;
    spend(TRACE_COST * pages);
    // Here the path is looked up as Linux does it, which takes its time in large directories.
    const difference = differenceOf(first, second, request);
    const { outcome, worse } = difference;
    const atOffset = (request.offset ?? 0) > 0;
    addCount(counts, {
      outcome,
      worse,
      shared: request.shared === true,
      atOffset,
      count: 1,
      of: 0,
      example: difference,
    });
  }
  return { kinds, outcomes: [...counts.values()] };
}

function addCount(counts: Map<string, OutcomeCount>, added: OutcomeCount): void {
  const key = `${added.outcome} ${added.worse ?? ''} ${kindOf(added.example.request)}`;
  const known = counts.get(key);
  counts.set(key, { ...(known ?? added), count: (known?.count ?? 0) + added.count });
}

/** The mappings of one file that can tell kernels apart. */
export function interestingMappings(board: Board, path: string): Generator<MapRequest, void> {
  return interestingMappingsOf(board, board.open(path), path);
}

/** The same for a file that is open already. */
export function* interestingMappingsOf(board: Board, file: BoardFile, path: string): Generator<MapRequest, void> {
  const { pageSize } = board.cpu;
  const total = filePages(board.mounted(), file.inode);
  if (total === 0) return;
  const starts = boundaries(board, file, total);
  for (const [i, start] of starts.entries()) {
    const runEnd = starts[i + 1] ?? total;
    const lengths = new Set([1, runEnd - start, total - start, total - start + 1]);
    for (const pages of lengths) {
      for (const shared of [false, true]) yield { path, offset: start * pageSize, length: pages * pageSize, shared };
    }
  }
}

/** Pages at which the layout of a file changes: where a run of direct blocks begins or ends. */
function boundaries(board: Board, file: BoardFile, total: number): number[] {
  const fs = board.mounted();
  const found = new Set([0]);
  let inRun = false;
  for (let page = 0; page < total;) {
    const { offset, pages } = getBlockRange(fs, file.inode, page, total - page, []);
    const direct = offset !== 0;
    if (direct || inRun) found.add(page);
    // Within a run the second page and the last tell whether offsets are kept.
    if (direct && pages > 1) found.add(page + 1).add(page + pages - 1);
    inRun = direct;
    page += direct ? pages : 1;
  }
  return [...found].sort((a, b) => a - b);
}
