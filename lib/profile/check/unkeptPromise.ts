/**
 * A board that does what its model predicts, which is nothing: the image has direct blocks for its programs, and none of them
 * is mapped.
 */
import type { Change, Scenario } from './causes.ts';
import type { Prediction } from './predict.ts';

/** Places that are tried for the image. */
const MAX_PLACES = 16;

/**
 * Why no page is direct though the image has direct blocks of the files that are mapped; null where that is not so.
 *
 * @param predictAt the predictions for the image at another physical address
 * @throws what predictAt throws
 */
export function unkeptPromise(
  { board, files }: Scenario,
  predictions: readonly Prediction[],
  predictAt: (physBase: number) => readonly Prediction[],
): Change | null {
  const { pageSize, physBase } = board.machine;
  if (countDirect(predictions) > 0) return null;
  const rests = new Set<number>();
  for (const { objects } of predictions) {
    for (const [path, { mappings }] of objects) {
      const file = files.byPath(path);
      for (const { perms, offset, pages } of mappings) {
        if (file === null || perms[1] === 'w') continue;
        for (let page = offset / pageSize; page < offset / pageSize + pages; page++) {
          const start = file.directAt(page);
          if (start !== null) rests.add((physBase + start) % pageSize);
        }
      }
    }
  }
  if (rests.size === 0) return null;
  if (physBase === 0) return { kind: 'no-direct-access' };
  // Where the image lies so that one of the blocks is on a page, are there direct pages?
  const places = [...rests]
    .slice(0, MAX_PLACES)
    .map((rest) => (physBase >= rest ? physBase - rest : physBase + pageSize - rest));
  if (!places.some((place) => place !== physBase && countDirect(predictAt(place)) > 0)) return { kind: 'unknown' };
  return { kind: physBase % pageSize === 0 ? 'unaligned-blocks' : 'unaligned-address' };
}

function countDirect(predictions: readonly Prediction[]): number {
  let pages = 0;
  for (const { objects } of predictions) {
    for (const { mappings } of objects.values()) for (const { directPages } of mappings) pages += directPages;
  }
  return pages;
}
