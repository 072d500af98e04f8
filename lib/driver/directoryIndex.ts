/**
 * Directories in which many names are looked up: cramfs_lookup() goes through all entries before the wanted one, and an
 * image can have tens of thousands of programs in one directory.
 */
import { roundUp } from '../base/pages.ts';
import { compareBytes } from '../base/bytes.ts';
import { CRAMFS_FLAG_SORTED_DIRS, INODE_SIZE } from '../format/constants.ts';
import type { Inode } from '../image/image.ts';
import { type KernelEntry, kernelEntries, nameOf } from './directory.ts';
import type { MountedCramfs } from './mount.ts';

/** Directories smaller than this are not worth an index. */
const LEAST_BYTES = 2048;
/** Entries that are remembered of all directories together. */
const MAX_ENTRIES = 1 << 17;

/** A directory in which cramfs_lookup() finds each entry by its name, and nothing else. */
export type DirectoryIndex = ReadonlyMap<string, KernelEntry>;

/** The indexes of a mounted image, made at the second look-up in a directory. */
export class DirectoryIndexes {
  readonly #fs: MountedCramfs;
  readonly #known = new Map<string, DirectoryIndex | null>();
  readonly #seen = new Set<string>();
  #entries = 0;

  constructor(fs: MountedCramfs) {
    this.#fs = fs;
  }

  /**
   * The index of a directory; null where its entries have to be looked at in turn.
   *
   * @param isThere whether the file of the image has bytes up to `end`
   */
  of(directory: Inode, isThere: (end: number) => boolean): DirectoryIndex | null {
    const { ino, size } = directory;
    if (size < LEAST_BYTES) return null;
    const key = `${String(ino)} ${String(size)}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (!this.#seen.has(key)) {
      this.#seen.add(key);
      return null;
    }
    const made = isThere(ino + size) ? makeIndex(this.#fs, directory) : null;
    this.#entries += made?.size ?? 1;
    if (this.#entries > MAX_ENTRIES) {
      this.#known.clear();
      this.#entries = made?.size ?? 1;
    }
    this.#known.set(key, made);
    return made;
  }
}

/** Key of a name. */
export function nameKey(name: Uint8Array): string {
  return String.fromCharCode(...name);
}

/**
 * All entries by name; null where cramfs_lookup() could end at another entry than the one of the name: where entries
 * cannot be read, have no name, more padding than they need or the name of another, or are not sorted as the image says.
 */
function makeIndex(fs: MountedCramfs, directory: Inode): DirectoryIndex | null {
  const isSorted = (fs.flags & CRAMFS_FLAG_SORTED_DIRS) !== 0;
  const index = new Map<string, KernelEntry>();
  let end = directory.ino;
  let before: Uint8Array | null = null;
  for (const { position, inode, name: read } of kernelEntries(fs, directory)) {
    // A copy: what was read is much longer than most names.
    const name = nameOf({ position, inode, name: read }).slice();
    if (name.length === 0 || inode.namelen !== roundUp(name.length, 4)) return null;
    if (isSorted && before !== null && compareBytes(before, name) >= 0) return null;
    const key = nameKey(name);
    if (index.has(key)) return null;
    index.set(key, { position, inode, name });
    before = name;
    end = position + INODE_SIZE + inode.namelen;
  }
  return end === directory.ino + directory.size ? index : null;
}
