/**
 * A walk over the whole tree of an image that no image can break: iterative, cycle-safe, bounded.
 *
 * An image can claim anything: directories that contain themselves, 4 KiB that list 2^n entries because every directory is
 * named twice, 100,000 levels. The walk keeps one small frame for each level, enters a directory only if it is not on the
 * way from the root to itself, and ends at a bound on entries that no honest image reaches.
 */
import { MAX_PATH_BYTES } from '../base/paths.ts';
import { CramfsError } from '../base/errors.ts';
import { encodeName } from '../format/names.ts';
import { type RawEntry, rawEntries } from '../image/directory.ts';
import type { CramfsImage, Inode } from '../image/image.ts';
import { shownPath } from '../format/shownPath.ts';

/** Entries that every image may have, however small it is. */
const MIN_ENTRY_LIMIT = 65_536;

/** One file of the tree: the root, or an entry of a directory. */
export class WalkEntry {
  readonly inode: Inode;
  /** The name as a string (format/names); empty for the root. It may hold anything: '/', "..", control characters. */
  readonly name: string;
  /** Bytes of the name; 0 for the root. */
  readonly nameLength: number;
  /** The directory that lists it; null for the root. */
  readonly parent: WalkEntry | null;
  /** Directories between the root and this; 0 for the root. */
  readonly depth: number;
  /** Bytes of the path; 1 for the root. */
  readonly pathBytes: number;

  constructor(inode: Inode, name: string, nameLength: number, parent: WalkEntry | null) {
    this.inode = inode;
    this.name = name;
    this.nameLength = nameLength;
    this.parent = parent;
    this.depth = parent === null ? 0 : parent.depth + 1;
    this.pathBytes = parent === null ? 1 : (parent.parent === null ? 0 : parent.pathBytes) + 1 + nameLength;
  }

  /** The name's bytes, made at each call; empty for the root. */
  get nameBytes(): Uint8Array {
    return encodeName(this.name);
  }

  /** The path from the root: "/", "/bin", "/bin/sh". It is put together at each call, which costs the depth. */
  get path(): string {
    if (this.parent === null) return '/';
    const names = [this.name];
    for (let at = this.parent; at.parent !== null; at = at.parent) names.push(at.name);
    return `/${names.reverse().join('/')}`;
  }
}

/**
 * What a walk stumbles over. `cycle`: a directory that is on the way to itself, not entered. `nameless`: an entry without a
 * name, left out (Linux ends the listing there with EIO). `path`: a directory whose path is too long, not entered.
 * `entries`: the bound on entries, which ends the walk. `damage`: the rest of a directory cannot be read.
 */
export type WalkProblemKind = 'cycle' | 'nameless' | 'path' | 'entries' | 'damage';

/** Trouble on a walk. */
export interface WalkProblem {
  readonly kind: WalkProblemKind;
  /** With offset and (shortened, printable) path. Made when it is asked for, which costs the depth. */
  readonly error: CramfsError;
  /** The directory in question: the one not entered, or the one that lists what is wrong. */
  readonly entry: WalkEntry;
  /** The inode without a name, for `nameless`. */
  readonly nameless: Inode | null;
}

/** How to walk. */
export interface WalkOptions {
  /** Where to start. Default: the root. */
  readonly from?: WalkEntry | undefined;
  /**
   * `tree`: each directory is followed by what is in it. `listing`: the entries of a directory come together, then each
   * subdirectory in turn: the order of `ls -R`, and of the inodes that mkcramfs writes. Default: tree.
   */
  readonly order?: 'tree' | 'listing' | undefined;
  /** Entries that end the walk. Default: see `entryLimit`. */
  readonly maxEntries?: number | undefined;
  /**
   * A directory with a longer path is not entered, which bounds depth as well: 2047 levels by default. Infinity walks
   * on; then mind that {@link WalkEntry.path} costs the depth. Default: `MAX_PATH_BYTES`.
   */
  readonly maxPathBytes?: number | undefined;
  /** Asked for each directory, right before its entries come: whether to enter it. Default: all. */
  readonly enter?: ((directory: WalkEntry) => boolean) | undefined;
  /** Gets each problem, and the walk goes on where it can. Without it the first problem is thrown. */
  readonly onProblem?: ((problem: WalkProblem) => void) | undefined;
}

/** The root of an image, to start a walk from. */
export function rootEntry(image: CramfsImage): WalkEntry {
  return new WalkEntry(image.root, '', 0, null);
}

/**
 * The default bound on entries: as many inodes as fit in the image, since makers list each inode once; at least 65,536, so
 * that small images may list directories twice. Asking for it reads standard input to its end.
 */
export function entryLimit(image: CramfsImage): number {
  return Math.max(MIN_ENTRY_LIMIT, Math.ceil(Math.min(image.size, image.source.size) / image.inodeLayout.size));
}

