/** Paths in a tree, with the symbolic links on the way. */
import { decodeName } from '../format/names.ts';
import type { DirectoryEntry, SourceEntry } from '../mkfs/sourceTree.ts';

/** Links that Linux follows on the way to one file. */
const MAX_LINKS = 40;

/** Where a path leads. */
export interface TreePath {
  /** The path without links, "." and "..". */
  readonly path: string;
  readonly entry: SourceEntry;
  /** Paths of the links on the way, each without links before its last part. */
  readonly links: readonly string[];
}

/** Follows a path, with the tree as its root; null where it leads nowhere. */
export function followPath(root: DirectoryEntry, path: string): TreePath | null {
  const links: string[] = [];
  let rest = path.split('/');
  const trail: { readonly name: string; readonly entry: SourceEntry }[] = [];
  while (rest.length > 0) {
    const [name = '', ...after] = rest;
    rest = after;
    if (name === '' || name === '.') continue;
    if (name === '..') {
      trail.pop();
      continue;
    }
    const directory = trail.at(-1)?.entry ?? root;
    const entry = directory.type === 'directory' ? directory.children.get(name) : undefined;
    if (entry === undefined) return null;
    if (entry.type !== 'symlink') {
      trail.push({ name, entry });
      continue;
    }
    links.push(pathOf([...trail.map((each) => each.name), name]));
    if (links.length > MAX_LINKS) return null;
    const target = decodeName(entry.target);
    if (target.startsWith('/')) trail.length = 0;
    rest = [...target.split('/'), ...rest];
  }
  return { path: pathOf(trail.map(({ name }) => name)), entry: trail.at(-1)?.entry ?? root, links };
}

const pathOf = (names: readonly string[]): string => `/${names.join('/')}`;
