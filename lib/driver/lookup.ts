/**
 * From a path to an inode, as Linux walks it in a mounted cramfs: cramfs_lookup() for each component, symlinks followed
 * with the image as root.
 */
import { PATH_MAX } from '../base/paths.ts';
import { compareBytes } from '../base/bytes.ts';
import { roundUp } from '../base/pages.ts';
import { CramfsError, type ErrorCode } from '../base/errors.ts';
import { CRAMFS_FLAG_SORTED_DIRS } from '../format/constants.ts';
import { encodeName, printableName } from '../format/names.ts';
import { readLink } from '../image/content.ts';
import { rawEntries } from '../image/directory.ts';
import type { CramfsImage, Inode } from '../image/image.ts';
import type { Errno } from '../mm/errno.ts';

/** Symlinks that Linux follows in one path (MAXSYMLINKS). */
export const MAX_SYMLINKS = 40;
/** Directory entries looked at for one path: more than any honest image has. */
export const MAX_LOOKUP_STEPS = 32 * 1024 * 1024;

/** What open(2) fails with where {@link PathWalker.resolve} throws; what is not here is damage. */
export const OPEN_ERRNOS: Partial<Readonly<Record<ErrorCode, Errno>>> = {
  NOT_FOUND: 'ENOENT',
  NOT_A_DIRECTORY: 'ENOTDIR',
  SYMLINK_LOOP: 'ELOOP',
  NAME_TOO_LONG: 'ENAMETOOLONG',
};

/** What a path leads to. */
export interface Resolved {
  readonly inode: Inode;
  /** The path without symlinks, "." and "..". */
  readonly path: string;
  /** The last component: the name that the kernel logs. */
  readonly name: string;
}

interface Step {
  readonly inode: Inode;
  readonly name: string;
}

/** Walks paths in an image. One walker may serve many paths. */
export class PathWalker {
  readonly #image: CramfsImage;
  readonly #sorted: boolean;
  #steps = 0;

  constructor(image: CramfsImage) {
    this.#image = image;
    this.#sorted = image.hasFlag(CRAMFS_FLAG_SORTED_DIRS);
  }

  /**
   * Follows a path from the root; symlinks are followed, the last component included.
   *
   * @throws CramfsError NOT_FOUND, NOT_A_DIRECTORY, SYMLINK_LOOP, NAME_TOO_LONG, LIMIT; BAD_STRUCTURE, TRUNCATED,
   *   OUTSIDE_IMAGE, BAD_BLOCK, BAD_ZLIB for damage on the way; IO
   */
  resolve(path: string): Resolved {
    this.#steps = 0;
    if (path === '') throw new CramfsError('NOT_FOUND', { path: '""', found: 'the path is empty' });
    if (encodeName(path).length >= PATH_MAX) {
      throw new CramfsError('NAME_TOO_LONG', { found: `Linux takes at most ${String(PATH_MAX - 1)} bytes` });
    }
    const shown = printableName(path);
    const trail: Step[] = [{ inode: this.#image.root, name: '/' }];
    const pending = components(path).reverse();
    let links = 0;
    let mustBeDirectory = path.endsWith('/');
    for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
      const parent = trail[trail.length - 1];
      if (parent === undefined) break;
      if (parent.inode.type !== 'directory') throw new CramfsError('NOT_A_DIRECTORY', { path: shown });
      if (name === '.') continue;
      if (name === '..') {
        if (trail.length > 1) trail.pop();
        continue;
      }
      const inode = this.#lookup(parent.inode, name, shown);
      if (inode.type !== 'symlink') {
        trail.push({ inode, name });
        continue;
      }
      if (++links > MAX_SYMLINKS) {
        throw new CramfsError('SYMLINK_LOOP', { path: shown, found: `more than ${String(MAX_SYMLINKS)}` });
      }
      // An empty target is nothing more to walk: the link leads to its own directory (pick_link()).
      const target = readLink(this.#image, inode, shown);
      if (pending.length === 0 && target.endsWith('/')) mustBeDirectory = true;
      if (target.startsWith('/')) trail.length = 1;
      for (const part of components(target).reverse()) pending.push(part);
    }
    const last = trail[trail.length - 1] ?? { inode: this.#image.root, name: '/' };
    if (mustBeDirectory && last.inode.type !== 'directory') throw new CramfsError('NOT_A_DIRECTORY', { path: shown });
    const canonical = `/${trail
      .slice(1)
      .map((step) => step.name)
      .join('/')}`;
    return { inode: last.inode, path: canonical, name: last.name };
  }

  /**
   * cramfs_lookup(): entries are compared in stored order; in an image with SORTED_DIRS the search ends at a name whose
   * first byte is behind that of the wanted one, or that is as long and sorts behind it. Files in an unsorted directory
   * can thus be listed and not opened.
   */
  #lookup(directory: Inode, name: string, path: string): Inode {
    const wanted = encodeName(name);
    let gaveUpAt: Inode | null = null;
    for (const { inode, nameBytes } of rawEntries(this.#image, directory, path)) {
      if (++this.#steps > MAX_LOOKUP_STEPS) {
        throw new CramfsError('LIMIT', {
          path,
          expected: `at most ${String(MAX_LOOKUP_STEPS)} directory entries on the way`,
          found: 'more',
        });
      }
      if (gaveUpAt !== null) {
        if (compareBytes(wanted, nameBytes) !== 0) continue;
        throw new CramfsError('NOT_FOUND', {
          path,
          offset: inode.position,
          found: 'it is listed, but Linux cannot open it: the directory is not sorted and the image says that it is',
        });
      }
      const order = this.#compare(wanted, nameBytes, inode, path);
      if (order === 'same') return inode;
      if (order === 'behind') gaveUpAt = inode;
    }
    throw new CramfsError('NOT_FOUND', { path });
  }

  #compare(wanted: Uint8Array, name: Uint8Array, inode: Inode, path: string): 'same' | 'other' | 'behind' {
    if (this.#sorted && inode.namelen > 0 && (wanted[0] ?? 0) < (name[0] ?? 0)) return 'behind';
    if (roundUp(wanted.length, 4) !== inode.namelen) return 'other';
    if (name.length === 0) {
      throw new CramfsError('BAD_STRUCTURE', {
        what: 'a directory entry',
        path,
        offset: inode.position,
        expected: 'a name',
        found: 'NULs only, which Linux answers with EIO',
      });
    }
    if (name.length !== wanted.length) return 'other';
    const order = compareBytes(wanted, name);
    if (order === 0) return 'same';
    return order < 0 && this.#sorted ? 'behind' : 'other';
  }
}

function components(path: string): string[] {
  return path.split('/').filter((part) => part !== '');
}
