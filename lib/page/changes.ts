/** What changed between two images: files that came, went, grew, moved, or are mapped otherwise. */
import type { AuditedFile } from '../audit/result.ts';
import { type Layout, PIECE } from './layout.ts';

/** A file that changed. */
export interface Change {
  readonly path: string;
  readonly kind: 'new' | 'gone' | 'changed';
  /** Bytes of flash that it has more; fewer are below zero. */
  readonly bytes: number;
  /** Direct pages, before and now; null where they are as many. */
  readonly direct: readonly [number, number] | null;
  /** How the whole file is mapped, before and now; null where that is the same. */
  readonly mapping: readonly [string, string] | null;
  /** Image offset of its first byte, before and now; null where it did not move. */
  readonly moved: readonly [number, number] | null;
}

/** An image that is compared. */
export interface ComparedImage {
  readonly layout: Layout;
  readonly files: readonly AuditedFile[];
}

/** Changes from one image to another: the most bytes first, then those that are mapped otherwise, then those that moved. */
export function changesOf(now: ComparedImage, old: ComparedImage): Change[] {
  const gone = new Map(old.layout.paths.map((path, index) => [path, index]));
  const [states, oldStates] = [statesOf(now), statesOf(old)];
  const [starts, oldStarts] = [startsOf(now.layout), startsOf(old.layout)];
  const changes: Change[] = [];
  now.layout.paths.forEach((path, index) => {
    const before = gone.get(path);
    gone.delete(path);
    const flash = now.layout.flash[index] ?? 0;
    if (before === undefined) {
      changes.push({ path, kind: 'new', bytes: flash, direct: null, mapping: null, moved: null });
      return;
    }
    const bytes = flash - (old.layout.flash[before] ?? 0);
    const direct = pair(old.layout.directBlocks[before] ?? 0, now.layout.directBlocks[index] ?? 0);
    const mapping = pair(oldStates.get(path) ?? PAGED, states.get(path) ?? PAGED);
    const moved = pair(oldStarts[before] ?? 0, starts[index] ?? 0);
    if (bytes !== 0 || direct !== null || mapping !== null || moved !== null)
      changes.push({ path, kind: 'changed', bytes, direct, mapping, moved });
  });
  for (const [path, index] of gone)
    changes.push({
      path,
      kind: 'gone',
      bytes: -(old.layout.flash[index] ?? 0),
      direct: null,
      mapping: null,
      moved: null,
    });
  const rank = ({ mapping, direct }: Change): number => (mapping !== null ? 2 : direct !== null ? 1 : 0);
  return changes.sort((a, b) => Math.abs(b.bytes) - Math.abs(a.bytes) || rank(b) - rank(a));
}

const pair = <Value>(before: Value, now: Value): readonly [Value, Value] | null =>
  before === now ? null : [before, now];

/** How files are mapped of which nothing is. */
const PAGED = 'paged';

const statesOf = ({ files }: ComparedImage): Map<string, string> =>
  new Map(files.map(({ path, state }) => [path, state === null || state === 'none' ? PAGED : state.toUpperCase()]));

/** Image offset of each file's first block, by its index; 0 where it has none. */
function startsOf({ pieces, owners }: Layout): Float64Array {
  const starts = new Float64Array(owners.length);
  const blocks = new Float64Array(owners.length).fill(Infinity);
  for (let at = 0; at < pieces.length; at += PIECE) {
    const [start = 0, , file = 0, block = 0] = pieces.subarray(at, at + PIECE);
    if (block >= (blocks[file] ?? 0)) continue;
    blocks[file] = block;
    starts[file] = start;
  }
  return starts.map((_start, file) => starts[owners[file] ?? file] ?? 0);
}
