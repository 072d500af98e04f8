/**
 * Two trees, walked side by side: the entries of a directory in the order of their names, whatever the images have.
 *
 * Memory: the entries of the directories on the way. Neither cycles nor directories that are listed over and over can keep
 * the walk from its end.
 */
import { CramfsError, type ErrorDetails } from '../base/errors.ts';
import { directoryEntries } from '../image/directory.ts';
import type { CramfsImage, Inode } from '../image/image.ts';
import { shownPath } from '../format/shownPath.ts';
import { MAX_PATH_BYTES } from '../base/paths.ts';
import { entryLimit } from '../inspect/walk.ts';
import { comparePaths } from '../audit/pathOrder.ts';

/** A path of either image; null where it is not there. */
export interface TreePair {
  readonly path: string;
  readonly a: Inode | null;
  readonly b: Inode | null;
}

/** One of the two images. */
export type Side = 'a' | 'b';

/** Tells of damage of an image. */
export type OnDamage = (side: Side, error: CramfsError) => void;

interface Level {
  readonly pairs: Iterator<TreePair, void>;
  /** Offsets of the directories that were entered. */
  readonly a: number | null;
  readonly b: number | null;
}

/**
 * Walks two images. The root comes first, and each directory is followed by what is in it.
 *
 * @throws CramfsError IO
 */
export function* walkTogether(a: CramfsImage, b: CramfsImage, onDamage: OnDamage): Generator<TreePair, void> {
  const sides = { a: new TreeSide('a', a, onDamage), b: new TreeSide('b', b, onDamage) };
  const levels: Level[] = [];
  const enter = (pair: TreePair): void => {
    const [listA, listB] = [sides.a.enter(pair.path, pair.a), sides.b.enter(pair.path, pair.b)];
    if (listA === null && listB === null) return;
    levels.push({
      pairs: merge(pair.path, listA ?? NOTHING, listB ?? NOTHING),
      a: listA?.offset ?? null,
      b: listB?.offset ?? null,
    });
  };
  const root: TreePair = { path: '/', a: a.root, b: b.root };
  yield root;
  enter(root);
  for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
    const next = level.pairs.next();
    if (next.done === true) {
      levels.pop();
      sides.a.leave(level.a);
      sides.b.leave(level.b);
      continue;
    }
    yield next.value;
    enter(next.value);
  }
}

interface Named {
  readonly name: string;
  readonly inode: Inode;
}

/** The entries of a directory by name. */
interface Listing {
  readonly entries: readonly Named[];
  /** Whether it is known what else is not there. */
  readonly isWhole: boolean;
  /** Where the directory is, if it was entered. */
  readonly offset: number | null;
}

const NOTHING: Listing = { entries: [], isWhole: true, offset: null };

/** Entries of the same name come together, one by one where a directory has a name several times. */
function* merge(parent: string, inA: Listing, inB: Listing): Generator<TreePair, void> {
  const [listA, listB] = [inA.entries, inB.entries];
  const prefix = parent === '/' ? '/' : `${parent}/`;
  for (let i = 0, j = 0; i < listA.length || j < listB.length;) {
    const [a, b] = [listA[i], listB[j]];
    const order = a === undefined ? 1 : b === undefined ? -1 : comparePaths(a.name, b.name);
    if (order <= 0) i++;
    if (order >= 0) j++;
    // What a damaged directory does not show may be there all the same.
    if ((order < 0 && !inB.isWhole) || (order > 0 && !inA.isWhole)) continue;
    const name = (order <= 0 ? a?.name : b?.name) ?? '';
    yield {
      path: `${prefix}${name}`,
      a: order <= 0 ? (a?.inode ?? null) : null,
      b: order >= 0 ? (b?.inode ?? null) : null,
    };
  }
}

/** One image of the walk. */
class TreeSide {
  readonly #side: Side;
  readonly #image: CramfsImage;
  readonly #onDamage: OnDamage;
  readonly #onPath = new Set<number>();
  #entriesLeft: number;

  constructor(side: Side, image: CramfsImage, onDamage: OnDamage) {
    this.#side = side;
    this.#image = image;
    this.#onDamage = onDamage;
    this.#entriesLeft = entryLimit(image);
  }

  /** The entries of a directory; null for what is none, or is empty. */
  enter(path: string, inode: Inode | null): Listing | null {
    if (inode?.type !== 'directory' || inode.size === 0 || inode.offset === 0) return null;
    const refused: Listing = { entries: [], isWhole: false, offset: null };
    if (this.#onPath.has(inode.offset)) {
      const found = `a directory that contains itself, at byte ${inode.offset}`;
      this.#tell('BAD_STRUCTURE', path, inode, {
        what: 'the directory tree',
        expected: 'a directory of its own',
        found,
      });
      return refused;
    }
    // A path has at least as many bytes as characters.
    if (path.length > MAX_PATH_BYTES) {
      this.#tell('LIMIT', path, inode, { expected: `paths of at most ${MAX_PATH_BYTES} bytes`, found: 'a longer one' });
      return refused;
    }
    const entries: Named[] = [];
    let isWhole = true;
    try {
      for (const { name, inode: child } of directoryEntries(this.#image, inode, shownPath(path))) {
        if (this.#entriesLeft-- <= 0) {
          isWhole = false;
          const found = 'more, so that directories must be listed more than once';
          this.#tell('LIMIT', path, inode, { expected: 'no more entries than fit in the image', found });
          break;
        }
        entries.push({ name, inode: child });
      }
    } catch (error) {
      if (!(error instanceof CramfsError) || error.code === 'IO') throw error;
      isWhole = false;
      this.#onDamage(this.#side, error);
    }
    this.#onPath.add(inode.offset);
    return { entries: entries.sort((x, y) => comparePaths(x.name, y.name)), isWhole, offset: inode.offset };
  }

  #tell(code: 'BAD_STRUCTURE' | 'LIMIT', path: string, inode: Inode, details: ErrorDetails): void {
    this.#onDamage(this.#side, new CramfsError(code, { ...details, path: shownPath(path), offset: inode.position }));
  }

  leave(offset: number | null): void {
    if (offset !== null) this.#onPath.delete(offset);
  }
}
