/**
 * Names that are to run in place and match no file: a misspelt name must not be passed over in silence.
 */
import { decodeName } from '../../format/names.ts';
import { type DirectoryEntry, findEntry, walkEntries } from '../sourceTree.ts';
import { globExpression } from './choice.ts';

/** A path or pattern that was given, and where. */
export interface XipWish {
  /** "--xip-files", "device table, line 3", … */
  readonly origin: string;
  readonly text: string;
  readonly isPattern: boolean;
}

/** A wish that matches no regular file. */
export interface UnmatchedWish extends XipWish {
  /** What is there instead: a directory, a symlink, …; null for nothing. */
  readonly type: string | null;
  /** Names that are much like it and match a file; the likeliest first. */
  readonly near: readonly string[];
}

/** Near misses that are named. */
const MAX_NEAR = 3;
/** Wishes for which near misses are looked for; the rest is reported without. */
const MAX_SEARCHES = 20;
/** Letters that a near miss may differ in. */
const MAX_DISTANCE = 2;

/** The wishes that match no regular file of a tree. */
export function unmatchedWishes(root: DirectoryEntry, wishes: readonly XipWish[]): UnmatchedWish[] {
  const files: string[] = [];
  const directories: string[] = [];
  for (const { path, entry } of walkEntries(root)) {
    if (entry.type === 'file') files.push(path);
    else if (entry.type === 'directory') directories.push(path);
  }
  const known = new Set(files);
  const unmatched: UnmatchedWish[] = [];
  for (const wish of wishes) {
    const { text, isPattern } = wish;
    if (isPattern ? matchesAny(text, files) : known.has(text)) continue;
    const type = isPattern ? null : (findEntry(root, text)?.type ?? null);
    const isSearched = unmatched.length < MAX_SEARCHES;
    const near = !isSearched ? [] : isPattern ? nearPatterns(text, files, directories) : nearPaths(root, text, files);
    unmatched.push({ ...wish, type, near: near.slice(0, MAX_NEAR) });
  }
  return unmatched;
}

function matchesAny(pattern: string, files: readonly string[]): boolean {
  const expression = globExpression(pattern);
  return files.some((file) => expression.test(file));
}

/** The file that a link leads to; else files of the same name, then files whose path is spelt alike. */
function nearPaths(root: DirectoryEntry, path: string, files: readonly string[]): string[] {
  const entry = findEntry(root, path);
  if (entry?.type === 'symlink') {
    const target = decodeName(entry.target);
    const full = target.startsWith('/') ? target : `${path.slice(0, path.lastIndexOf('/'))}/${target}`;
    return files.filter((file) => file === normal(full));
  }
  return alike(path, files);
}

/** Files of the same name, then files whose path is spelt alike. */
function alike(path: string, files: readonly string[]): string[] {
  const name = `/${path.slice(path.lastIndexOf('/') + 1)}`;
  return [...new Set([...files.filter((file) => file.endsWith(name)), ...spelledAlike(path, files)])];
}

/** The path without "." and "..". */
function normal(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

/** The pattern in directories that are spelt alike, and for files deeper down. */
function nearPatterns(pattern: string, files: readonly string[], directories: readonly string[]): string[] {
  const fixed = /^(\/[^*?[]*)\//.exec(pattern)?.[1] ?? '';
  const rest = pattern.slice(fixed.length);
  const candidates = [
    ...(fixed === '' ? [] : spelledAlike(fixed, directories).map((directory) => `${directory}${rest}`)),
    ...(pattern.endsWith('*') && !pattern.endsWith('**') ? [`${pattern}*`] : []),
    ...(/[*?[]/.test(pattern) ? [] : alike(pattern, files)),
  ];
  return candidates.filter((candidate) => matchesAny(candidate, files));
}

/** Texts at a small distance, the nearest first. */
function spelledAlike(text: string, candidates: readonly string[]): string[] {
  return candidates
    .map((candidate) => ({ candidate, distance: distance(text, candidate) }))
    .filter(({ distance }) => distance > 0 && distance <= MAX_DISTANCE)
    .sort((a, b) => a.distance - b.distance)
    .map(({ candidate }) => candidate);
}

/** Letters to insert, remove or replace (Levenshtein's distance), or Infinity where it is above {@link MAX_DISTANCE}. */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > MAX_DISTANCE) return Infinity;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    if (Math.min(...next) > MAX_DISTANCE) return Infinity;
    row = next;
  }
  return row[b.length] ?? Infinity;
}
