/**
 * Globs over paths of an image.
 *
 * `*` stands for any characters but slashes, `?` for one, `**` between slashes for any directories (or none), `[a-z]` and
 * `[!a-z]` for one character, `{a,b}` for either; a backslash takes the meaning from what follows. All else stands for
 * itself. Names may hold any character, line breaks included. An image's maker chooses the names, so matching takes no
 * more steps than the glob's length times the path's: nothing backtracks beyond the last star.
 */

/** One thing that a part of a path is matched with: itself, any character, any characters, or one of some ranges. */
type Piece =
  | string
  | { readonly kind: 'one' | 'any' }
  | {
      readonly kind: 'class';
      readonly negated: boolean;
      /** First and last code points. */
      readonly ranges: readonly (readonly [number, number])[];
    };

/** What stands between two slashes; `**` for any directories. */
type Part = '**' | readonly Piece[];

/** A glob. Plain data. */
export interface Glob {
  /** As written, without a leading "!". */
  readonly pattern: string;
  /** One of these must match: the glob with its braces taken apart. */
  readonly alternatives: readonly (readonly Part[])[];
}

/** A path matches a list when it matches one of its globs, and none of those that begin with "!". */
export interface PathGlobs {
  readonly included: readonly Glob[];
  readonly excluded: readonly Glob[];
}

/** Whether a path, which begins with a slash, matches a list. */
export function matchesGlobs(path: string, { included, excluded }: PathGlobs): boolean {
  const matches = (glob: Glob): boolean => matchesGlob(path, glob);
  return included.some(matches) && !excluded.some(matches);
}

/** Whether a path, which begins with a slash, matches a glob. */
export function matchesGlob(path: string, { alternatives }: Glob): boolean {
  const names = path === '/' ? [] : path.slice(1).split('/');
  return alternatives.some((parts) =>
    matchesAll(parts, names.length, {
      isAny: (part) => part === '**',
      take: (part, at) => (part !== '**' && matchesName(names[at] ?? '', part) ? at + 1 : -1),
      step: (at) => at + 1,
    }),
  );
}

function matchesName(name: string, pieces: readonly Piece[]): boolean {
  const step = (at: number): number => at + ((name.codePointAt(at) ?? 0) > 0xffff ? 2 : 1);
  return matchesAll(pieces, name.length, {
    isAny: (piece) => typeof piece === 'object' && piece.kind === 'any',
    take: (piece, at) => {
      if (typeof piece === 'string') return name.startsWith(piece, at) ? at + piece.length : -1;
      return at < name.length && isIn(piece, name.codePointAt(at) ?? 0) ? step(at) : -1;
    },
    step,
  });
}

function isIn(piece: Exclude<Piece, string>, code: number): boolean {
  if (piece.kind !== 'class') return true;
  return piece.ranges.some(([first, last]) => code >= first && code <= last) !== piece.negated;
}

/** How units of a pattern take from what is matched. */
interface Matching<T> {
  /** Whether a unit takes any length. */
  readonly isAny: (unit: T) => boolean;
  /** Where the rest begins when a unit takes what is at a place; -1 where it does not match. */
  readonly take: (unit: T, at: number) => number;
  /** The place behind the next element. */
  readonly step: (at: number) => number;
}

/** Whether a pattern takes all of `length`. What stands before an "any" is best matched as early as it can be. */
function matchesAll<T>(pattern: readonly T[], length: number, { isAny, take, step }: Matching<T>): boolean {
  let at = 0;
  let index = 0;
  let lastAny = -1;
  let takenByAny = 0;
  while (at < length || index < pattern.length) {
    const unit = pattern[index];
    if (unit !== undefined && isAny(unit)) {
      lastAny = index++;
      takenByAny = at;
      continue;
    }
    const next = unit === undefined || at >= length ? -1 : take(unit, at);
    if (next !== -1) {
      at = next;
      index++;
      continue;
    }
    if (lastAny === -1 || takenByAny >= length) return false;
    takenByAny = step(takenByAny);
    at = takenByAny;
    index = lastAny + 1;
  }
  return true;
}
