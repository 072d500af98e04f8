/**
 * Paths of the disk. They are strings in which names are as format/names makes them, of any bytes; node:fs takes a string only
 * for UTF-8.
 */
import { encodeName } from '../format/names.ts';
import { isUtf8 } from '../format/nonAsciiNames.ts';

/** A path as node:fs takes it. */
export type DiskPath = string | Buffer;

/** A path for node:fs. */
export function diskPath(path: string): DiskPath {
  return isUtf8(path) ? path : Buffer.from(encodeName(path));
}

/** Makes the paths of a directory's entries. Only names are searched for bytes that are not UTF-8: searching copies a text. */
export function diskPathsIn(directory: string): (name: string) => DiskPath {
  const isText = isUtf8(directory);
  return (name) => {
    const path = `${directory}/${name}`;
    return isText && isUtf8(name) ? path : Buffer.from(encodeName(path));
  };
}
