/** Paths that are there, for one that is not and may be misspelt. */
import { CramfsError } from '../base/errors.ts';
import { suggestions } from '../base/suggest.ts';
import { printableName } from '../format/names.ts';
import { rawEntries } from '../image/directory.ts';
import type { CramfsImage } from '../image/image.ts';
import { followPath } from './findPath.ts';
import { WalkEntry } from './walk.ts';

/** Changes between a misspelt name and the right one, at most. */
const MOST_CHANGES = 3;
/** Names of a directory that are looked at; the rest of a larger one is left out. */
const MOST_NAMES = 100_000;

/**
 * The paths with the names most like the first that is not there, in the same directory; none where a link leads to
 * nothing, and where damage is on the way. Paths are as listings print them, both ways.
 *
 * @throws CramfsError IO
 */
export function nearPaths(image: CramfsImage, path: string): string[] {
  try {
    const end = followPath(image, path);
    if (end instanceof WalkEntry || end.target !== null) return [];
    const { directory, name, rest } = end;
    const parent = directory.parent === null ? '' : printableName(directory.path);
    return suggestions(name, names(image, directory), MOST_CHANGES)
      .map((near) => [parent, near, ...rest].join('/'))
      .filter((near) => rest.length === 0 || followPath(image, near) instanceof WalkEntry);
  } catch (error) {
    if (!(error instanceof CramfsError) || error.code === 'IO') throw error;
    return [];
  }
}

/** Names as they are printed; those that no path can have are left out. */
function* names(image: CramfsImage, { inode, path }: WalkEntry): Generator<string, void> {
  let seen = 0;
  for (const { name, nameLength } of rawEntries(image, inode, path)) {
    if (++seen > MOST_NAMES) return;
    if (nameLength > 0 && !name.includes('/')) yield printableName(name);
  }
}
