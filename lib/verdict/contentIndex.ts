/**
 * Which file a page of bytes belongs to: an index over the pages of all files of an image.
 *
 * It is made only when a page shows something that it should not, and is bounded: files with the same pointers are read
 * once, and an image with more pages than {@link MAX_INDEXED_PAGES} is indexed up to there.
 */
import { Budget } from '../base/budget.ts';
import { sameBytes } from '../base/bytes.ts';
import { CramfsError } from '../base/errors.ts';
import { crc32 } from '../format/crc32.ts';
import { type Block, blockCount, fileBlock, fileBlocks } from '../image/blocks.ts';
import { readBlock } from '../image/content.ts';
import type { CramfsImage, Inode } from '../image/image.ts';
import { blocksKey } from '../inspect/blockBudget.ts';
import { walk } from '../inspect/walk.ts';

/** Pages that are read for the index at most: 1 GiB of files of 4 KiB pages. */
export const MAX_INDEXED_PAGES = 1 << 18;
/** Files whose pages are remembered: mappings are made file by file. */
const MAX_FILES = 16;

/** A page of a file. */
export interface FilePage {
  readonly path: string;
  readonly page: number;
}

/** An index from the content of a page, zeros past the end of the file, to the first file that has it. */
export class ContentIndex {
  readonly #image: CramfsImage;
  #pages: ReadonlyMap<number, FilePage> | null = null;
  readonly #files = new Map<string, OwnPages>();

  constructor(image: CramfsImage) {
    this.#image = image;
  }

  /** The file page with this content, or null. @throws CramfsError IO when the image's source fails */
  find(bytes: Uint8Array): FilePage | null {
    this.#pages ??= indexAll(this.#image);
    return this.#pages.get(crc32(bytes)) ?? null;
  }

  /**
   * The page of `inode` with this content, or null: a file's own pages are named before those of others.
   *
   * @throws CramfsError IO
   */
  ownPage(inode: Inode, bytes: Uint8Array): number | null {
    const page = this.#pagesOf(inode).byContent.get(crc32(bytes));
    if (page === undefined) return null;
    const content = readBlock(this.#image, fileBlock(this.#image, inode, page));
    return sameBytes(padded(content, this.#image.pageSize), bytes) ? page : null;
  }

  /** The page of `inode` whose direct block begins at a byte of the image, or null. @throws CramfsError IO */
  ownBlockAt(inode: Inode, start: number): number | null {
    return this.#pagesOf(inode).byStart.get(start) ?? null;
  }

  #pagesOf(inode: Inode): OwnPages {
    const key = blocksKey(inode);
    const known = this.#files.get(key);
    if (known !== undefined) return known;
    const found = ownPages(this.#image, inode);
    if (this.#files.size >= MAX_FILES) this.#files.clear();
    this.#files.set(key, found);
    return found;
  }
}

/** Pages of one file, each the first of its kind. */
interface OwnPages {
  /** By the CRC-32 of their bytes, up to the first block that is damaged. */
  readonly byContent: ReadonlyMap<number, number>;
  /** By the first byte of their direct block. */
  readonly byStart: ReadonlyMap<number, number>;
}

function ownPages(image: CramfsImage, inode: Inode): OwnPages {
  const byContent = new Map<number, number>();
  visitBlocks(image, inode, (block) => {
    const crc = crcOf(image, block);
    if (!byContent.has(crc)) byContent.set(crc, block.index);
  });
  const byStart = new Map<number, number>();
  visitBlocks(image, inode, ({ kind, start, index }) => {
    if (kind === 'direct' && !byStart.has(start)) byStart.set(start, index);
  });
  return { byContent, byStart };
}

/** Files that are damaged are left out. */
function indexAll(image: CramfsImage): ReadonlyMap<number, FilePage> {
  const pages = new Map<number, FilePage>();
  const known = new Set<string>();
  const budget = new Budget(MAX_INDEXED_PAGES);
  for (const { inode, path } of walk(image, { onProblem: () => undefined })) {
    if (inode.type !== 'file' || known.has(blocksKey(inode))) continue;
    known.add(blocksKey(inode));
    if (!budget.spend(blockCount(inode.size, image.pageSize))) break;
    visitBlocks(image, inode, (block) => {
      const crc = crcOf(image, block);
      if (!pages.has(crc)) pages.set(crc, { path, page: block.index });
    });
  }
  return pages;
}

function crcOf(image: CramfsImage, block: Block): number {
  return crc32(padded(readBlock(image, block), image.pageSize));
}

/** The blocks of a file, up to the first that is damaged or that damage keeps from being visited. */
function visitBlocks(image: CramfsImage, inode: Inode, visit: (block: Block) => void): void {
  try {
    for (const block of fileBlocks(image, inode)) visit(block);
  } catch (error) {
    if (!(error instanceof CramfsError) || error.code === 'IO') throw error;
  }
}

/** A page of bytes: zeros past what is there. */
export function padded(bytes: Uint8Array, pageSize: number): Uint8Array {
  if (bytes.length === pageSize) return bytes;
  const page = new Uint8Array(pageSize);
  page.set(bytes);
  return page;
}
