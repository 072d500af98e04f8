/**
 * What of a tree could be direct: runs of pages of its programs, what each costs and what it is worth.
 */
import type { UseProfile } from '../../profile/useProfile.ts';
import type { ContentHash } from '../contentHash.ts';
import type { BlockCompressor } from '../encodeFile.ts';
import { MAX_SIZE } from '../inodes.ts';
import { type DirectoryEntry, type FileContent, type FileEntry, walkEntries } from '../sourceTree.ts';
import { readExecutable, type Segment } from './executable.ts';
import type { LeftOut, XipSpec } from './spec.ts';

/** A run that could be direct up to a certain page. */
export interface RunOption {
  /** The page after the last direct one. */
  readonly end: number;
  /** Bytes of flash more than compressed; alignment not counted. */
  readonly flashBytes: number;
  /** Used pages that need no RAM then. */
  readonly ramPages: number;
  /** How often these are used; without a profile each page counts once. */
  readonly uses: number;
}

/** A run of pages of a content that is direct from its first page on, or not at all. */
export interface Candidate {
  /** Hash of the content. */
  readonly name: string;
  /** All files of this content. */
  readonly paths: readonly string[];
  /** "ELF32", "ELF64", "bFLT", or "data" for a file that is chosen as a whole. */
  readonly format: string;
  /** Bytes of the file. */
  readonly size: number;
  /** What is mapped as a whole, and lies in this run. */
  readonly segments: readonly Segment[];
  readonly first: number;
  /** Ends in ascending order, the last one is all that is wanted. */
  readonly options: readonly [RunOption, ...RunOption[]];
  /**
   * Another page that must be direct with it, or null. A loader maps a library over its whole length first. If that mapping is
   * paged, a segment of the same protection that follows merges with what is left of it, and Linux never asks cramfs about
   * it; if its first page is direct, it merges with nothing.
   */
  readonly alsoPage: number | null;
  /** Why none of it may be direct, whatever the budget. */
  readonly leftOut: LeftOut | null;
  /** Whether it must be direct. */
  readonly pinned: boolean;
}

/** How candidates are found. */
export interface CandidateContext {
  readonly spec: XipSpec;
  readonly pageSize: number;
  readonly littleEndian: boolean;
  readonly hash: ContentHash;
  readonly compressor: BlockCompressor;
}

interface Content {
  readonly paths: string[];
  /** Uses by page. */
  readonly used: Map<number, number>;
  readonly bytes: Uint8Array;
  choice: 'yes' | 'auto';
  pinned: boolean;
}

/** The candidates of a tree, in the order of paths and pages. */
export async function findCandidates(root: DirectoryEntry, context: CandidateContext): Promise<Candidate[]> {
  const { pageSize, littleEndian } = context;
  const candidates: Candidate[] = [];
  for (const [name, content] of findContents(root, context)) {
    const { bytes, choice } = content;
    const executable = readExecutable(bytes, pageSize);
    const runsHere = executable !== null && (executable.littleEndian ?? littleEndian) === littleEndian;
    if (choice === 'auto' && !runsHere) continue;
    const count = Math.ceil(bytes.length / pageSize);
    const segments = runsHere ? executable.segments : [{ first: 0, end: count, prot: 'r' }];
    const format = runsHere ? executable.format : 'data';
    const span = runsHere && context.spec.mode === 'mmu' ? executable.span : null;
    for (const run of mergeSegments(segments)) {
      const merges = span !== null && run.some(({ first, prot }) => prot === span.prot && first > span.page);
      const covers = run.some(({ first, end }) => span !== null && first <= span.page && span.page < end);
      const alsoPage = merges && !covers ? span.page : null;
      // Without an MMU nothing runs in place of what the loader copies: in flash it would be twice.
      const isCopied = runsHere && choice === 'auto' && context.spec.mode === 'nommu' && executable.isCopiedWithoutMmu;
      candidates.push(await candidateOf(name, content, { format, segments: run, alsoPage, isCopied }, context));
    }
  }
  return candidates;
}

function findContents(root: DirectoryEntry, { spec, pageSize, hash }: CandidateContext): Map<string, Content> {
  const contents = new Map<string, Content>();
  // Files with the same block pointers share their content: it is read once.
  const known = new Map<FileContent, KnownContent | null>();
  for (const { path, entry } of walkEntries(root)) {
    if (entry.type !== 'file' || entry.content.size === 0 || entry.content.size > MAX_SIZE) continue;
    const pinned = spec.pin?.(path) === true;
    const choice = pinned ? 'yes' : spec.choice(path);
    if (choice === 'no') continue;
    let read = known.get(entry.content);
    if (read === undefined || (read === null && choice === 'yes')) {
      read = readCandidate(entry, choice, pageSize, hash);
      known.set(entry.content, read);
    }
    if (read === null) continue;
    const { name, bytes } = read;
    const content = contents.get(name) ?? { paths: [], used: new Map<number, number>(), bytes, choice, pinned };
    content.paths.push(path);
    content.pinned ||= pinned;
    if (choice === 'yes') content.choice = 'yes';
    addUses(content.used, spec.profile, path);
    contents.set(name, content);
  }
  return contents;
}

