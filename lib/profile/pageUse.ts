/**
 * Which pages the start and the use of a program bring into RAM: those of a profile that no mapping has directly.
 */
import type { ExecReport } from '../exec/execProgram.ts';
import type { UseProfile } from './useProfile.ts';

/** Pages by path. */
export type PageSet = ReadonlyMap<string, ReadonlySet<number>>;

/** Pages of a program. */
export interface PageUseInRam {
  /**
   * Used pages whose mapping is not direct: each is a fault that maps a page of the page cache, or copies one. What Linux 6.11
   * and newer record as mm_filemap_fault.
   */
  readonly faulting: PageSet;
  /**
   * All pages that come into the page cache: those, and the ones that execve() (kernel_read() of the file's first bytes and its
   * headers) and the dynamic linker (read(2)) read, which take a page of RAM even if their mapping is direct. What all Linux
   * records as mm_filemap_add_to_page_cache.
   */
  readonly cached: PageSet;
}

/**
 * Predicts a run of a program.
 *
 * @param report of its start, on the image that is to be run
 * @param used what it used, recorded on an image without direct blocks; pages that were only read make no difference
 */
export function predictPageUse({ mappings, reads }: ExecReport, used: UseProfile, pageSize: number): PageUseInRam {
  const faulting = new Map<string, Set<number>>();
  for (const { object, state, offset, pages, directPages } of mappings) {
    if (state === 'anonymous' || state === 'pfnmap') continue;
    const first = offset / pageSize;
    const use = used.of(object);
    // The direct pages of a mixed map are its first ones.
    for (let page = first + directPages; page < first + pages; page++) if (use.has(page)) add(faulting, object, page);
  }
  const cached = new Map([...faulting].map(([path, pages]) => [path, new Set(pages)]));
  for (const [path, pages] of reads) for (const page of pages) add(cached, path, page);
  return { faulting, cached };
}

function add(set: Map<string, Set<number>>, path: string, page: number): void {
  const pages = set.get(path) ?? new Set<number>();
  pages.add(page);
  set.set(path, pages);
}
