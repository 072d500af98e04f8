/**
 * Whose data stands at a byte of the image: an index over the blocks of all regular files, made at the first question.
 */
import { CramfsError } from '../base/errors.ts';
import { blockCount, fileBlocks } from '../image/blocks.ts';
import type { CramfsImage } from '../image/image.ts';
import { walk, type WalkEntry } from '../inspect/walk.ts';
import { Budget } from '../base/budget.ts';

/** Block pointers that are looked at in any image; larger images may have more. */
const FREE_POINTERS = 1 << 18;

interface Extent {
  readonly start: number;
  readonly end: number;
  readonly entry: WalkEntry;
}

/** The files of an image by where their data stands. */
export class DataOwners {
  readonly #image: CramfsImage;
  #extents: Extent[] | null = null;

  constructor(image: CramfsImage) {
    this.#image = image;
  }

  /**
   * The path of a file with data at a byte offset; null where there is none. Of several files one is named.
   *
   * @throws CramfsError IO
   */
  at(offset: number): string | null {
    this.#extents ??= collect(this.#image);
    let [low, high] = [0, this.#extents.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#extents[middle]?.start ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    const extent = this.#extents[low - 1];
    return extent !== undefined && offset < extent.end ? extent.entry.path : null;
  }
}

function collect(image: CramfsImage): Extent[] {
  const extents: { start: number; end: number; entry: WalkEntry }[] = [];
  const budget = new Budget(FREE_POINTERS + Math.ceil(image.source.size / 4));
  for (const entry of walk(image, { onProblem: () => undefined })) {
    const { inode } = entry;
    if (inode.type !== 'file' || inode.offset === 0) continue;
    if (!budget.spend(blockCount(inode.size, image.pageSize))) break;
    try {
      for (const { kind, start, length } of fileBlocks(image, inode)) {
        if (kind === 'hole') continue;
        const last = extents.at(-1);
        if (last?.entry === entry && last.end === start) last.end += length;
        else extents.push({ start, end: start + length, entry });
      }
    } catch (error) {
      if (!(error instanceof CramfsError) || error.code === 'IO') throw error;
    }
  }
  return extents.sort((a, b) => a.start - b.start);
}
