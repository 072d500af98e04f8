/**
 * Where the files of an image lie: one walk over the tree, the results in arrays that a worker can hand over.
 */
import { CramfsError } from '../base/errors.ts';
import { blockCount, fileBlocks } from '../image/blocks.ts';
import type { CramfsImage } from '../image/image.ts';
import { blockBudget, blocksKey } from '../inspect/blockBudget.ts';
import { walk, type WalkEntry } from '../inspect/walk.ts';

/** Files and links of an image, in the order of the tree. Numbers are those of the same index. */
export interface Layout {
  /** Lossless paths (format/names). */
  readonly paths: readonly string[];
  /** Bytes of content. */
  readonly sizes: Float64Array;
  /** Bytes of flash for data; data of several files counts for the first. */
  readonly flash: Float64Array;
  readonly blocks: Uint32Array;
  readonly directBlocks: Uint32Array;
  /** Position of the inode in the image. */
  readonly positions: Float64Array;
  /** 1 for symbolic links. */
  readonly links: Uint8Array;
  /** Index of the file that the data counts for: its own, or that of the first file with the same data. */
  readonly owners: Uint32Array;
  /** Pieces of data by their first byte: start, length, index of the file, block. */
  readonly pieces: Float64Array;
}

/** Numbers of a piece. */
export const PIECE = 4;

/** Lays out an image; of files that share parts of their block pointers, not all. @throws CramfsError IO */
export function layOut(image: CramfsImage): Layout {
  const entries: WalkEntry[] = [];
  for (const entry of walk(image, { onProblem: () => undefined })) {
    const { type, size } = entry.inode;
    if ((type === 'file' || type === 'symlink') && size > 0) entries.push(entry);
  }
  const count = entries.length;
  const sizes = new Float64Array(count);
  const flash = new Float64Array(count);
  const blocks = new Uint32Array(count);
  const directBlocks = new Uint32Array(count);
  const positions = new Float64Array(count);
  const links = new Uint8Array(count);
  const owners = new Uint32Array(count);
  const pieces: number[] = [];
  const tables = new Map<number, number>();
  const known = new Map<string, number>();
  const budget = blockBudget(image);
  entries.forEach(({ inode }, index) => {
    sizes[index] = inode.size;
    blocks[index] = blockCount(inode.size, image.pageSize);
    positions[index] = inode.position;
    links[index] = inode.type === 'symlink' ? 1 : 0;
    const owner = tables.get(inode.ino) ?? index;
    const first = owner === index;
    tables.set(inode.ino, owner);
    owners[index] = owner;
    const key = blocksKey(inode);
    const seen = known.get(key);
    // Blocks beyond the budget are of files that share parts of their tables: they lie where others do.
    if (seen !== undefined || !budget.spend(blocks[index] ?? 0)) {
      directBlocks[index] = seen ?? 0;
      return;
    }
    let direct = 0;
    try {
      for (const block of fileBlocks(image, inode)) {
        if (block.kind === 'direct') direct++;
        if (!first || block.length === 0) continue;
        flash[index] = (flash[index] ?? 0) + block.length;
        pieces.push(block.start, block.length, index, block.index);
      }
    } catch (error) {
      if (!(error instanceof CramfsError) || error.code === 'IO') throw error;
    }
    directBlocks[index] = direct;
    known.set(key, direct);
  });
  return {
    paths: entries.map(({ path }) => path),
    sizes,
    flash,
    blocks,
    directBlocks,
    positions,
    links,
    owners,
    pieces: sorted(pieces),
  };
}

/** Pieces by their first byte. */
function sorted(pieces: readonly number[]): Float64Array {
  const count = pieces.length / PIECE;
  const order = Array.from({ length: count }, (_, index) => index);
  order.sort((a, b) => (pieces[a * PIECE] ?? 0) - (pieces[b * PIECE] ?? 0));
  const result = new Float64Array(pieces.length);
  order.forEach((from, to) => {
    for (let field = 0; field < PIECE; field++) result[to * PIECE + field] = pieces[from * PIECE + field] ?? 0;
  });
  return result;
}

/** The first piece that begins at `start` or after it; the number of pieces where there is none. */
function firstFrom({ pieces }: Layout, start: number): number {
  let low = 0;
  let high = pieces.length / PIECE;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((pieces[middle * PIECE] ?? 0) < start) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Index of the first piece at `start` or after it; null where there is none. */
export function nextPiece(layout: Layout, start: number): number | null {
  const index = firstFrom(layout, start);
  return index < layout.pieces.length / PIECE ? index : null;
}

/** Indices of the pieces that have bytes in [start, end), in order; at most `limit`. */
export function piecesIn(layout: Layout, start: number, end: number, limit = 64): number[] {
  const { pieces } = layout;
  const found: number[] = [];
  // Data that begins before may reach into the range: at most two pages of it.
  for (let at = Math.max(0, firstFrom(layout, start) - 64); at < pieces.length / PIECE && found.length < limit; at++) {
    const from = pieces[at * PIECE] ?? 0;
    if (from >= end) break;
    if (from + (pieces[at * PIECE + 1] ?? 0) > start) found.push(at);
  }
  return found;
}
