/** The order of paths: that of their bytes, whatever the locale. */
import { compareBytes } from '../base/bytes.ts';
import { encodeName } from '../format/names.ts';

/** Characters whose order as UTF-16 differs from that as bytes. */
const HIGH = /[\ud800-\uffff]/;

/** Compares two paths byte by byte. */
export function comparePaths(a: string, b: string): number {
  if (a === b) return 0;
  if (!HIGH.test(a) && !HIGH.test(b)) return a < b ? -1 : 1;
  return compareBytes(encodeName(a), encodeName(b));
}
