/**
 * Whether two files have the same content. Blocks that are stored alike are compared as they are stored; others are inflated.
 */
import { sameBytes } from '../base/bytes.ts';
import { CramfsError } from '../base/errors.ts';
import { type Block, blockCount, blockProblem, fileBlocks } from '../image/blocks.ts';
import { readBlock } from '../image/content.ts';
import type { CramfsImage, Inode } from '../image/image.ts';
import { Budget } from '../base/budget.ts';
import { DamagedSide } from './diffDamage.ts';

/** Blocks that are compared in any images; honest images have no more than a quarter of their bytes. */
const FREE_BLOCKS = 1 << 17;

/** A file of one of the images. */
export interface ContentFile {
  readonly image: CramfsImage;
  readonly inode: Inode;
  /** As messages show it. */
  readonly path: string;
}

/** Compares contents, each pair once. */
export class ContentComparison {
  readonly #known = new Map<string, boolean>();
  readonly #budget: Budget;

  constructor(a: CramfsImage, b: CramfsImage) {
    this.#budget = blockBudget(a, b);
  }

  /**
   * Whether a file of the first and one of the second image have the same content.
   *
   * @throws DamagedSide where that cannot be told; CramfsError IO
   */
  isSame(a: ContentFile, b: ContentFile): boolean {
    if (a.inode.size !== b.inode.size) return false;
    if (a.inode.size === 0) return true;
    const key = `${a.inode.ino} ${b.inode.ino} ${a.inode.size}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    spendBlocks(this.#budget, a, b);
    const same = a.image.pageSize === b.image.pageSize ? sameByBlocks(a, b) : sameByBytes(a, b);
    this.#known.set(key, same);
    return same;
  }
}

/** The blocks that a comparison of two images may look at. */
export function blockBudget(a: CramfsImage, b: CramfsImage): Budget {
  return new Budget(FREE_BLOCKS + Math.ceil((a.source.size + b.source.size) / 4));
}

/** Counts the blocks of two files. @throws DamagedSide LIMIT when there are too many */
export function spendBlocks(budget: Budget, a: ContentFile, b: ContentFile): void {
  const blocks = blockCount(a.inode.size, a.image.pageSize) + blockCount(b.inode.size, b.image.pageSize);
  if (budget.spend(blocks)) return;
  const found = 'more, so that files must share parts of their tables';
  const expected = 'no more block pointers than fit in the images';
  throw new DamagedSide('b', new CramfsError('LIMIT', { path: b.path, offset: b.inode.position, expected, found }));
}

/** Files of the same block size: block by block. */
function sameByBlocks(a: ContentFile, b: ContentFile): boolean {
  const [blocksA, blocksB] = [blocksOf('a', a), blocksOf('b', b)];
  for (;;) {
    const [x, y] = [blocksA.next(), blocksB.next()];
    if (x.done === true || y.done === true) return true;
    if (isStoredAlike(a, x.value, b, y.value)) continue;
    if (!sameBytes(read('a', a, x.value), read('b', b, y.value))) return false;
  }
}

/** Whether two blocks consist of the same stored bytes, which mean the same. */
function isStoredAlike(a: ContentFile, x: Block, b: ContentFile, y: Block): boolean {
  if (x.kind === 'hole' || y.kind === 'hole') return x.kind === y.kind;
  if (isVerbatim(x) !== isVerbatim(y) || x.length !== y.length) return false;
  if (!isVerbatim(x) && a.image.inflate !== b.image.inflate) return false;
  const { pageSize } = a.image;
  if (blockProblem(x, pageSize) !== null) return false;
  // The sources may be the same, and what a read gives lasts until the next one.
  const stored = a.image.source.read(x.start, x.length).slice();
  return stored.length === x.length && sameBytes(stored, b.image.source.read(y.start, y.length));
}

function isVerbatim({ kind }: Block): boolean {
  return kind === 'stored' || kind === 'direct';
}

/** Files of different block sizes: as two streams of bytes. */
function sameByBytes(a: ContentFile, b: ContentFile): boolean {
  const [blocksA, blocksB] = [blocksOf('a', a), blocksOf('b', b)];
  let [restA, restB]: Uint8Array[] = [new Uint8Array(0), new Uint8Array(0)];
  for (let left = a.inode.size; left > 0;) {
    if (restA?.length === 0) restA = nextPiece('a', a, blocksA);
    if (restB?.length === 0) restB = nextPiece('b', b, blocksB);
    if (restA === undefined || restB === undefined) return false;
    const length = Math.min(restA.length, restB.length);
    if (!sameBytes(restA.subarray(0, length), restB.subarray(0, length))) return false;
    restA = restA.subarray(length);
    restB = restB.subarray(length);
    left -= length;
  }
  return true;
}

function nextPiece(side: 'a' | 'b', file: ContentFile, blocks: Iterator<Block, void>): Uint8Array | undefined {
  const next = blocks.next();
  return next.done === true ? undefined : read(side, file, next.value);
}

function* blocksOf(side: 'a' | 'b', { image, inode, path }: ContentFile): Generator<Block, void> {
  const blocks = fileBlocks(image, inode, path);
  for (;;) {
    const next = DamagedSide.guard(side, () => blocks.next());
    if (next.done === true) return;
    yield next.value;
  }
}

/** The bytes of a block. */
function read(side: 'a' | 'b', { image, path }: ContentFile, block: Block): Uint8Array {
  return DamagedSide.guard(side, () => readBlock(image, block, path)).slice();
}
