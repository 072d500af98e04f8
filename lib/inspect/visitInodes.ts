/**
 * The first inodes of a tree in the order of walk(), in numbers: for those who look for a few among thousands.
 */
import { CramfsError } from '../base/errors.ts';
import { S_IFDIR, S_IFMT } from '../format/constants.ts';
import { DirectoryCursor } from '../image/directory.ts';
import type { CramfsImage, Inode } from '../image/image.ts';
import { MAX_PATH_BYTES } from '../base/paths.ts';

/** An inode on the way: what it says, its name as stored, and both as objects. Valid during the call. */
export type SeenInode = Pick<DirectoryCursor, 'fields' | 'bytes' | 'nameStart' | 'nameLength'> & {
  entry(): { readonly inode: Inode; readonly name: string };
};

/** A directory being read. */
interface Level {
  readonly cursor: DirectoryCursor;
  readonly offset: number;
  /** Bytes of its path; 0 for the root. */
  readonly pathBytes: number;
}

/**
 * Visits the root, then what is in it, each directory followed by its own entries. What cannot be read is left out, and so is
 * what walk() has a problem with.
 *
 * @param maxEntries entries, the root included
 * @param visit gets an inode and its depth, 0 for the root; returns false to stop
 * @returns whether everything was visited
 * @throws CramfsError IO
 */
export function visitInodes(
  image: CramfsImage,
  maxEntries: number,
  visit: (seen: SeenInode, depth: number) => boolean,
): boolean {
  const { root } = image;
  const seenRoot = {
    fields: root,
    bytes: NO_NAME,
    nameStart: 0,
    nameLength: 0,
    entry: () => ({ inode: root, name: '' }),
  };
  if (!visit(seenRoot, 0)) return false;
  const levels: Level[] = [];
  const onPath = new Set<number>();
  let isAll = true;
  const enter = (inode: Inode, pathBytes: number): void => {
    const { size, offset } = inode;
    if (size === 0 || offset === 0) return;
    if (onPath.has(offset) || pathBytes > MAX_PATH_BYTES) {
      isAll = false;
      return;
    }
    onPath.add(offset);
    levels.push({ cursor: new DirectoryCursor(image, inode), offset, pathBytes });
  };
  if (root.type === 'directory') enter(root, 0);
  let count = 1;
  for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
    const { cursor } = level;
    const found = advances(cursor);
    if (found !== 'entry') {
      if (found === 'damage') isAll = false;
      levels.pop();
      onPath.delete(level.offset);
      continue;
    }
    if (cursor.nameLength === 0) {
      isAll = false;
      continue;
    }
    if (++count > maxEntries || !visit(cursor, levels.length)) return false;
    if ((cursor.fields.mode & S_IFMT) === S_IFDIR) {
      enter(cursor.entry().inode, level.pathBytes + 1 + cursor.nameLength);
    }
  }
  return isAll;
}

const NO_NAME = new Uint8Array(0);

function advances(cursor: DirectoryCursor): 'entry' | 'end' | 'damage' {
  try {
    return cursor.advance() ? 'entry' : 'end';
  } catch (error) {
    if (!(error instanceof CramfsError) || error.code === 'IO') throw error;
    return 'damage';
  }
}
