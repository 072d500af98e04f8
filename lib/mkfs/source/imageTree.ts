/**
 * A tree from another image, to repack it.
 */
import { Budget } from '../../base/budget.ts';
import { CramfsError } from '../../base/errors.ts';
import { walk } from '../../inspect/walk.ts';
import { isRaw } from '../../image/blocks.ts';
import { readContent } from '../../image/content.ts';
import type { CramfsImage, Inode } from '../../image/image.ts';
import { type DirectoryEntry, type FileContent, newDirectory, type SourceEntry } from '../sourceTree.ts';

/** Bytes of content that any image may have, and how many times its own size more. */
const FREE_CONTENT = 16 << 20;
const CONTENT_TIMES = 8;

/**
 * Reads the tree of an image; contents are read when they are needed. Entries without a name do not come along. Files with
 * the same block pointers have the same {@link FileContent}.
 *
 * @throws CramfsError for damaged metadata; BAD_STRUCTURE for files of unknown type and names used twice; LIMIT for more
 *   content than can be repacked in bounded time
 */
export function imageTree(image: CramfsImage): DirectoryEntry {
  const root = { ...newDirectory(image.root.mode & 0o7777), uid: image.root.uid, gid: image.root.gid };
  const directories = new Map<unknown, DirectoryEntry>();
  const contents = new InodeContents(image);
  for (const entry of walk(image)) {
    if (entry.parent === null) {
      directories.set(entry, root);
      continue;
    }
    const parent = directories.get(entry.parent);
    const { path } = entry;
    if (parent === undefined || entry.name.includes('/') || parent.children.has(entry.name)) {
      throw new CramfsError('BAD_STRUCTURE', {
        what: 'a directory entry',
        path,
        offset: entry.inode.position,
        expected: 'a name without "/" that no other entry of the directory has',
      });
    }
    const made = sourceEntry(contents, entry.inode, path);
    if (made.type === 'directory') directories.set(entry, made);
    parent.children.set(entry.name, made);
  }
  return root;
}

function sourceEntry(contents: InodeContents, inode: Inode, path: string): SourceEntry {
  const { uid, gid, type } = inode;
  const common = { mode: inode.mode & 0o7777, uid, gid };
  switch (type) {
    case 'file':
      return { ...common, type, content: contents.of(inode, path) };
    case 'symlink':
      return { ...common, type, target: contents.target(inode, path) };
    case 'directory':
      return { ...common, type, children: new Map<string, SourceEntry>() };
    case 'chardev':
    case 'blockdev':
      return {
        ...common,
        type,
        major: (inode.size >>> 8) & 0xfff,
        minor: (inode.size & 0xff) | ((inode.size >>> 12) & 0xf00),
      };
    case 'fifo':
    case 'socket':
      return { ...common, type };
    case 'unknown':
      throw new CramfsError('BAD_STRUCTURE', {
        what: 'an inode',
        path,
        offset: inode.position,
        expected: 'a known file type',
        found: `mode 0${inode.mode.toString(8)}`,
      });
  }
}

/** The contents of an image's files, each once however many inodes share it, and the targets of its links. */
class InodeContents {
  readonly #image: CramfsImage;
  readonly #budget: Budget;
  readonly #known = new Map<string, FileContent>();

  constructor(image: CramfsImage) {
    this.#image = image;
    this.#budget = new Budget(FREE_CONTENT + CONTENT_TIMES * image.source.size);
  }

  of(inode: Inode, path: string): FileContent {
    const { ino, size } = inode;
    if (size === 0) return { size, read: () => new Uint8Array(0) };
    // The same place holds other bytes for a file without block pointers.
    const key = `${isRaw(this.#image, inode) ? 'raw ' : ''}${String(ino)} ${String(size)}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#spend(inode, path);
    const content = { size, read: () => readContent(this.#image, inode, path) };
    this.#known.set(key, content);
    return content;
  }

  /** The target of a link, which each name has for itself. */
  target(inode: Inode, path: string): Uint8Array {
    this.#spend(inode, path);
    return readContent(this.#image, inode, path);
  }

  #spend({ size, position }: Inode, path: string): void {
    if (this.#budget.spend(size)) return;
    throw new CramfsError('LIMIT', {
      path,
      offset: position,
      expected: `at most ${String(this.#budget.limit)} bytes of content in an image of this size`,
      found: 'more',
    });
  }
}
