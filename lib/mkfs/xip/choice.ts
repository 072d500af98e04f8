/**
 * Which files are to run, or to be read, in place: what the user says.
 */
import { CramfsError } from '../../base/errors.ts';

/** Tells of a path what the user wants: `yes`; `auto`: yes if it is a program of the target; `no`. */
export type XipChoice = (path: string) => 'yes' | 'auto' | 'no';

/** Pages of a file that were seen in use. */
export type UsedPages = ReadonlyMap<string, ReadonlySet<number>>;

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
    throw new CramfsError('USAGE', { found: `"${pattern}" is no pattern` });
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

/**
 * A profile: which pages of which files were seen in use. CSV lines `path,first page,pages` (a header line is allowed), or
 * JSON `[{"path": "/bin/app", "pages": [[0, 4], [9, 1]]}]` with [first page, pages] each.
 *
 * @throws CramfsError USAGE, naming what is wrong
 */
export function parseProfile(text: string): UsedPages {
  const used = new Map<string, Set<number>>();
  const add = (path: string, first: number, count: number, where: string): void => {
    // A file has less than 4096 pages of 4 KiB.
    if (!Number.isInteger(first) || !Number.isInteger(count) || first < 0 || count < 1 || first + count > 4096) {
      throw new CramfsError('USAGE', {
        found: `profile, ${where}: "${path}" cannot have ${count} pages from ${first} on`,
      });
    }
    const full = path.startsWith('/') ? path : `/${path}`;
    const pages = used.get(full) ?? new Set<number>();
    for (let page = first; page < first + count; page++) pages.add(page);
    used.set(full, pages);
  };
  if (/^\s*\[/.test(text)) addJson(text, add);
  else addCsv(text, add);
  return used;
}

type Add = (path: string, first: number, count: number, where: string) => void;

function addCsv(text: string, add: Add): void {
  text.split('\n').forEach((raw, index) => {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) return;
    const match = /^"?(.*?)"?\s*,\s*([0-9]+)\s*,\s*([0-9]+)$/.exec(line);
    if (match !== null) add(match[1] ?? '', Number(match[2]), Number(match[3]), `line ${index + 1}`);
    else if (index > 0) {
      throw new CramfsError('USAGE', { found: `profile, line ${index + 1}: "${line}" is not "path,first page,pages"` });
    }
  });
}

function addJson(text: string, add: Add): void {
  const fail = (found: string): never => {
    throw new CramfsError('USAGE', { found: `profile: ${found}` });
  };
  let entries: unknown;
  try {
    entries = JSON.parse(text);
  } catch (error) {
    fail(error instanceof Error ? error.message : 'it is no JSON');
  }
  (entries as unknown[]).forEach((entry, index) => {
    const { path, pages } = (entry ?? {}) as { path?: unknown; pages?: unknown };
    if (typeof path !== 'string' || !Array.isArray(pages)) return fail(`entry ${index} has no "path" and "pages"`);
    for (const run of pages as unknown[]) {
      const [first, count] = Array.isArray(run) ? (run as unknown[]) : [];
      if (typeof first !== 'number' || typeof count !== 'number') {
        return fail(`entry ${index}: pages are written [first, count]`);
      }
      add(path, first, count, `entry ${index}`);
    }
  });
}
