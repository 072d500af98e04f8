/**
 * A tree from another image, to repack it.
 */
import { CramfsError } from '../../base/errors.ts';
import { walk } from '../../inspect/walk.ts';
import { readContent } from '../../image/content.ts';
import type { CramfsImage, Inode } from '../../image/image.ts';
import { type DirectoryEntry, type FileContent, newDirectory, type SourceEntry } from '../sourceTree.ts';

/**
 * Reads the tree of an image; contents are read when they are needed. Entries without a name do not come along.
 *
 * @throws CramfsError for damaged metadata; BAD_STRUCTURE for files of unknown type and names used twice
 */
export function imageTree(image: CramfsImage): DirectoryEntry {
  const root = { ...newDirectory(image.root.mode & 0o7777), uid: image.root.uid, gid: image.root.gid };
  const directories = new Map<unknown, DirectoryEntry>();
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
    const made = sourceEntry(image, entry.inode, path);
    if (made.type === 'directory') directories.set(entry, made);
    parent.children.set(entry.name, made);
  }
  return root;
}

function sourceEntry(image: CramfsImage, inode: Inode, path: string): SourceEntry {
  const { uid, gid, type } = inode;
  const common = { mode: inode.mode & 0o7777, uid, gid };
  switch (type) {
    case 'file':
      return { ...common, type, content: inodeContent(image, inode, path) };
    case 'symlink':
      return { ...common, type, target: inode.size === 0 ? new Uint8Array(0) : readContent(image, inode, path) };
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

function inodeContent(image: CramfsImage, inode: Inode, path: string): FileContent {
  if (inode.size === 0) return { size: 0, read: () => new Uint8Array(0) };
  return { size: inode.size, read: () => readContent(image, inode, path) };
}
