/**
 * From a path to an inode, as Linux walks it in a mounted cramfs: cramfs_lookup() for each component, symlinks followed
 * with the image as root.
 */
import { PATH_MAX } from '../base/paths.ts';
import { sameBytes } from '../base/bytes.ts';
import { CramfsError, type ErrorCode } from '../base/errors.ts';
import { ENTRY_READ_SIZE, INODE_SIZE, ROOT_INODE_OFFSET } from '../format/constants.ts';
import { decodeName, encodeName, printableName } from '../format/names.ts';
import { danglingLink } from '../format/shownPath.ts';
import { rawEntries, type RawEntry } from '../image/directory.ts';
import type { CramfsImage, Inode } from '../image/image.ts';
import type { Errno } from '../mm/errno.ts';
import { isReadable } from './cramfsRead.ts';
import { cramfsLookup, foundInode, type LookupResult } from './directory.ts';
import { DirectoryIndexes, nameKey } from './directoryIndex.ts';
import { getCramfsInode, type InodeCache } from './inode.ts';
import type { MountedCramfs } from './mount.ts';
import { readFolio } from './readFolio.ts';

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
  DIRECTORY_LOOP: 'ELOOP',
  UNREADABLE: 'EIO',
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

/** Walks paths in a mounted image. One walker may serve many paths. */
export class PathWalker {
  readonly #fs: MountedCramfs;
  readonly #image: CramfsImage;
  readonly #keepsInodes: boolean;
  readonly #indexes: DirectoryIndexes;
  #inodes: InodeCache = new Map<number, Inode>();
  #steps = 0;

  /**
   * @param image what is mounted
   * @param keepsInodes whether inodes stay in memory from one path to the next, so that those of one number are like the
   *   one that was met first; default: each path is walked as the first after the mount
   */
  constructor(fs: MountedCramfs, image: CramfsImage, keepsInodes = false) {
    this.#fs = fs;
    this.#image = image;
    this.#keepsInodes = keepsInodes;
    this.#indexes = new DirectoryIndexes(fs);
  }

