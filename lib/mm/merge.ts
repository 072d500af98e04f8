/**
 * Merging of neighbouring mappings (vma_merge(), and the first steps of mmap_region()).
 *
 * Mappings of page frames and mixed maps never merge. A new mapping that merges is never handed to the file system: it
 * becomes a part of the one beside it, and nothing is logged.
 */
import type { Vma } from './vma.ts';
import { VM_SOFTDIRTY, VM_SPECIAL } from './vmFlags.ts';

/** What decides whether two mappings can be one. Addresses in bytes. */
type Mergeable = Pick<Vma, 'start' | 'end' | 'pgoff' | 'vmFlags' | 'file'>;

/** Whether `second`, which begins where `first` ends, continues it in the same file, with the same flags. */
function continues(first: Mergeable, second: Mergeable, pageSize: number): boolean {
  return (
    first.end === second.start &&
    first.file === second.file &&
    (first.vmFlags & VM_SPECIAL) === 0 &&
    ((first.vmFlags ^ second.vmFlags) & ~VM_SOFTDIRTY) === 0 &&
    first.pgoff + (first.end - first.start) / pageSize === second.pgoff
  );
}

/** A mapping that takes the place of others. */
export interface Merger {
  readonly replaced: readonly Vma[];
  readonly merged: Vma;
}

/**
 * Finds the mappings beside a range that can take it in.
 *
 * @param range a mapping to be, or one that is there: it is not found beside itself
 * @returns null where there is no such neighbour
 */
export function findMerger(vmas: readonly Vma[], range: Mergeable, pageSize: number): Merger | null {
  if (vmas.length === 0) return null;
  const before = vmas.find((vma) => continues(vma, range, pageSize));
  const behind = vmas.find((vma) => continues(range, vma, pageSize));
  const kept = before ?? behind;
  if (kept === undefined) return null;
  const merged = {
    ...kept,
    start: before?.start ?? range.start,
    end: behind?.end ?? range.end,
    pgoff: before?.pgoff ?? range.pgoff,
  };
  return { replaced: [before, behind].filter((vma) => vma !== undefined), merged };
}
