/** What is wrong with the target of a symbolic link. */
import { CramfsError } from '../base/errors.ts';
import { encodeName } from '../format/names.ts';
import type { Inode } from '../image/image.ts';

/**
 * The error that a link's target is, or null for a good one.
 *
 * @param text the target as Linux follows it: up to the first NUL
 */
export function linkProblem(inode: Inode, text: string): CramfsError | null {
  if (text === '') return damage(inode, 'a target', 'none');
  const { length } = encodeName(text);
  if (length === inode.size) return null;
  return damage(inode, `a target of ${String(inode.size)} bytes`, `one that ends after ${String(length)}`);
}

function damage(inode: Inode, expected: string, found: string): CramfsError {
  return new CramfsError('BAD_STRUCTURE', { what: 'a symbolic link', offset: inode.position, expected, found });
}