  /**
   * Follows a path from the root; symlinks are followed, the last component included.
   *
   * @throws CramfsError NOT_FOUND, NOT_A_DIRECTORY, SYMLINK_LOOP, DIRECTORY_LOOP, NAME_TOO_LONG, UNREADABLE where Linux
   *   gives an I/O error; LIMIT; TRUNCATED where the image's file ends before what Linux would read; IO
   */
  resolve(path: string): Resolved {
    this.#steps = 0;
    if (path === '') throw new CramfsError('NOT_FOUND', { path: '""', found: 'the path is empty' });
    if (encodeName(path).length >= PATH_MAX) {
      throw new CramfsError('NAME_TOO_LONG', { found: `Linux takes at most ${String(PATH_MAX - 1)} bytes` });
    }
    if (!this.#keepsInodes) this.#inodes = new Map<number, Inode>();
    const shown = printableName(path);
    const root: Step = { inode: this.#root(), name: '/' };
    const trail: Step[] = [root];
    const pending = components(path).reverse();
    let links = 0;
    /** The last link that was followed, and how many components come after its target. */
    let link: { readonly target: string; readonly after: number } | null = null;
    let mustBeDirectory = path.endsWith('/');
    for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
      const parent = trail[trail.length - 1] ?? root;
      if (parent.inode.type !== 'directory') throw new CramfsError('NOT_A_DIRECTORY', { path: shown });
      if (name === '.') continue;
      if (name === '..') {
        if (trail.length > 1) trail.pop();
        continue;
      }
      const what = link !== null && pending.length >= link.after ? danglingLink(link.target) : undefined;
      const inode = this.#lookup(parent.inode, name, shown, what);
      if (inode.type !== 'symlink') {
        if (inode.type === 'directory') requireNoLoop(trail, inode, shown);
        trail.push({ inode, name });
        continue;
      }
      if (++links > MAX_SYMLINKS) {
        throw new CramfsError('SYMLINK_LOOP', { path: shown, found: `more than ${String(MAX_SYMLINKS)}` });
      }
      // An empty target is nothing more to walk: the link leads to its own directory (pick_link()).
      const target = this.#getLink(inode, shown);
      if (pending.length === 0 && target.endsWith('/')) mustBeDirectory = true;
      if (target.startsWith('/')) trail.length = 1;
      link = { target, after: pending.length };
      for (const part of components(target).reverse()) pending.push(part);
    }
    const last = trail[trail.length - 1] ?? root;
    if (mustBeDirectory && last.inode.type !== 'directory') throw new CramfsError('NOT_A_DIRECTORY', { path: shown });
    const canonical = `/${trail
      .slice(1)
      .map((step) => step.name)
      .join('/')}`;
    return { inode: last.inode, path: canonical, name: last.name };
  }

  #root(): Inode {
    const { root, position } = this.#fs.superblock;
    const inode = getCramfsInode(this.#inodes, root, position + ROOT_INODE_OFFSET, false, 0);
    // It was found to be a directory when it was mounted.
    if ('errno' in inode) throw new CramfsError('UNREADABLE', { what: 'the root directory', log: inode.log });
    return inode;
  }

  #lookup(directory: Inode, name: string, path: string, what: string | undefined): Inode {
    const wanted = encodeName(name);
    const found = this.#cramfsLookup(directory, wanted, path);
    if (found === null) throw new CramfsError('NOT_FOUND', { path, what });
    if ('inode' in found) return found.inode;
    if ('errno' in found) {
      throw new CramfsError('UNREADABLE', {
        ...{ what: 'a directory entry', path, offset: found.position, log: found.log },
        found: found.log === undefined ? 'its name is all NULs' : 'its mode has a file type that Linux does not know',
      });
    }
    const hidden = this.#find(directory, wanted, path);
    throw new CramfsError('NOT_FOUND', {
      path,
      what,
      ...(hidden === null ? {} : { offset: hidden.inode.position, found: this.#whyHidden(hidden) }),
    });
  }

  /** cramfs_lookup(), in an index where there is one; null where that has all entries, and not the wanted one. */
  #cramfsLookup(directory: Inode, wanted: Uint8Array, path: string): LookupResult | null {
    const index = this.#indexes.of(directory, (end) => end <= this.#image.source.size);
    if (index === null) {
      return cramfsLookup(this.#fs, this.#inodes, directory, wanted, ({ position, inode: { namelen } }) => {
        this.#step(path);
        // What the file of the image does not have is not what a kernel would find in flash.
        this.#image.need(position, INODE_SIZE + namelen, 'a directory entry', path);
      });
    }
    this.#step(path);
    const entry = index.get(nameKey(wanted));
    return entry === undefined ? null : foundInode(this.#fs, this.#inodes, entry);
  }

  #step(path: string): void {
    if (++this.#steps <= MAX_LOOKUP_STEPS) return;
    throw new CramfsError('LIMIT', {
      path,
      expected: `at most ${String(MAX_LOOKUP_STEPS)} directory entries on the way`,
      found: 'more',
    });
  }

  /** The entry of a name as the image has it, whatever Linux sees of it; null where there is none, or only damage. */
  #find(directory: Inode, wanted: Uint8Array, path: string): RawEntry | null {
    if (directory.size === 0) return null;
    try {
      for (const entry of rawEntries(this.#image, directory, path)) {
        this.#step(path);
        if (sameBytes(entry.nameBytes, wanted)) return entry;
      }
    } catch (error) {
      if (!(error instanceof CramfsError) || error.code === 'IO' || error.code === 'LIMIT') throw error;
    }
    return null;
  }

  #whyHidden({ inode: { position } }: RawEntry): string {
    const isSeen = isReadable(this.#fs, position, ENTRY_READ_SIZE);
    return isSeen
      ? 'it is listed, but Linux cannot open it: the directory is not sorted and the image says that it is'
      : `Linux does not see it: its entry is in the last ${String(ENTRY_READ_SIZE)} bytes of the file system`;
  }

  /** page_get_link(): the target up to its first NUL, at most a page less one byte. */
  #getLink(inode: Inode, path: string): string {
    const { cpu } = this.#fs;
    const folio = readFolio(this.#fs, inode, 0, this.#image.inflate);
    if ('error' in folio) {
      throw new CramfsError('UNREADABLE', {
        ...{ what: 'the target of a symbolic link', path, offset: inode.position, log: folio.log },
        found: folio.log.join(', ').replace('cramfs: ', ''),
      });
    }
    const bytes = folio.bytes.subarray(0, Math.min(inode.size, cpu.pageSize - 1));
    const nul = bytes.indexOf(0);
    return decodeName(nul === -1 ? bytes : bytes.subarray(0, nul));
  }
}

/** d_splice_alias(): a directory cannot be in itself. */
function requireNoLoop(trail: readonly Step[], { ino, position }: Inode, path: string): void {
  // An empty directory has a number of its own.
  if (trail.some((step) => step.inode.ino === ino)) throw new CramfsError('DIRECTORY_LOOP', { path, offset: position });
}

function components(path: string): string[] {
  return path.split('/').filter((part) => part !== '');
}
