/** The tree of a closure: its files, and the directories that they are in. */
import { sameBytes } from '../base/bytes.ts';
import {
  type DirectoryEntry,
  findEntry,
  newDirectory,
  pathParts,
  putEntry,
  type SourceEntry,
} from '../mkfs/sourceTree.ts';
import type { StagedFile } from './closure.ts';

/** A file of the closure as it is in the tree. */
export interface PlacedFile extends StagedFile {
  readonly type: SourceEntry['type'];
  /** Size of a regular file; null for anything else. */
  readonly bytes: number | null;
}

/** A tree, and what was left out of it. */
export interface StagedTree {
  readonly root: DirectoryEntry;
  readonly files: readonly PlacedFile[];
  /** Paths that the excluded tree has with the same content. */
  readonly excluded: readonly string[];
  /** Paths that the excluded tree has with other content; they stay in. */
  readonly differing: readonly string[];
}

/**
 * Puts a closure into a tree of its own. Owners and modes are those of the tree that it comes from.
 *
 * @param excluded a tree whose files need not come along where they are the same
 */
export function stagedTree(
  tree: DirectoryEntry,
  closure: readonly StagedFile[],
  excluded: DirectoryEntry | null,
): StagedTree {
  const root: DirectoryEntry = { ...newDirectory(tree.mode), uid: tree.uid, gid: tree.gid };
  const files: PlacedFile[] = [];
  const left: string[] = [];
  const differing: string[] = [];
  for (const file of closure) {
    const entry = findEntry(tree, file.path);
    if (entry === null) continue;
    const there = excluded === null ? null : findEntry(excluded, file.path);
    if (there !== null && entry.type !== 'directory') {
      if (isSame(entry, there)) {
        left.push(file.path);
        continue;
      }
      differing.push(file.path);
    }
    putDirectories(root, tree, file.path);
    putEntry(root, file.path, entry.type === 'directory' ? { ...entry, children: new Map() } : entry);
    files.push({ ...file, type: entry.type, bytes: entry.type === 'file' ? entry.content.size : null });
  }
  return { root, files, excluded: left, differing };
}

/** Makes the directories of a path as the tree has them. */
function putDirectories(root: DirectoryEntry, tree: DirectoryEntry, path: string): void {
  let [from, to] = [tree, root];
  for (const name of pathParts(path).slice(0, -1)) {
    const entry = from.children.get(name);
    if (entry?.type !== 'directory') return;
    const made = to.children.get(name) ?? { ...entry, children: new Map<string, SourceEntry>() };
    if (made.type !== 'directory') return;
    to.children.set(name, made);
    [from, to] = [entry, made];
  }
}

/** Whether two entries are of one type and have the same content. */
function isSame(a: SourceEntry, b: SourceEntry): boolean {
  if (a.type === 'file' && b.type === 'file') {
    return a.content.size === b.content.size && sameBytes(a.content.read(), b.content.read());
  }
  return a.type === 'symlink' && b.type === 'symlink' && sameBytes(a.target, b.target);
}
