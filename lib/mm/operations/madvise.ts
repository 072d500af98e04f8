/** madvise(). The results are those observed with cramfs files on Linux 6.1 and 7.3. */
import type { AddressSpace } from '../addressSpace.ts';
import type { Errno } from '../errno.ts';
import { type Vma, vmaPages } from '../vma.ts';
import { VM_LOCKED, VM_PFNMAP } from '../vmFlags.ts';

/**
 * madvise(MADV_DONTNEED) of a whole mapping: EINVAL for page frames. In a mixed map the direct entries are dropped for
 * good; the pages come back through the page cache.
 */
export function madviseDontneed(mm: AddressSpace, vma: Vma): Errno | null {
  if ((vma.vmFlags & (VM_LOCKED | VM_PFNMAP)) !== 0) return 'EINVAL';
  const { pageSize } = mm.kernel.cpu;
  mm.pageTable.clearRange(vma.start / pageSize, vmaPages(vma, pageSize));
  return null;
}
