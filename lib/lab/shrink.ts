/**
 * Making a case small: the same difference with fewer files, fewer and simpler blocks, and a plainer request.
 *
 * To ask a kernel takes a boot, however many images it is asked about. So in each round many simpler cases are asked
 * about together, and the simplest of those that still fail is where the next round begins.
 */
import type { RawBlock, RawEntry, RawImageSpec } from '../build/rawImage.ts';
import { CRAMFS_FLAG_SORTED_DIRS } from '../format/constants.ts';
import { type LabCase, MAX_CASES_IN_BOOT } from './labCase.ts';
import type { LabRequest } from './record.ts';

const PAGE = 4096;

/** Tells of each case whether it fails. A case that makes no image, or that no kernel can be asked, does not. */
export type Judge = (cases: readonly LabCase[]) => Promise<readonly boolean[]>;

/** Rounds at most. Each makes the case simpler. */
const MAX_ROUNDS = 40;

/**
 * A case as simple as can be found that fails like the given one.
 *
 * @param failing a case that fails, with one request
 */
export async function shrink(failing: LabCase, judge: Judge, maxRounds = MAX_ROUNDS): Promise<LabCase> {
  let best = failing;
  for (let round = 0; round < maxRounds; round++) {
    const candidates = simplerCases(best);
    const verdicts = await judge(candidates);
    const next = candidates.find((_, index) => verdicts[index] === true);
    if (next === undefined) return best;
    best = next;
  }
  return best;
}

/** Simpler cases, the simplest first, as many as one boot takes. */
export function simplerCases(from: LabCase): LabCase[] {
  const limit = complexity(from);
  return [...simplifications(from)]
    .map((simpler) => ({ simpler, weight: complexity(simpler) }))
    .filter(({ weight }) => weight < limit)
    .sort((a, b) => a.weight - b.weight)
    .slice(0, MAX_CASES_IN_BOOT)
    .map(({ simpler }) => simpler);
}

/** How much there is to understand in a case. */
export function complexity({ spec, physAddress, requests }: LabCase): number {
  const image = entriesWeight(spec.entries) + (spec.bootPad === true ? 1 : 0) + (spec.unsorted === true ? 1 : 0);
  return (
    image + (physAddress % PAGE === 0 ? 0 : 1) + requests.reduce((sum, request) => sum + requestWeight(request), 0)
  );
}

function entriesWeight(entries: readonly RawEntry[]): number {
  return entries.reduce((sum, entry) => {
    const own = 20 + entry.name.length;
    if (entry.type === 'directory') return sum + own + entriesWeight(entry.entries);
    if (entry.type === 'node') return sum + own;
    const partial = (entry.size ?? 0) % PAGE === 0 ? 0 : 1;
    return sum + own + partial + entry.blocks.reduce((blocks, block) => blocks + blockWeight(block), 0);
  }, 0);
}

function blockWeight({ kind, at, data, tail, reserve }: RawBlock): number {
  const kindWeight = { hole: 0, direct: 1, stored: 2, zlib: 3, 'direct-zlib': 3 }[kind];
  const placeWeight = at === undefined ? 0 : typeof at === 'object' && 'alignTo' in at && !at.plus ? 1 : 2;
  const dataWeight = data === undefined || isPlain(data) ? 0 : 2;
  return 10 + kindWeight + placeWeight + dataWeight + (tail === undefined ? 0 : 1) + (reserve === undefined ? 0 : 1);
}

function requestWeight(request: LabRequest): number {
  if (request.type !== 'vector') return 0;
  const { length, offset, prot, flags } = request;
  const bytes = (length % PAGE === 0 ? 0 : 0.5) + Math.min(length / PAGE, 100) + Math.min(offset / PAGE, 100);
  return bytes + (prot === 'r' ? 0 : prot.length) + flags.split(',').length + (flags.startsWith('private') ? 0 : 0.5);
}

const isPlain = (data: Uint8Array): boolean => data.every((byte) => byte === data[0]);

function* simplifications(from: LabCase): Generator<LabCase> {
  const { spec, physAddress } = from;
  const withSpec = (changes: Partial<RawImageSpec>): LabCase => ({ ...from, spec: { ...spec, ...changes } });
  for (const entries of fewerEntries(spec.entries, from.requests)) yield withSpec({ entries });
  for (const entries of simplerEntries(spec.entries)) yield withSpec({ entries });
  if (spec.bootPad === true) yield withSpec({ bootPad: false });
  if (spec.unsorted === true) yield withSpec({ unsorted: false, flags: (spec.flags ?? 0) | CRAMFS_FLAG_SORTED_DIRS });
  yield { ...from, physAddress: physAddress - (physAddress % PAGE) };
  for (const request of from.requests) {
    for (const plainer of plainerRequests(request)) yield { ...from, requests: [plainer] };
  }
}

