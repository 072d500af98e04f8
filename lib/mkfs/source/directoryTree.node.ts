/** A tree from a directory of the disk. */
import type { DirectoryEntry } from '../sourceTree.ts';
import { fsTree } from './fsTree.ts';
import { nodeFs } from './nodeFs.node.ts';

/**
 * Reads a directory and everything below it, for buildImage(); links are not followed, contents are read when needed.
 *
 * @throws CramfsError IO for what cannot be read, NOT_A_DIRECTORY
 */
export function directoryTree(path: string): DirectoryEntry {
  return fsTree(nodeFs(), path);
}
