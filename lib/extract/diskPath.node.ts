/**
 * Paths of the disk. They are strings in which names are as format/names makes them, of any bytes; node:fs takes a string only
 * for UTF-8.
 */
import { encodeName, isUtf8 } from '../format/names.ts';

/** A path as node:fs takes it. */
export type DiskPath = string | Buffer;

/** A path for node:fs. */
export function diskPath(path: string): DiskPath {
  return isUtf8(path) ? path : Buffer.from(encodeName(path));
}

/** Paths of what is in a directory. Its own is looked at once, and not each path as a whole, which is copied to be looked at. */
export function diskPathsIn(directory: string): (name: string) => DiskPath {
  const isText = isUtf8(directory);
  return (name) => {
    const path = `${directory}/${name}`;
    return isText && isUtf8(name) ? path : Buffer.from(encodeName(path));
  };
}