/** Trees with entries left out. */
function* fewerEntries(entries: readonly RawEntry[], requests: readonly LabRequest[]): Generator<readonly RawEntry[]> {
  yield onlyNeeded(entries, requests);
  const half = Math.floor(entries.length / 2);
  yield entries.slice(0, half);
  yield entries.slice(half);
  for (const [index, entry] of entries.entries()) {
    const replaced = (by: readonly RawEntry[]): RawEntry[] => entries.toSpliced(index, 1, ...by);
    yield replaced([]);
    if (entry.type !== 'directory') continue;
    for (const inner of fewerEntries(entry.entries, [])) yield replaced([{ ...entry, entries: inner }]);
  }
}

/** What the requests' files need: the directories on the way, and the files whose blocks they share. */
function onlyNeeded(entries: readonly RawEntry[], requests: readonly LabRequest[]): RawEntry[] {
  const needed = new Set<string>();
  const all = new Map<string, RawEntry>();
  const list = (inside: readonly RawEntry[], prefix: string): void => {
    for (const entry of inside) {
      const path = pathOf(prefix, entry);
      all.set(path, entry);
      if (entry.type === 'directory') list(entry.entries, path);
    }
  };
  list(entries, '');
  const need = (path: string): void => {
    if (needed.has(path)) return;
    needed.add(path);
    const parent = path.slice(0, path.lastIndexOf('/'));
    if (parent !== '') need(parent);
    const entry = all.get(path);
    if (entry === undefined || entry.type === 'directory' || entry.type === 'node') return;
    for (const { at, data } of entry.blocks) {
      if (typeof at === 'object' && 'sameAs' in at) need(at.sameAs[0]);
      if (entry.type === 'symlink' && data !== undefined) need(new TextDecoder().decode(data));
    }
  };
  for (const request of requests) need(request.type === 'exec' ? (request.argv[0] ?? '') : request.path);
  const kept = (inside: readonly RawEntry[], prefix: string): RawEntry[] =>
    inside
      .filter((entry) => needed.has(pathOf(prefix, entry)))
      .map((entry) =>
        entry.type === 'directory' ? { ...entry, entries: kept(entry.entries, pathOf(prefix, entry)) } : entry,
      );
  return kept(entries, '');
}

const pathOf = (prefix: string, { name }: RawEntry): string =>
  `${prefix}/${typeof name === 'string' ? name : new TextDecoder().decode(name)}`;

/** Trees with one entry made simpler. */
function* simplerEntries(entries: readonly RawEntry[]): Generator<readonly RawEntry[]> {
  for (const [index, entry] of entries.entries()) {
    if (entry.type === 'directory') {
      for (const inner of simplerEntries(entry.entries)) yield entries.with(index, { ...entry, entries: inner });
    } else if (entry.type === 'file') {
      for (const simpler of simplerFiles(entry)) yield entries.with(index, simpler);
    }
  }
}

type RawFile = Extract<RawEntry, { readonly blocks: readonly RawBlock[] }>;

function* simplerFiles(file: RawFile): Generator<RawFile> {
  const { blocks } = file;
  const size = file.size ?? blocks.length * PAGE;
  for (const [index, block] of blocks.entries()) {
    yield { ...file, blocks: blocks.toSpliced(index, 1), size: Math.max(0, size - PAGE) };
    for (const simpler of simplerBlocks(block)) yield { ...file, blocks: blocks.with(index, simpler) };
  }
  yield { ...file, size: blocks.length * PAGE };
}

function* simplerBlocks(block: RawBlock): Generator<RawBlock> {
  const { kind, data } = block;
  if (kind !== 'hole') yield { kind: 'hole' };
  if (data !== undefined) {
    const plain = new Uint8Array(data.length).fill(0x61);
    yield { ...block, data: plain };
    yield { kind: 'direct', data: plain };
    yield { ...block, at: undefined };
    yield { ...block, at: { alignTo: 4 } };
  }
  if (block.tail !== undefined) yield { ...block, tail: undefined };
  if (block.reserve !== undefined) yield { ...block, reserve: undefined };
}

function* plainerRequests(request: LabRequest): Generator<LabRequest> {
  if (request.type !== 'vector') return;
  const { length, offset, flags } = request;
  yield { ...request, offset: 0 };
  if (offset >= PAGE) yield { ...request, offset: offset - PAGE };
  yield { ...request, length: PAGE };
  yield { ...request, length: Math.ceil(length / PAGE) * PAGE };
  if (length > PAGE) yield { ...request, length: length - PAGE };
  yield { ...request, prot: 'r' };
  const [visibility = 'private', ...others] = flags.split(',');
  yield { ...request, flags: ['private', ...others].join(',') };
  for (const flag of others.filter((name) => name !== 'notouch')) {
    yield { ...request, flags: [visibility, ...others.filter((name) => name !== flag)].join(',') };
  }
}
