/** mincore(). The results are those observed with cramfs files on Linux 6.1, 6.12 and 7.3. */
import type { MmStruct } from '../fileOperations.ts';
import { type Vma, vmaPages } from '../vma.ts';
import { VM_PFNMAP } from '../vmFlags.ts';

/**
 * mincore() of a mapping: for each page whether it is in memory. A page with an entry is; of one without, the page cache is
 * asked. Older kernels walk the mapping with walk_page_range(), which skips mappings of page frames: for these the page cache
 * is asked about every page, and direct pages are never in it.
 */
export function mincore(mm: MmStruct, vma: Vma): boolean[] {
  const { cpu, mincoreSeesPageFrames = true } = mm.kernel;
  const walksEntries = mincoreSeesPageFrames || (vma.vmFlags & VM_PFNMAP) === 0;
  const first = vma.start / cpu.pageSize;
  return Array.from({ length: vmaPages(vma, cpu.pageSize) }, (_, page) => {
    if (walksEntries && !mm.pageTable.isNone(first + page)) return true;
    return mm.pageCache.has(vma.file, vma.pgoff + page);
  });
}
