/**
 * A process as a board shows it, compared with a prediction: mapping by mapping, in the order of addresses, each object
 * counted from its first mapping, since where objects are in memory differs from run to run.
 */
import type { SeenMapping } from '../mapsCapture.ts';
import type { PredictedMapping, Prediction } from './predict.ts';
import type { SeenObject, SeenProcess } from './seenProcesses.ts';

/**
 * What differs; see the fields of /proc/PID/smaps for the last six. `not-started`: the prediction has no such process; `object`: a file that is mapped on one side only; `inode`: its inode
 * number; `range`: where a mapping begins or ends in its object, or that there is none; `state`: pf or mm in VmFlags;
 * `offset`: the offset column; `flags`: other VmFlags; `rss`: more pages in RAM than are not direct.
 */
export type DifferenceKind =
  'not-started' | 'object' | 'inode' | 'range' | 'perms' | 'state' | 'offset' | 'flags' | 'rss';

/** A difference. */
export interface Difference {
  readonly kind: DifferenceKind;
  /** Path in the image. */
  readonly path: string;
  readonly seen: SeenMapping | null;
  readonly predicted: PredictedMapping | null;
  /** The inode numbers; null where the side does not have the file. */
  readonly seenIno: number | null;
  readonly predictedIno: number | null;
}

/**
 * VmFlags that say what a mapping is. Others depend on what the process or the kernel does besides: sd (soft dirty), ac
 * (accounted), lo (locked), ar (page attributes; see {@link showsAttributes}).
 */
const COMPARED_FLAGS = ['rd', 'wr', 'ex', 'sh', 'mr', 'mw', 'me', 'ms', 'pf', 'io', 'de', 'dd', 'mm'];

/** All differences of a process, those of the whole first. */
export function differences(seen: SeenProcess, prediction: Prediction, pageSize: number): Difference[] {
  if (prediction.objects.size === 0) return [nothing('not-started', seen.program)];
  const found: Difference[] = [];
  for (const object of seen.objects) found.push(...objectDifferences(object, prediction, pageSize));
  for (const [path, { ino }] of prediction.objects) {
    if (seen.objects.every((object) => object.path !== path))
      found.push({ ...nothing('object', path), predictedIno: ino });
  }
  return found;
}

function nothing(kind: DifferenceKind, path: string): Difference {
  return { kind, path, seen: null, predicted: null, seenIno: null, predictedIno: null };
}

function* objectDifferences(seen: SeenObject, { objects }: Prediction, pageSize: number): Generator<Difference, void> {
  const { path, ino: seenIno } = seen;
  const predicted = objects.get(path);
  if (predicted === undefined) {
    yield { ...nothing('object', path), seenIno, seen: seen.mappings[0] ?? null };
    return;
  }
  const inos = { seenIno, predictedIno: predicted.ino };
  if (seenIno !== predicted.ino) yield { ...nothing('inode', path), ...inos };
  const [seenBase, base] = [seen.mappings[0]?.start ?? 0, predicted.mappings[0]?.start ?? 0];
  const count = Math.max(seen.mappings.length, predicted.mappings.length);
  for (let index = 0; index < count; index++) {
    const one = seen.mappings[index] ?? null;
    const other = predicted.mappings[index] ?? null;
    const kind =
      one === null || other === null
        ? 'range'
        : mappingDifference(one, one.start - seenBase, other, other.start - base, pageSize);
    if (kind === null) continue;
    yield { kind, path, seen: one, predicted: other, ...inos };
    // After a mapping of another length the rest no longer lines up.
    if (kind === 'range') return;
  }
}

function mappingDifference(
  seen: SeenMapping,
  seenAt: number,
  predicted: PredictedMapping,
  at: number,
  pageSize: number,
): DifferenceKind | null {
  const { smaps } = seen;
  if (seenAt !== at || seen.end - seen.start !== predicted.end - predicted.start) return 'range';
  if (seen.perms !== predicted.perms) return 'perms';
  const flags = smaps?.vmFlags ?? null;
  const differs = (flag: string): boolean => flags !== null && flags.has(flag) !== predicted.vmFlags.includes(flag);
  if (differs('pf') || differs('mm')) return 'state';
  if (seen.offset !== predicted.offset) return 'offset';
  if (COMPARED_FLAGS.some(differs)) return 'flags';
  // Direct pages are not counted: vm_normal_page() finds no struct page for them.
  const inRam = smaps === null ? 0 : (smaps.rss - smaps.anonymous) / pageSize;
  return inRam > predicted.pages - predicted.directPages ? 'rss' : null;
}

/** Whether VmFlags of mappings of page frames show "ar", as x86 has it before Linux 6.16; null where nothing shows it. */
export function showsAttributes(flags: readonly { readonly has: (flag: string) => boolean }[]): boolean | null {
  const frames = flags.filter((each) => each.has('pf'));
  return frames.length === 0 ? null : frames.some((each) => each.has('ar'));
}
