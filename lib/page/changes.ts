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
    const mapping = pair(oldStates.get(path) ?? '', states.get(path) ?? '');
    const moved = pair(oldStarts.get(before) ?? 0, starts.get(index) ?? 0);
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

const statesOf = ({ files }: ComparedImage): Map<string, string> =>
  new Map(files.map(({ path, state }) => [path, state === null || state === 'none' ? 'paged' : state.toUpperCase()]));

/** First byte of each file's data, by its index. */
function startsOf({ pieces }: Layout): Map<number, number> {
  const starts = new Map<number, number>();
  for (let at = 0; at < pieces.length; at += PIECE) {
    const file = pieces[at + 2] ?? 0;
    if (!starts.has(file)) starts.set(file, pieces[at] ?? 0);
  }
  return starts;
}
