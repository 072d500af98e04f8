/** The files of a source tree, for captures that name paths. */
import type { FileIndex, ProfiledFile } from '../profile/fileIndex.ts';
import { type DirectoryEntry, walkEntries } from './sourceTree.ts';

/** Regular files with content, by path; there are no inode numbers before there is an image. */
export function treeIndex(root: DirectoryEntry, pageSize: number): FileIndex {
  const files = new Map<string, ProfiledFile>();
  for (const { path, entry } of walkEntries(root)) {
    if (entry.type !== 'file' || entry.content.size === 0) continue;
    const pages = Math.ceil(entry.content.size / pageSize);
    files.set(path, { path, pages, pageAt: () => null, directAt: () => null });
  }
  return {
    pageSize,
    hasInodes: false,
    byInode: () => null,
    isLink: () => false,
    byPath: (path) => files.get(path) ?? null,
    pathsOf: () => [],
  };
}
