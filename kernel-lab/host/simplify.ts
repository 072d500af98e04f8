/** Ways to make a case simpler; some of them make no image, or make it fail no longer. */
import { roundUp } from '../../lib/kernel.ts';
import { CRAMFS_FLAG_SORTED_DIRS } from '../../lib/format.ts';
import type { RawBlock, RawEntry, RawImageSpec } from '../../__tests__/support/rawImage.ts';
import type { LabCase } from './labCase.ts';
import type { LabRequest } from './record.ts';

const PAGE = 4096;

const known = new WeakMap<Uint8Array, boolean>();

/** Whether all bytes are the same. Simpler cases share most of their data, so the answer is remembered. */
export function isPlain(data: Uint8Array): boolean {
  let answer = known.get(data);
  if (answer === undefined) {
    answer = data.every((byte) => byte === data[0]);
    known.set(data, answer);
  }
  return answer;
}

const plain = (length: number): Uint8Array => new Uint8Array(length).fill(0x61);

/** Cases that are simpler in one respect. */
export function* simplifications(from: LabCase): Generator<LabCase> {
  const { spec, physAddress } = from;
  const withSpec = (changes: Partial<RawImageSpec>): LabCase => ({ ...from, spec: { ...spec, ...changes } });
  yield* flattened(from);
  yield* withoutFirstPages(from);
  for (const entries of fewerEntries(spec.entries, from.requests)) yield withSpec({ entries });
  const aligned = physAddress - (physAddress % PAGE);
  for (const entries of simplerEntries(spec.entries)) {
    yield withSpec({ entries });
    // A block in its usual place is aligned in memory only if the image is.
    yield { ...withSpec({ entries }), physAddress: aligned };
  }
  for (const [index, entry] of spec.entries.entries()) {
    const own = withOwnTable(entry, spec.entries);
    if (own !== null) yield withSpec({ entries: spec.entries.toSpliced(index, 1, own) });
  }
  if (spec.sizeAfterTree !== undefined) yield withSpec({ sizeAfterTree: undefined });
  if ((spec.sizeAfterTree ?? 0) !== 0) yield withSpec({ sizeAfterTree: 0 });
  if (spec.bootPad === true) yield withSpec({ bootPad: false });
  if (spec.unsorted === true) yield withSpec({ unsorted: false, flags: (spec.flags ?? 0) | CRAMFS_FLAG_SORTED_DIRS });
  yield { ...from, physAddress: aligned };
  for (const request of from.requests) {
    for (const plainer of plainerRequests(request)) yield { ...from, requests: [plainer] };
  }
}

