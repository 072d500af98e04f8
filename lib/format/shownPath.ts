/** Paths as messages show them. */
import { printableName } from './names.ts';

/** Characters of a path that a message shows; hostile images have paths of hundreds of kilobytes. */
const SHOWN = 240;

/** A path without control characters, the middle left out where it is long: fit for a message or an error's `path`. */
export function shownPath(path: string): string {
  if (path.length <= SHOWN) return printableName(path);
  return `${printableName(path.slice(0, SHOWN / 2))}…${printableName(path.slice(-SHOWN / 2))}`;
}

/** What a path is that ends at a link to nothing: "a link to /proc/mounts, which is not in the image". */
export const danglingLink = (target: string): string => `a link to ${printableName(target)}, which is not in the image`;
