/**
 * A profile: which pages of which files were used, how often, and how early.
 */

/** The use of one page. */
export interface PageUse {
  /** How often: how many times it was brought into RAM, or how many processes had it. Above 0; smaps gives fractions. */
  readonly uses: number;
  /** Its place in the order of first uses of its capture, from 1; null where the capture has no order. */
  readonly first: number | null;
}

/** The used pages of one file, by page number. */
export type FileUse = ReadonlyMap<number, PageUse>;

/** Pages with their uses, by path. What is added to it again counts again. */
export class UseProfile {
  readonly #files = new Map<string, Map<number, PageUse>>();

  /** Paths in the order of their names. */
  get paths(): string[] {
    return [...this.#files.keys()].sort();
  }

  /** Pages of a file; none for one that was not used. */
  of(path: string): FileUse {
    return this.#files.get(path) ?? new Map<number, PageUse>();
  }

  get isEmpty(): boolean {
    return this.#files.size === 0;
  }

  add(path: string, page: number, { uses, first }: PageUse): void {
    const pages = this.#files.get(path) ?? new Map<number, PageUse>();
    const known = pages.get(page);
    pages.set(
      page,
      known === undefined ? { uses, first } : { uses: known.uses + uses, first: earlier(known.first, first) },
    );
    this.#files.set(path, pages);
  }

  /** Adds everything that another profile has. */
  merge(other: UseProfile): void {
    for (const path of other.paths) for (const [page, use] of other.of(path)) this.add(path, page, use);
  }

  /** Used pages, and the sum of their uses. */
  get totals(): { readonly pages: number; readonly uses: number } {
    let pages = 0;
    let uses = 0;
    for (const file of this.#files.values()) {
      pages += file.size;
      for (const use of file.values()) uses += use.uses;
    }
    return { pages, uses };
  }
}

function earlier(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.min(a, b);
}

/** Pages that follow each other and were used equally often. */
export interface UseRun {
  readonly first: number;
  readonly pages: number;
  readonly uses: number;
  /** The earliest of their first uses. */
  readonly firstUse: number | null;
}

/** The pages of a file as runs, ascending. */
export function useRuns(file: FileUse): UseRun[] {
  const runs: { first: number; pages: number; uses: number; firstUse: number | null }[] = [];
  for (const [page, { uses, first }] of [...file].sort(([a], [b]) => a - b)) {
    const last = runs.at(-1);
    if (last !== undefined && last.first + last.pages === page && last.uses === uses) {
      last.pages++;
      last.firstUse = earlier(last.firstUse, first);
    } else runs.push({ first: page, pages: 1, uses, firstUse: first });
  }
  return runs;
}
