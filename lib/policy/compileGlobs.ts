/**
 * From the text of globs to what paths are matched with.
 */
import type { Glob, PathGlobs } from './globs.ts';

type Parts = Glob['alternatives'][number];
type Pieces = Exclude<Parts[number], '**'>;
type Piece = Pieces[number];

/** Longest glob, in characters. */
const MAX_LENGTH = 1024;
/** Globs that braces may make of one. */
const MAX_ALTERNATIVES = 256;

/** What is wrong with a glob. The message ends the sentence "it must be …". */
export class BadGlob extends Error {}

/**
 * Compiles a list of globs.
 *
 * @throws BadGlob
 */
export function compileGlobs(globs: readonly string[]): PathGlobs {
  return {
    included: globs.filter((glob) => !glob.startsWith('!')).map(compileGlob),
    excluded: globs.filter((glob) => glob.startsWith('!')).map((glob) => compileGlob(glob.slice(1))),
  };
}

/**
 * Compiles a glob, which begins with a slash or stands for any directories.
 *
 * @throws BadGlob
 */
export function compileGlob(pattern: string): Glob {
  if (pattern.length > MAX_LENGTH) throw new BadGlob(`a glob of at most ${MAX_LENGTH} characters`);
  const alternatives = expandBraces(pattern).map((text) => {
    if (!/^(?:[/]|[*][*](?:[/]|$))/.test(text)) {
      throw new BadGlob(`a glob that begins with "/" or "**/" (did you mean "/${pattern.replace(/^[.]?[/]/, '')}"?)`);
    }
    const parts = text.replace(/^[/]/, '').split('/');
    return text === '/' ? [] : parts.map((part) => (part === '**' ? part : piecesOf(part)));
  });
  return { pattern, alternatives };
}

/** The globs that `{a,b}` stands for; braces without a comma stand for themselves. */
function expandBraces(pattern: string): string[] {
  const open = /^(?:\\.|[^\\{])*?\{/s.exec(pattern);
  if (open === null) {
    if (/^(?:\\.|[^\\}])*\}/s.test(pattern)) throw new BadGlob('a glob with a "{" before each "}"');
    return [pattern];
  }
  const start = open[0].length;
  const commas: number[] = [];
  let depth = 1;
  let at = start;
  for (; at < pattern.length && depth > 0; at++) {
    const char = pattern[at];
    if (char === '\\') at++;
    else if (char === '{') depth++;
    else if (char === '}') depth--;
    else if (char === ',' && depth === 1) commas.push(at);
  }
  if (depth > 0) throw new BadGlob('a glob with a "}" for each "{"');
  const before = pattern.slice(0, start - 1);
  const rests = expandBraces(pattern.slice(at));
  const bounds = [start - 1, ...commas, at - 1];
  const choices = bounds.slice(1).flatMap((end, i) => expandBraces(pattern.slice((bounds[i] ?? 0) + 1, end)));
  const middles = commas.length === 0 ? choices.map((choice) => `\\{${choice}\\}`) : choices;
  if (middles.length * rests.length > MAX_ALTERNATIVES) {
    throw new BadGlob(`a glob whose braces expand to at most ${MAX_ALTERNATIVES} globs`);
  }
  return middles.flatMap((middle) => rests.map((rest) => before + middle + rest));
}

/** What stands between two slashes. */
function piecesOf(part: string): Pieces {
  const pieces: Piece[] = [];
  const literal = (text: string): void => {
    const last = pieces[pieces.length - 1];
    if (typeof last === 'string') pieces[pieces.length - 1] = last + text;
    else pieces.push(text);
  };
  for (const [token] of part.matchAll(/\\.|\[[!^]?(?:\\.|[^\\])(?:\\.|[^\\\]])*\]|[*]+|[^]/gsu)) {
    if (token.startsWith('*')) pieces.push({ kind: 'any' });
    else if (token === '?') pieces.push({ kind: 'one' });
    else if (token === '\\') throw new BadGlob('a glob with a character after each backslash');
    else if (token.startsWith('\\')) literal(token.slice(1));
    else if (token === '[' || token === ']') throw new BadGlob('a glob with a "]" for each "[", and no other');
    else if (token.startsWith('[')) pieces.push(classOf(token));
    else literal(token);
  }
  return pieces;
}

/** "[a-z_]", "[!a-z]". */
function classOf(token: string): Piece {
  const negated = /^\[[!^]/.test(token);
  const inner = token.slice(negated ? 2 : 1, -1);
  if (inner.includes('[:')) throw new BadGlob('a glob without names of character classes such as "[:alpha:]"');
  const ranges: [number, number][] = [];
  for (const [, a = '', b = a] of inner.matchAll(/(\\.|[^\\])(?:-(\\.|[^\\]))?/gsu)) {
    const [first, last] = [a, b].map((char) => char.replace(/^\\(?=.)/s, '').codePointAt(0) ?? 0) as [number, number];
    if (first > last) throw new BadGlob(`a glob whose ranges go upwards, unlike "${a}-${b}"`);
    ranges.push([first, last]);
  }
  return { kind: 'class', negated, ranges };
}
