/**
 * Making a case small: the same difference with fewer files, fewer and simpler blocks, and a plainer request.
 *
 * To ask a kernel takes a boot, however many images it is asked about. So in each round many simpler cases are asked
 * about together, and the simplest of those that still fail is where the next round begins.
 */
import type { RawBlock, RawEntry, RawImageSpec } from '../../__tests__/support/rawImage.ts';
import { MAX_REGIONS } from './bootPlan.ts';
import type { LabCase } from './labCase.ts';
import type { LabRequest } from './record.ts';
import { isPlain, simplifications } from './simplify.ts';

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
    .slice(0, MAX_REGIONS)
    .map(({ simpler }) => simpler);
}

/** How much there is to understand in a case. */
export function complexity({ spec, physAddress, requests }: LabCase): number {
  const image =
    entriesWeight(spec.entries) + (spec.bootPad === true ? 1 : 0) + (spec.unsorted === true ? 1 : 0) + sizeWeight(spec);
  return (
    image + (physAddress % PAGE === 0 ? 0 : 1) + requests.reduce((sum, request) => sum + requestWeight(request), 0)
  );
}

/** A size that has nothing to do with the image's. */
function sizeWeight({ sizeAfterTree }: RawImageSpec): number {
  if (sizeAfterTree === undefined) return 0;
  // As much as many entries: fewer of them change what such a size cuts off, so it is to go first.
  return MANY * 10 + (sizeAfterTree === 0 ? 0 : 1);
}

function entriesWeight(entries: readonly RawEntry[]): number {
  return entries.reduce((sum, entry) => {
    const own = 20 + entry.name.length;
    if (entry.type === 'directory') return sum + own + entriesWeight(entry.entries);
    if (entry.type === 'node') return sum + own;
    const partial = (entry.size ?? 0) % PAGE === 0 ? 0 : 1;
    const borrowed = entry.tableOf === undefined ? 0 : MANY;
    return sum + own + partial + borrowed + entry.blocks.reduce((blocks, block) => blocks + blockWeight(block), 0);
  }, 0);
}

function placeWeight(at: RawBlock['at']): number {
  if (at === undefined) return 0;
  if (typeof at === 'number' || 'fromEnd' in at) return 2;
  if ('sameAs' in at) return 3;
  return (at.plus ?? 0) === 0 ? 1 : 2;
}

function blockWeight({ kind, at, data, tail, reserve }: RawBlock): number {
  const kindWeight = { hole: 0, direct: 1, stored: 2, zlib: 3, 'direct-zlib': 3 }[kind];
  const tailWeight = tail === undefined ? 0 : isPlain(tail) ? 1 : 2;
  const dataWeight = data === undefined || isPlain(data) ? 0 : 2;
  return 10 + kindWeight + placeWeight(at) + dataWeight + tailWeight + (reserve === undefined ? 0 : 1);
}

/** Pages that weigh no less than even more of them. */
const MANY = 100;

function requestWeight(request: LabRequest): number {
  if (request.type !== 'vector') return 0;
  const { length, offset, prot, flags } = request;
  const partial = length % PAGE === 0 ? 0 : 0.5;
  const bytes = partial + Math.min(Math.ceil(length / PAGE), MANY) + Math.min(offset / PAGE, MANY);
  return bytes + (prot === 'r' ? 0 : prot.length) + flags.split(',').length + (flags.startsWith('private') ? 0 : 0.5);
}