/** A file that shares another's table, with the same blocks in a table of its own; null for other entries. */
function withOwnTable(entry: RawEntry, entries: readonly RawEntry[]): RawEntry | null {
  if (entry.type !== 'file' || entry.tableOf === undefined) return null;
  const lender = entries.find(({ name }) => name === entry.tableOf);
  if (lender?.type !== 'file') return null;
  const blocks = lender.blocks.slice(0, Math.ceil((entry.size ?? 0) / PAGE));
  return { ...entry, blocks, tableOf: undefined };
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
  const all = new Map(allEntries(entries));
  const need = (path: string): void => {
    if (needed.has(path)) return;
    needed.add(path);
    const parent = path.slice(0, path.lastIndexOf('/'));
    if (parent !== '') need(parent);
    const entry = all.get(path);
    if (entry === undefined || entry.type === 'directory' || entry.type === 'node') return;
    if (entry.tableOf !== undefined) need(`/${entry.tableOf}`);
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

/** The needed files alone, in the root directory and with names of one letter. Only where nothing but files is needed. */
function* flattened(from: LabCase): Generator<LabCase> {
  const needed = [...allEntries(onlyNeeded(from.spec.entries, from.requests))].filter(
    ([, { type }]) => type !== 'directory',
  );
  const names = new Map(needed.map(([path], index) => [path, String.fromCharCode(A + index)]));
  const isNamed = from.requests.every((request) => request.type !== 'exec' && names.has(request.path));
  if (needed.length > LETTERS || !isNamed || needed.some(([, { type }]) => type !== 'file')) return;
  const renamed = (path: string): string => `/${names.get(path) ?? ''}`;
  const entries = needed.flatMap(([path, entry]) =>
    entry.type === 'file' ? [{ ...entry, name: renamed(path).slice(1), blocks: entry.blocks.map(moved) }] : [],
  );
  function moved(block: RawBlock): RawBlock {
    const { at } = block;
    if (typeof at !== 'object' || !('sameAs' in at)) return block;
    return { ...block, at: { sameAs: [renamed(at.sameAs[0]), at.sameAs[1]] } };
  }
  const requests = from.requests.map((request) =>
    request.type === 'exec' ? request : { ...request, path: renamed(request.path) },
  );
  yield { ...from, spec: { ...from.spec, entries }, requests };
}

const A = 0x61;
const LETTERS = 26;

/** A page of the file in front of the mapping left out, so that the mapping begins a page earlier. */
function* withoutFirstPages(from: LabCase): Generator<LabCase> {
  for (const request of from.requests) {
    if (request.type !== 'vector' || request.offset < PAGE) continue;
    const edit = (entries: readonly RawEntry[], prefix: string): RawEntry[] =>
      entries.map((entry): RawEntry => {
        const path = pathOf(prefix, entry);
        if (entry.type === 'directory') return { ...entry, entries: edit(entry.entries, path) };
        if (path !== request.path || entry.type !== 'file') return entry;
        return { ...entry, blocks: entry.blocks.slice(1), size: Math.max(0, (entry.size ?? 0) - PAGE) };
      });
    const spec = { ...from.spec, entries: edit(from.spec.entries, '') };
    yield { ...from, spec, requests: [{ ...request, offset: request.offset - PAGE }] };
  }
}

/** Every entry of a tree with its path, in the order in which their data is written. */
function* allEntries(entries: readonly RawEntry[], prefix = ''): Generator<[path: string, entry: RawEntry]> {
  for (const entry of entries) {
    const path = pathOf(prefix, entry);
    yield [path, entry];
    if (entry.type === 'directory') yield* allEntries(entry.entries, path);
  }
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
  const last = blocks.length - 1;
  if (last >= 0 && size % PAGE !== 0) {
    // Something behind the end of the file, without another file's help.
    const tail = plain(PAGE - (size % PAGE));
    yield { ...file, blocks: blocks.with(last, { kind: 'direct', data: plain(size % PAGE), tail }) };
  }
}

function* simplerBlocks(block: RawBlock): Generator<RawBlock> {
  const { kind, data } = block;
  if (kind !== 'hole') yield { kind: 'hole' };
  if (data !== undefined) {
    yield { ...block, data: plain(data.length) };
    yield { kind: 'direct', data: plain(data.length) };
    yield { ...block, at: undefined };
    yield { ...block, at: { alignTo: 4 } };
  }
  // What was borrowed, or is wherever it may be.
  if (kind === 'direct' && data === undefined) {
    yield { kind, data: plain(PAGE) };
    yield { kind, data: plain(PAGE), at: { alignTo: 4, plus: 4 } };
    yield { kind, at: 0 };
  }
  if (block.tail !== undefined) {
    yield { ...block, tail: undefined };
    yield { ...block, tail: plain(block.tail.length) };
  }
  if (block.reserve !== undefined) yield { ...block, reserve: undefined };
}

function* plainerRequests(request: LabRequest): Generator<LabRequest> {
  if (request.type !== 'vector') return;
  const { length, offset, flags } = request;
  yield { ...request, offset: 0 };
  if (offset >= PAGE) yield { ...request, offset: offset - PAGE };
  yield { ...request, length: PAGE };
  yield { ...request, length: roundUp(length, PAGE) };
  if (length > PAGE) yield { ...request, length: length - PAGE };
  yield { ...request, prot: 'r' };
  const [visibility = 'private', ...others] = flags.split(',');
  yield { ...request, flags: ['private', ...others].join(',') };
  for (const flag of others.filter((name) => name !== 'notouch')) {
    yield { ...request, flags: [visibility, ...others.filter((name) => name !== flag)].join(',') };
  }
}
