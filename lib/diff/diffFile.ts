/** In what two files of the same path differ. */
import type { Budget } from '../base/budget.ts';
import { deviceNumber } from '../format/inode.ts';
import { fileBlocks } from '../image/blocks.ts';
import { readLink } from '../image/content.ts';
import type { CramfsImage, Inode } from '../image/image.ts';
import { shownPath } from '../format/shownPath.ts';
import { blockBudget, type ContentComparison, type ContentFile, spendBlocks } from './diffContent.ts';
import { DamagedSide } from './diffDamage.ts';
import type { FileChange, FileLayout } from './diffResult.ts';

/** A file of both images. */
export interface FilePair {
  readonly a: Inode;
  readonly b: Inode;
  /** Paths in the images. */
  readonly pathA: string;
  readonly pathB: string;
}

/** What to compare with. */
export interface FileComparison {
  readonly a: CramfsImage;
  readonly b: CramfsImage;
  /** Null where only sizes count. */
  readonly contents: ContentComparison | null;
  readonly layouts: LayoutComparison;
}

/**
 * The differences of two files, as far as damage lets them be seen.
 *
 * @param onDamage is told where something cannot be compared
 * @throws CramfsError IO
 */
export function fileChanges(
  pair: FilePair,
  images: FileComparison,
  onDamage: (damage: DamagedSide) => void,
): FileChange[] {
  const { a, b } = pair;
  const changes: FileChange[] = [];
  if (a.type !== b.type) changes.push({ what: 'type', a: a.type, b: b.type });
  if ((a.mode & 0o7777) !== (b.mode & 0o7777)) changes.push({ what: 'mode', a: a.mode & 0o7777, b: b.mode & 0o7777 });
  if (a.uid !== b.uid || a.gid !== b.gid) {
    changes.push({ what: 'owner', a: { uid: a.uid, gid: a.gid }, b: { uid: b.uid, gid: b.gid } });
  }
  if (a.type !== b.type) return changes;
  try {
    changes.push(...dataChanges(pair, images));
  } catch (error) {
    if (!(error instanceof DamagedSide)) throw error;
    onDamage(error);
  }
  return changes;
}

function dataChanges({ a, b, pathA, pathB }: FilePair, images: FileComparison): FileChange[] {
  const [shownA, shownB] = [shownPath(pathA), shownPath(pathB)];
  switch (a.type) {
    case 'chardev':
    case 'blockdev':
      return a.size === b.size ? [] : [{ what: 'device', a: deviceNumber(a.size), b: deviceNumber(b.size) }];
    case 'symlink': {
      const targetA = DamagedSide.guard('a', () => readLink(images.a, a, shownA));
      const targetB = DamagedSide.guard('b', () => readLink(images.b, b, shownB));
      return targetA === targetB ? [] : [{ what: 'target', a: targetA, b: targetB }];
    }
    case 'file': {
      const fileA = { image: images.a, inode: a, path: shownA };
      const fileB = { image: images.b, inode: b, path: shownB };
      const isSame = images.contents?.isSame(fileA, fileB) ?? a.size === b.size;
      const content: FileChange[] = isSame ? [] : [{ what: 'content', a: a.size, b: b.size }];
      if (a.size !== b.size || images.a.pageSize !== images.b.pageSize) return content;
      return [...content, ...images.layouts.changes(fileA, fileB)];
    }
    default:
      return [];
  }
}

function layoutOf(image: CramfsImage, inode: Inode, path: string): FileLayout {
  const runs: { kind: FileLayout['runs'][number]['kind']; blocks: number; past: number | null }[] = [];
  let blocks = 0;
  let follows = -1;
  for (const { kind, start } of fileBlocks(image, inode, path)) {
    blocks++;
    const last = runs.at(-1);
    if (last?.kind === kind && (kind !== 'direct' || start === follows)) last.blocks++;
    else runs.push({ kind, blocks: 1, past: kind === 'direct' ? start % image.pageSize : null });
    follows = start + image.pageSize;
  }
  return { blocks, runs };
}

/** Compares layouts, each pair of pointer tables once. */
export class LayoutComparison {
  readonly #known = new Map<string, readonly FileChange[]>();
  readonly #budget: Budget;

  constructor(a: CramfsImage, b: CramfsImage) {
    this.#budget = blockBudget(a, b);
  }

  /** @throws DamagedSide, CramfsError IO */
  changes(a: ContentFile, b: ContentFile): readonly FileChange[] {
    const key = `${a.inode.ino} ${b.inode.ino} ${a.inode.size}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    spendBlocks(this.#budget, a, b);
    const layoutA = DamagedSide.guard('a', () => layoutOf(a.image, a.inode, a.path));
    const layoutB = DamagedSide.guard('b', () => layoutOf(b.image, b.inode, b.path));
    const isAlike = JSON.stringify(layoutA) === JSON.stringify(layoutB);
    const changes: readonly FileChange[] = isAlike ? [] : [{ what: 'layout', a: layoutA, b: layoutB }];
    this.#known.set(key, changes);
    return changes;
  }
}

/** Whether two files certainly have the same content, which is not that of an empty file. */
export function haveSameContent(pair: FilePair, images: FileComparison): boolean {
  const { a, b, pathA, pathB } = pair;
  if (images.contents === null || a.size === 0) return false;
  try {
    return images.contents.isSame(
      { image: images.a, inode: a, path: shownPath(pathA) },
      { image: images.b, inode: b, path: shownPath(pathB) },
    );
  } catch (error) {
    if (error instanceof DamagedSide) return false;
    throw error;
  }
}
