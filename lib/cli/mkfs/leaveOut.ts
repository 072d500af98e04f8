/** Building a directory into an image that lies in it. */
import { realpathSync } from 'node:fs';
import { relative, sep } from 'node:path';
import type { DirectoryEntry } from '../../mkfs/sourceTree.ts';

/**
 * Takes a file out of the tree of the directory that it lies in: an image must not have its own last version in it.
 *
 * @param root of the tree
 * @param directory that the tree was read from
 * @returns whether it was in the tree
 */
export function leaveOut(root: DirectoryEntry, directory: string, file: string): boolean {
  let path: string;
  try {
    path = relative(realpathSync(directory), realpathSync(file));
  } catch {
    // It is not there yet.
    return false;
  }
  const names = path.split(sep);
  const name = names.pop() ?? '';
  let at = root;
  for (const each of names) {
    const child = at.children.get(each);
    if (child?.type !== 'directory') return false;
    at = child;
  }
  return at.children.delete(name);
}
