/**
 * From a path to a file, as one reads an image and not as Linux does: a file that Linux cannot open because its directory
 * is not sorted is found all the same. What Linux would do is the driver's business (driver/lookup).
 */
import { sameBytes } from '../base/bytes.ts';
import { CramfsError } from '../base/errors.ts';
import { encodeName, printableName } from '../format/names.ts';
import { readLink } from '../image/content.ts';
import { rawEntries, type RawEntry } from '../image/directory.ts';
import type { CramfsImage } from '../image/image.ts';
import { danglingLink, shownPath } from '../format/shownPath.ts';
import { rootEntry, WalkEntry } from './walk.ts';

/** Symlinks followed in one path, as in Linux. */
const MAX_SYMLINKS = 40;

/** How to find. */
export interface FindOptions {
  /** Whether a symlink at the end of the path is followed; those on the way always are. Default: false. */
  readonly follow?: boolean | undefined;
}

/** A name on a path that its directory does not have. */
export interface DeadEnd {
  readonly directory: WalkEntry;
  readonly name: string;
  /** The components after it. */
  readonly rest: readonly string[];
  /** Target of the link that the name is part of; null where the path itself has the name. */
  readonly target: string | null;
}

/**
 * Finds a file. A component matches a name of the same bytes, or a name that listings print that way: `\xe9` finds the
 * name with the byte 0xE9.
 *
 * @throws CramfsError NOT_FOUND, NOT_A_DIRECTORY, SYMLINK_LOOP; TRUNCATED, OUTSIDE_IMAGE, BAD_BLOCK, BAD_ZLIB for damage
 *   on the way; IO
 */
export function findPath(image: CramfsImage, path: string, options: FindOptions = {}): WalkEntry {
  const end = followPath(image, path, options);
  if (end instanceof WalkEntry) return end;
  const what = end.target === null ? undefined : danglingLink(end.target);
  throw new CramfsError('NOT_FOUND', { path: shownPath(path), what });
}

/** Where a path leads, or where it ends at a name that is not there. Throws as {@link findPath}, but for that. */
export function followPath(image: CramfsImage, path: string, options: FindOptions = {}): WalkEntry | DeadEnd {
  const shown = shownPath(path);
  const follow = options.follow === true || path.endsWith('/');
  let at = rootEntry(image);
  const pending = components(path).reverse();
  let links = 0;
  /** The last link that was followed, and how many components come after its target. */
  let link: { readonly target: string; readonly after: number } | null = null;
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (at.inode.type !== 'directory') throw new CramfsError('NOT_A_DIRECTORY', { path: shown });
    if (name === '.') continue;
    if (name === '..') {
      at = at.parent ?? at;
      continue;
    }
    const found = lookUp(image, at, name);
    if (found === null) {
      const target = link !== null && pending.length >= link.after ? link.target : null;
      return { directory: at, name, rest: pending.reverse(), target };
    }
    if (found.inode.type !== 'symlink' || (pending.length === 0 && !follow)) {
      at = found;
      continue;
    }
    if (++links > MAX_SYMLINKS) {
      throw new CramfsError('SYMLINK_LOOP', { path: shown, found: `more than ${String(MAX_SYMLINKS)}` });
    }
    const target = readLink(image, found.inode, shown);
    if (target === '')
      throw new CramfsError('NOT_FOUND', { path: shown, found: 'a symbolic link on the way is empty' });
    if (target.startsWith('/')) at = rootEntry(image);
    link = { target, after: pending.length };
    for (const part of components(target).reverse()) pending.push(part);
  }
  if (path.endsWith('/') && at.inode.type !== 'directory') throw new CramfsError('NOT_A_DIRECTORY', { path: shown });
  return at;
}

function components(path: string): string[] {
  return path.split('/').filter((part) => part !== '');
}

/** The entry of a directory with that name, or else the first that prints that way. */
function lookUp(image: CramfsImage, directory: WalkEntry, name: string): WalkEntry | null {
  const wanted = encodeName(name);
  const escaped = name.includes('\\');
  let printed: WalkEntry | null = null;
  for (const raw of rawEntries(image, directory.inode, shownPath(directory.path))) {
    if (raw.nameLength === 0) continue;
    if (raw.nameLength === wanted.length && sameBytes(raw.nameBytes, wanted)) return entryOf(raw, directory);
    if (escaped && printed === null && printableName(raw.name) === name) printed = entryOf(raw, directory);
  }
  return printed;
}

function entryOf({ inode, name, nameLength }: RawEntry, directory: WalkEntry): WalkEntry {
  return new WalkEntry(inode, name, nameLength, directory);
}
