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
