/**
 * Dependencies in Make's syntax, as compilers write them: for GNU Make's include, and for ninja's and CMake's DEPFILE.
 *
 * All read a backslash before a space or "#" as a quote, and "$$" as "$"; other names are written as they are, or cannot be
 * written so that all read the same. ("\:" is one more quote, but CMake makes a rule of it that Make refuses.)
 */
import { encodeName } from '../format/names.ts';

/** Characters that all read as themselves or as quoted: ASCII among them, and all bytes outside of it. */
const CHARACTERS = /^[A-Za-z0-9+,/_.~()}{@![\]\\ #$\u0080-\u{10ffff}-]+$/u;
/** What Make expands: a home directory, a class of a pattern, a member of an archive; a backslash that might quote. */
const EXPANDED = /^~|\[.*\]|\(.*\)$|\\(?:[ #$\\]|$)/;

/** A dependency file, and what could not be written. */
export interface Depfile {
  readonly bytes: Uint8Array;
  /** Paths that Make's syntax has no way to write. */
  readonly unlisted: readonly string[];
}

/**
 * The dependencies of one file.
 *
 * Each dependency is also the target of an empty rule, so that Make builds anew when one has been removed, and does not
 * stop because nothing makes it.
 *
 * @param target path of the file that is made
 * @param inputs paths, as format/names reads bytes
 * @returns null if the target itself cannot be written
 */
export function depfile(target: string, inputs: Iterable<string>): Depfile | null {
  if (!isWritable(target)) return null;
  const unlisted: string[] = [];
  const listed = new Set<string>();
  for (const path of inputs) {
    if (!isWritable(path)) unlisted.push(path);
    else if (path !== target) listed.add(path);
  }
  const paths = [...listed];
  const rule = [`${quoted(target)}:`, ...paths.map(quoted)].join(' \\\n  ');
  const empty = paths.map((path) => `\n${quoted(path)}:\n`);
  return { bytes: encodeName(`${rule}\n${empty.join('')}`), unlisted };
}

const quoted = (path: string): string => path.replace(/[ #]/g, '\\$&').replaceAll('$', '$$$$');

function isWritable(path: string): boolean {
  return CHARACTERS.test(path) && !EXPANDED.test(path);
}
