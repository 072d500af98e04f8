/** The order of paths: that of their bytes, whatever the locale. */
import { encodeName } from '../format/names.ts';

/** Characters whose order as UTF-16 differs from that as bytes. */
const HIGH = /[\ud800-\uffff]/;

/** Compares two paths byte by byte. */
export function comparePaths(a: string, b: string): number {
  if (a === b) return 0;
  if (!HIGH.test(a) && !HIGH.test(b)) return a < b ? -1 : 1;
  const [first, second] = [encodeName(a), encodeName(b)];
  const length = Math.min(first.length, second.length);
  for (let i = 0; i < length; i++) {
    const difference = (first[i] ?? 0) - (second[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return first.length - second.length;
}