/** A directory being read. */
interface Frame {
  readonly directory: WalkEntry;
  entries: Iterator<RawEntry, void>;
  /** What is being done with the entries. In listing order they are told first, then read again to be entered. */
  doing: 'both' | 'telling' | 'entering';
  /** Whether there is a directory among them, as far as they were told. */
  hasDirectories: boolean;
}

/**
 * Walks the tree, the starting entry first. Memory: one frame for each level of the current path.
 *
 * @throws CramfsError IO; without `onProblem` also what {@link WalkProblem} tells, as BAD_STRUCTURE, LIMIT, TRUNCATED or
 *   OUTSIDE_IMAGE
 */
export function* walk(image: CramfsImage, options: WalkOptions = {}): Generator<WalkEntry, void> {
  const { from = rootEntry(image), order = 'tree', maxPathBytes = MAX_PATH_BYTES, enter, onProblem } = options;
  const limit = options.maxEntries ?? entryLimit(image);
  const report: Report = (kind, entry, makeError, nameless = null) => {
    if (onProblem === undefined) throw makeError();
    onProblem({
      kind,
      entry,
      nameless,
      get error() {
        return makeError();
      },
    });
  };
  /** Offsets of the directories on the current path. */
  const onPath = new Set<number>();
  const frames: Frame[] = [];
  const open = (directory: WalkEntry): void => {
    const { inode } = directory;
    if (inode.type !== 'directory' || enter?.(directory) === false) return;
    if (inode.size === 0 || inode.offset === 0) return;
    if (onPath.has(inode.offset)) {
      report('cycle', directory, () => cycleError(directory));
    } else if (directory.pathBytes > maxPathBytes) {
      report('path', directory, () => pathError(directory, maxPathBytes));
    } else {
      onPath.add(inode.offset);
      const doing = order === 'tree' ? 'both' : 'telling';
      frames.push({ directory, entries: rawEntries(image, inode), doing, hasDirectories: false });
    }
  };

  let count = 1;
  yield from;
  open(from);
  for (let frame = frames[frames.length - 1]; frame !== undefined; frame = frames[frames.length - 1]) {
    const raw = next(frame, report);
    if (raw === null) {
      if (frame.doing === 'telling' && frame.hasDirectories) {
        frame.doing = 'entering';
        frame.entries = rawEntries(image, frame.directory.inode);
      } else {
        frames.pop();
        onPath.delete(frame.directory.inode.offset);
      }
      continue;
    }
    const telling = frame.doing !== 'entering';
    if (raw.inode.type === 'directory') frame.hasDirectories = true;
    else if (!telling) continue;
    if (raw.nameLength === 0) {
      const { directory } = frame;
      if (telling) report('nameless', directory, () => namelessError(directory, raw), raw.inode);
      continue;
    }
    const entry = new WalkEntry(raw.inode, raw.name, raw.nameLength, frame.directory);
    if (telling) {
      if (++count > limit) {
        report('entries', entry, () => limitError(entry, limit));
        return;
      }
      yield entry;
    }
    if (frame.doing !== 'telling') open(entry);
  }
}

type Report = (kind: WalkProblemKind, entry: WalkEntry, makeError: () => CramfsError, nameless?: Inode | null) => void;

/** The next entry of a directory; null at its end, or where it cannot be read further. */
function next({ directory, entries, doing }: Frame, report: Report): RawEntry | null {
  try {
    const result = entries.next();
    return result.done === true ? null : result.value;
  } catch (error) {
    if (!(error instanceof CramfsError) || error.code === 'IO') throw error;
    // In listing order a directory is read twice, and its damage is told once.
    if (doing !== 'entering') {
      const { code, details } = error;
      report('damage', directory, () => new CramfsError(code, { ...details, path: shownPath(directory.path) }));
    }
    return null;
  }
}

function cycleError(directory: WalkEntry): CramfsError {
  return new CramfsError('BAD_STRUCTURE', {
    what: 'the directory tree',
    path: shownPath(directory.path),
    offset: directory.inode.position,
    expected: 'a directory of its own',
    found: `a directory that contains itself, at byte ${String(directory.inode.offset)}`,
  });
}

function pathError(directory: WalkEntry, maxPathBytes: number): CramfsError {
  return new CramfsError('LIMIT', {
    path: shownPath(directory.path),
    offset: directory.inode.position,
    expected: `paths of at most ${String(maxPathBytes)} bytes`,
    found: `a directory ${String(directory.depth)} levels deep whose path has ${String(directory.pathBytes)}`,
  });
}

function namelessError(directory: WalkEntry, raw: RawEntry): CramfsError {
  return new CramfsError('BAD_STRUCTURE', {
    what: 'a directory entry',
    path: shownPath(directory.path),
    offset: raw.inode.position,
    expected: 'a name of 1 to 252 bytes',
    found: 'none',
  });
}

function limitError(entry: WalkEntry, limit: number): CramfsError {
  return new CramfsError('LIMIT', {
    path: shownPath(entry.path),
    offset: entry.inode.position,
    expected: `at most ${String(limit)} entries, which is what fits in an image of this size`,
    found: 'more, so directories must be listed more than once',
  });
}
