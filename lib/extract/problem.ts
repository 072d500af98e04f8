/**
 * What went wrong on the way, entry by entry, without ending the extraction.
 */
import { CramfsError } from '../base/errors.ts';
import { printableName } from '../format/names.ts';
import { errnoWords } from '../base/errnoWords.ts';

/**
 * Whose fault it is. `image`: damaged or hostile data. `target`: the place to write to, which refuses a file or has one of
 * that name already.
 */
export type Blame = 'image' | 'target';

/** One entry that was not extracted, or not as it should be. */
export interface ExtractProblem {
  readonly blame: Blame;
  /** A code of CramfsError, or an error number's name such as EEXIST. */
  readonly code: string;
  /** Path in the image, fit to be shown. */
  readonly path: string;
  /** A sentence without the path. */
  readonly message: string;
  /** Byte offset in the image, if one is known. */
  readonly offset: number | null;
}

/** Problems that are kept; the others are counted. */
export const KEPT_PROBLEMS = 1000;

/** Collects problems in bounded memory. */
export class ProblemList {
  readonly kept: ExtractProblem[] = [];
  readonly counts: Record<Blame, number> = { image: 0, target: 0 };

  add(problem: ExtractProblem): void {
    this.counts[problem.blame] += 1;
    if (this.kept.length < KEPT_PROBLEMS) this.kept.push(problem);
  }

  get total(): number {
    return this.counts.image + this.counts.target;
  }
}

/** The problem that an error of the library is. The path of the error outranks `path`, which is as stored. */
export function imageProblem(error: CramfsError, path: string): ExtractProblem {
  const bare = new CramfsError(error.code, { ...error.details, path: undefined, offset: undefined });
  return {
    blame: 'image',
    code: error.code,
    path: error.path ?? printableName(path),
    message: bare.message,
    offset: error.offset ?? null,
  };
}

/** The problem that an error of the file system written to is. `path` is as stored in the image. */
export function targetProblem(error: unknown, path: string): ExtractProblem {
  const code = (error as { code?: unknown }).code;
  const name = typeof code === 'string' ? code : 'EIO';
  return { blame: 'target', code: name, path: printableName(path), message: targetSentence(name, error), offset: null };
}

function targetSentence(code: string, error: unknown): string {
  switch (code) {
    case 'EEXIST':
      return 'it exists already (--force overwrites files)';
    case 'EISDIR':
    case 'ENOTEMPTY':
      return 'a directory is in its place';
    case 'ENOTDIR':
    case 'ELOOP':
      return 'something that is not a directory is in its place, or in the place of its directory';
    default:
      return errnoWords(error);
  }
}
