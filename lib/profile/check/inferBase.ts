/**
 * The physical address of an image, from what a board shows: the offset column of a private mapping of page frames.
 */
import type { Board } from '../../verdict/board.ts';
import type { FileIndex } from '../fileIndex.ts';
import type { SeenMapping } from '../mapsCapture.ts';
import type { PredictedMapping, Prediction } from './predict.ts';
import type { SeenProcess } from './seenProcesses.ts';

/** The address that the first such mapping shows; null where there is none. Bytes. */
export function inferBase(
  { objects }: SeenProcess,
  prediction: Prediction,
  { board, files }: { readonly board: Board; readonly files: FileIndex },
): number | null {
  const { pageSize, physBase } = board.machine;
  for (const { path, mappings } of objects) {
    const file = files.byPath(path);
    const predicted = prediction.objects.get(path)?.mappings ?? [];
    if (file === null) continue;
    for (const seen of mappings) {
      if (!showsAddress(seen, file.pages * pageSize)) continue;
      const same = sameMapping(seen, mappings, predicted);
      if (same === null) continue;
      const page = same.state === 'pfnmap' ? file.pageAt(same.offset - physBase) : same.offset / pageSize;
      const start = page === null ? null : file.directAt(page);
      if (start !== null && seen.offset >= start) return seen.offset - start;
    }
  }
  return null;
}

/** Whether the offset column is a physical address. Without VmFlags it is one if the file has no such page. */
function showsAddress({ perms, offset, smaps }: SeenMapping, fileBytes: number): boolean {
  if (!perms.endsWith('p')) return false;
  return smaps?.vmFlags?.has('pf') ?? offset >= fileBytes;
}

/** The predicted mapping at the same place of the object. */
function sameMapping(
  seen: SeenMapping,
  mappings: readonly SeenMapping[],
  predicted: readonly PredictedMapping[],
): PredictedMapping | null {
  const at = seen.start - (mappings[0]?.start ?? 0);
  const base = predicted[0]?.start ?? 0;
  return predicted.find(({ start }) => start - base === at) ?? null;
}
