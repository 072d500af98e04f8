/**
 * The entries of an image that can be written safely, in an order in which they can be written: each directory in front of
 * what is in it, no name twice in a directory, no name that leads out of it.
 *
 * Extraction walks twice: once to add up ({@link survey}), so that an image is refused as a whole before anything is
 * written, then to write.
 */
import { CramfsError } from '../base/errors.ts';
import { S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from '../format/constants.ts';
import type { CramfsImage } from '../image/image.ts';
import { shownPath } from '../format/shownPath.ts';
import { entryLimit, walk, type WalkEntry } from '../inspect/walk.ts';
import { visitInodes } from '../inspect/visitInodes.ts';
import { Budget, DEFAULT_LIMITS, type ExtractLimits } from './limits.ts';
import { type ExtractProblem, imageProblem } from './problem.ts';
import { NameOrder } from './nameOrder.ts';
import { nameProblem } from './safeName.ts';
import { Selection } from './selection.ts';

/** What to take of an image. */
export interface Choice {
  /** Paths of the image that are wanted, with what is in them; none or absent: everything. */
  readonly paths?: readonly string[] | undefined;
  /** Default: `DEFAULT_LIMITS`. */
  readonly limits?: Partial<ExtractLimits> | undefined;
  /** Whether names must suit Windows. Default: false. */
  readonly windowsNames?: boolean | undefined;
}

/** How to walk, beside what to take. */
export interface SafeWalkOptions extends Choice {
  /** Gets what is wrong with single entries. */
  readonly onProblem: (problem: ExtractProblem) => void;
  /** Whether to go into a directory. Default: all. */
  readonly enter?: ((directory: WalkEntry) => boolean) | undefined;
}

/**
 * Walks the entries that can be written, the root first.
 *
 * @throws CramfsError LIMIT where the image exceeds a limit, USAGE for an impossible path, IO
 */
export function safeWalk(image: CramfsImage, options: SafeWalkOptions): Generator<WalkEntry, void> {
  return entriesOf(image, options, new Selection(options.paths ?? []));
}

function* entriesOf(image: CramfsImage, options: SafeWalkOptions, selection: Selection): Generator<WalkEntry, void> {
  const { onProblem, enter, windowsNames = false } = options;
  const { maxEntries, budget } = boundsOf(image, options);
  if (image.root.type !== 'directory') throw rootError(image);
  const names = new WeakMap<WalkEntry, Set<string>>();
  let current: WalkEntry | null = null;
  const entries = walk(image, {
    maxEntries: maxEntries + 1,
    enter: (directory) => directory === current && enter?.(directory) !== false,
    onProblem: ({ kind, error, entry }) => {
      if (kind === 'entries') throw error;
      onProblem(imageProblem(error, entry.path));
    },
  });
  for (const entry of entries) {
    const { inode, parent } = entry;
    current = null;
    if (!selection.includes(entry)) continue;
    if (parent !== null) {
      const wrong = nameProblem(entry.name, windowsNames) ?? repetition(names, parent, entry.name);
      if (wrong !== null) {
        onProblem(imageProblem(unsafeName(entry, wrong), entry.path));
        continue;
      }
    }
    const hasContent = inode.type === 'file' || inode.type === 'symlink';
    budget.count(entry.depth, hasContent ? inode.size : 0, () => shownPath(entry.path));
    current = entry;
    yield entry;
  }
}

/** The bounds on what is taken, of which nothing is used up. */
function boundsOf(image: CramfsImage, { limits }: Choice): { readonly maxEntries: number; readonly budget: Budget } {
  // Unless it was asked for more: an image lists each of its inodes once.
  const maxEntries = limits?.maxEntries ?? Math.min(DEFAULT_LIMITS.maxEntries, entryLimit(image));
  const all = { ...DEFAULT_LIMITS, ...limits, maxEntries };
  return { maxEntries, budget: new Budget(all, Math.min(image.size, image.source.size)) };
}

/** Linux finds the first of two entries of the same name; so the first counts. */
function repetition(names: WeakMap<WalkEntry, Set<string>>, parent: WalkEntry, name: string): string | null {
  let known = names.get(parent);
  if (known === undefined) {
    known = new Set();
    names.set(parent, known);
  }
  if (known.has(name)) return 'a name that the directory has already';
  known.add(name);
  return null;
}

function unsafeName(entry: WalkEntry, found: string): CramfsError {
  return new CramfsError('BAD_STRUCTURE', {
    what: 'a directory entry',
    path: shownPath(entry.path),
    offset: entry.inode.position,
    expected: 'a name that stays in its directory',
    found,
  });
}

function rootError(image: CramfsImage): CramfsError {
  return new CramfsError('BAD_STRUCTURE', {
    what: 'the root inode',
    offset: image.root.position,
    expected: 'a directory',
    found: `the mode 0${image.root.mode.toString(8)}`,
  });
}

/** What there is to extract. */
export interface Survey {
  readonly entries: number;
  /** Bytes of files and link targets. */
  readonly bytes: number;
}

/**
 * Adds up what is wanted of an image.
 *
 * @throws CramfsError LIMIT where the image exceeds a limit, NOT_FOUND for a wanted path that is not there, USAGE, IO
 */
export function survey(image: CramfsImage, choice: Choice): Survey {
  return plainSurvey(image, choice) ?? carefulSurvey(image, choice);
}

/**
 * Adds up a whole image without making objects of its entries. Null where only the careful walk can: if paths are chosen, an
 * entry is damaged, or names are not in order, so that one may be there twice.
 */
function plainSurvey(image: CramfsImage, choice: Choice): Survey | null {
  if ((choice.paths ?? []).length > 0 || choice.windowsNames === true || image.root.type !== 'directory') return null;
  const { maxEntries, budget } = boundsOf(image, choice);
  const order = new NameOrder();
  const isPlain = visitInodes(image, maxEntries, (seen, depth) => {
    const { mode, size } = seen.fields;
    const type = mode & S_IFMT;
    if (depth > 0 && !order.isNext(seen, depth)) return false;
    if (type === S_IFDIR) order.begin(depth + 1);
    return budget.takes(depth, type === S_IFREG || type === S_IFLNK ? size : 0);
  });
  return isPlain ? { entries: budget.entries, bytes: budget.bytes } : null;
}

function carefulSurvey(image: CramfsImage, choice: Choice): Survey {
  let entries = 0;
  let bytes = 0;
  const selection = new Selection(choice.paths ?? []);
  for (const { inode } of entriesOf(image, { ...choice, onProblem: () => undefined }, selection)) {
    entries += 1;
    if (inode.type === 'file' || inode.type === 'symlink') bytes += inode.size;
  }
  selection.requireAll();
  return { entries, bytes };
}
