/**
 * Which files are to run, or to be read, in place: what the user says.
 */
import { CramfsError } from '../../base/errors.ts';

/** Tells of a path what the user wants: `yes`; `auto`: yes if it is a program of the target; `no`. */
export type XipChoice = (path: string) => 'yes' | 'auto' | 'no';

/**
 * A choice from patterns. "auto" means every program; in other patterns `*` and `?` stand for anything but a slash, `**`
 * for anything, `[a-z]` for one of these. A pattern without a slash at its beginning may start at any directory.
 *
 * @param paths exact paths that are chosen as well
 * @throws CramfsError USAGE for a pattern that is none
 */
export function choiceOf(patterns: readonly string[], paths: ReadonlySet<string>): XipChoice {
  const auto = patterns.includes('auto');
  const expressions = patterns.filter((pattern) => pattern !== 'auto').map(globExpression);
  return (path) => {
    if (paths.has(path) || expressions.some((expression) => expression.test(path))) return 'yes';
    return auto ? 'auto' : 'no';
  };
}

/** A pattern, see {@link choiceOf}, as a regular expression. @throws CramfsError USAGE */
export function globExpression(pattern: string): RegExp {
  let source = '';
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern.charAt(i);
    if (char === '*') {
      const deep = pattern[i + 1] === '*';
      if (deep) i++;
      source += deep ? '.*' : '[^/]*';
    } else if (char === '?') source += '[^/]';
    else if (char === '[') {
      const end = pattern.indexOf(']', i + 2);
      if (end === -1) throw new CramfsError('USAGE', { found: `the pattern "${pattern}" has a "[" without its "]"` });
      const inside = pattern
        .slice(i + 1, end)
        .replace(/^!/, '^')
        .replace(/\\/g, '\\\\');
      source += `[${inside}]`;
      i = end;
    } else source += char.replace(/[\\^$.|+(){}]/, '\\$&');
  }
  try {
    return new RegExp(`^${pattern.startsWith('/') ? '' : '(?:.*/)?'}${source}$`, 's');
  } catch {
    throw new CramfsError('USAGE', { found: `"${pattern}" is not a valid pattern` });
  }
}

/** Paths of a list file: one a line; empty lines and those that begin with # do not count. */
export function parsePathList(text: string): { readonly path: string; readonly line: number }[] {
  return text
    .split('\n')
    .map((line, index) => ({ path: line.replace(/\r$/, ''), line: index + 1 }))
    .filter(({ path }) => path !== '' && !path.startsWith('#'))
    .map(({ path, line }) => ({ path: path.startsWith('/') ? path : `/${path}`, line }));
}