function addUses(used: Map<number, number>, profile: UseProfile | null, path: string): void {
  for (const [page, { uses }] of profile?.of(path) ?? []) used.set(page, (used.get(page) ?? 0) + uses);
}

/** A content that may be a candidate, with its hash. */
interface KnownContent {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The content of a file that may be a candidate; null for one that cannot be a program and was not named. */
function readCandidate(
  entry: FileEntry,
  choice: 'yes' | 'auto',
  pageSize: number,
  hash: ContentHash,
): KnownContent | null {
  const bytes = entry.content.read(undefined, MAX_SIZE).subarray(0, MAX_SIZE);
  return choice === 'yes' || readExecutable(bytes, pageSize) !== null ? { name: hash.of(bytes), bytes } : null;
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

async function candidateOf(
  name: string,
  { paths, used, bytes, pinned }: Content,
  { format, segments, alsoPage, isCopied }: Pick<Candidate, 'format' | 'segments' | 'alsoPage'> & { isCopied: boolean },
  context: CandidateContext,
): Promise<Candidate> {
  const { spec, pageSize, compressor } = context;
  const first = segments[0]?.first ?? 0;
  const whole = Math.max(...segments.map((segment) => segment.end));
  const { end, leftOut } = withoutLastPage(first, whole, bytes.length, spec, pageSize);
  const isUsed = [...used.keys()].some((page) => page >= first && page < end);
  const unused = spec.profile === null || isUsed || pinned ? null : 'unused';
  const why = isCopied ? 'copied' : (leftOut ?? unused);
  const costs = await flashCosts(bytes, first, end, pageSize, compressor);
  const [also = 0] = alsoPage === null ? [] : await flashCosts(bytes, alsoPage, alsoPage + 1, pageSize, compressor);
  const ends = why === null ? usefulEnds(first, end, used, pinned, spec) : [end];
  const option = (to: number): RunOption => {
    const pages = pagesIn(first, to, spec.profile === null ? null : used);
    const uses = pages.reduce((sum, page) => sum + (spec.profile === null ? 1 : (used.get(page) ?? 0)), 0);
    const flashBytes = costs.slice(0, to - first).reduce((sum, cost) => sum + cost, also);
    return { end: to, flashBytes, ramPages: pages.length, uses };
  };
  const [least = end, ...more] = ends;
  const options = [option(least), ...more.map(option)] as const;
  return { name, paths, format, size: bytes.length, segments, first, options, alsoPage, leftOut: why, pinned };
}

/** The pages of a run that may be direct, or why none. */
function withoutLastPage(
  first: number,
  end: number,
  size: number,
  spec: XipSpec,
  pageSize: number,
): { readonly end: number; readonly leftOut: LeftOut | null } {
  const endsInFullPage = size % pageSize === 0 && end === size / pageSize;
  if (!endsInFullPage || !spec.avoidLastPageDefect) return { end, leftOut: null };
  if (spec.mode === 'nommu' || end - first === 1) return { end, leftOut: 'last-page' };
  return { end: end - 1, leftOut: null };
}

/**
 * Where a run may end. With an MMU a mapping is direct up to the first page that is not, so that it may end after any page
 * that is used; without one a mapping is direct as a whole or not at all. What is pinned is direct as a whole.
 */
function usefulEnds(
  first: number,
  end: number,
  used: ReadonlyMap<number, number>,
  pinned: boolean,
  { profile, mode }: XipSpec,
): number[] {
  if (profile === null || mode === 'nommu' || pinned) return [end];
  return pagesIn(first, end, used).map((page) => page + 1);
}

/** Pages of a range, or those of them that are used, ascending. */
function pagesIn(first: number, end: number, used: ReadonlyMap<number, number> | null): number[] {
  if (used === null) return Array.from({ length: end - first }, (_, index) => first + index);
  return [...used.keys()].filter((page) => page >= first && page < end).sort((a, b) => a - b);
}

/** What each direct block takes more than the same block compressed, in bytes. */
async function flashCosts(
  bytes: Uint8Array,
  first: number,
  end: number,
  pageSize: number,
  compressor: BlockCompressor,
): Promise<number[]> {
  const pieces: Uint8Array[] = [];
  for (let page = first; page < end; page++) pieces.push(bytes.subarray(page * pageSize, (page + 1) * pageSize));
  const streams = await compressor.compress(pieces);
  return pieces.map((piece, index) => pageSize - Math.min(streams[index]?.length ?? 0, piece.length));
}
