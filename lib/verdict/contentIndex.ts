/**
 * Which file a page of bytes belongs to: an index over the pages of all files of an image.
 *
 * It is made only when a page shows something that it should not, and is bounded: an image with more pages than
 * {@link MAX_INDEXED_PAGES} is indexed up to there.
 */
import { sameBytes } from '../base/bytes.ts';
import { CramfsError } from '../base/errors.ts';
import { crc32 } from '../format/crc32.ts';
import { fileBlocks } from '../image/blocks.ts';
import { readBlock } from '../image/content.ts';
import type { CramfsImage, Inode } from '../image/image.ts';
import { walk, type WalkEntry } from '../inspect/walk.ts';

/** Pages that are indexed at most: 1 GiB of files of 4 KiB pages. */
export const MAX_INDEXED_PAGES = 1 << 18;

/** A page of a file. */
export interface FilePage {
  readonly path: string;
  readonly page: number;
}

/** An index from the content of a page, zeros behind the end of the file, to the first file that has it. */
export class ContentIndex {
  readonly #pages = new Map<number, FilePage>();

  /** @throws CramfsError IO when the image's source fails; files that are damaged are left out */
  constructor(image: CramfsImage) {
    for (const entry of walk(image, { onProblem: () => undefined })) {
      if (entry.inode.type !== 'file') continue;
      if (this.#pages.size >= MAX_INDEXED_PAGES) return;
      this.#add(image, entry);
    }
  }

  #add(image: CramfsImage, entry: WalkEntry): void {
    const { path } = entry;
    try {
      for (const block of fileBlocks(image, entry.inode, path)) {
        const key = crc32(padded(readBlock(image, block, path), image.pageSize));
        if (!this.#pages.has(key)) this.#pages.set(key, { path, page: block.index });
      }
    } catch (error) {
      if (!(error instanceof CramfsError) || error.code === 'IO') throw error;
    }
  }

  /** The file page with this content, or null. */
  find(bytes: Uint8Array): FilePage | null {
    return this.#pages.get(crc32(bytes)) ?? null;
  }
}

/** The page of `inode` with this content, or null: a file's own pages are named before those of others. */
export function ownPage(image: CramfsImage, inode: Inode, bytes: Uint8Array): number | null {
  try {
    for (const block of fileBlocks(image, inode)) {
      if (sameBytes(padded(readBlock(image, block), image.pageSize), bytes)) return block.index;
    }
  } catch (error) {
    if (!(error instanceof CramfsError) || error.code === 'IO') throw error;
  }
  return null;
}

/** A page of bytes: zeros behind what is there. */
export function padded(bytes: Uint8Array, pageSize: number): Uint8Array {
  if (bytes.length === pageSize) return bytes;
  const page = new Uint8Array(pageSize);
  page.set(bytes);
  return page;
}
