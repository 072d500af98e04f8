/**
 * Looking for libraries: lists of directories, $ORIGIN in them, and the files that are tried.
 */
import { CramfsError } from '../base/errors.ts';
import type { Board } from '../verdict/board.ts';
import { type PageReads, ProgramFile } from './programFile.ts';

/** Paths that are tried for one program; honest ones need some hundreds at most. */
export const MAX_TRIED = 65536;
/** Characters of a list of directories that are looked at. */
const MAX_LIST = 16384;

/** Directories that a report lists for a missing library. */
const MAX_SHOWN = 32;

/** Opens files for a dynamic linker, and counts how often it tried. */
export class LibrarySearch {
  readonly #board: Board;
  readonly #log: string[];
  readonly #reads: PageReads;
  #tried = 0;
  readonly #searched = new Set<string>();

  /** @param reads gets the pages that the linker reads */
  constructor(board: Board, log: string[], reads: PageReads) {
    this.#board = board;
    this.#log = log;
    this.#reads = reads;
  }

  /**
   * Opens a path for reading.
   *
   * @returns null where there is no such regular file
   * @throws CramfsError LIMIT, IO, and for damage of the tree
   */
  open(path: string): ProgramFile | null {
    if (++this.#tried > MAX_TRIED) {
      throw new CramfsError('LIMIT', {
        expected: `at most ${String(MAX_TRIED)} paths tried for libraries`,
        found: 'more',
      });
    }
    try {
      const file = this.#board.open(path);
      return file.inode.type === 'file' ? new ProgramFile(this.#board, file, this.#log, this.#reads) : null;
    } catch (error) {
      if (error instanceof CramfsError && MISSING.has(error.code)) return null;
      throw error;
    }
  }

  /** Begins the search of a library. */
  begin(): void {
    this.#searched.clear();
  }

  /** Directories that were searched since {@link begin}; what a directory has for certain CPUs only is left out. */
  get searched(): string[] {
    return [...this.#searched].filter((directory) => !directory.includes('/glibc-hwcaps/')).slice(0, MAX_SHOWN);
  }

  /** The first file of a name in a list of directories that `accepts` takes. */
  find(
    directories: readonly string[],
    name: string,
    accepts: (file: ProgramFile) => boolean = () => true,
  ): { readonly file: ProgramFile; readonly path: string } | null {
    for (const directory of directories) {
      this.#searched.add(directory);
      const path = `${directory}/${name}`;
      const file = this.open(path);
      if (file !== null && accepts(file)) return { file, path };
    }
    return null;
  }
}

const MISSING: ReadonlySet<string> = new Set([
  'NOT_FOUND',
  'NOT_A_DIRECTORY',
  'NOT_A_REGULAR_FILE',
  'SYMLINK_LOOP',
  'NAME_TOO_LONG',
]);

/** The directories of a list such as LD_LIBRARY_PATH; empty ones are left out, or stand for another. */
export function splitList(list: string, separators = /[:\n]/, empty = ''): string[] {
  return list
    .slice(0, MAX_LIST)
    .split(separators)
    .map((directory) => (directory === '' ? empty : directory))
    .filter((directory) => directory !== '');
}

/**
 * Puts values for $NAME and ${NAME} into a path.
 *
 * @returns null where it has a $ that stands for nothing known
 */
export function substitute(path: string, values: Readonly<Record<string, string>>): string | null {
  const unknown = { found: false };
  const result = path.replace(/\$(?:\{(\w+)\}|(\w+))?/g, (_, braced?: string, bare?: string) => {
    const value = values[braced ?? bare ?? ''];
    if (value === undefined) unknown.found = true;
    return value ?? '';
  });
  return unknown.found ? null : result;
}

/** The directory of a path; "." without one. */
export function directoryOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash === -1 ? '.' : slash === 0 ? '/' : path.slice(0, slash);
}
