/** madvise(). The results are those observed with cramfs files on Linux 6.1 and 7.3. */
import { roundUp } from '../../base/pages.ts';
import type { MmStruct } from '../fileOperations.ts';
import type { Errno } from '../errno.ts';
import { VM_LOCKED, VM_PFNMAP } from '../vmFlags.ts';

/**
 * madvise(MADV_DONTNEED) of [address, address + length): EINVAL at page frames; ENOMEM, at the end, where a part is not
 * mapped. In a mixed map the direct entries are dropped for good; the pages come back through the page cache.
 */
export function madviseDontneed(mm: MmStruct, address: number, length: number): Errno | null {
  const { pageSize } = mm.kernel.cpu;
  if (address % pageSize !== 0) return 'EINVAL';
  const end = address + roundUp(length, pageSize);
  let at = address;
  let hasHole = false;
  for (const vma of mm.vmas) {
    if (vma.end <= at || vma.start >= end) continue;
    hasHole ||= vma.start > at;
    if ((vma.vmFlags & (VM_LOCKED | VM_PFNMAP)) !== 0) return 'EINVAL';
    const from = Math.max(vma.start, at);
    at = Math.min(vma.end, end);
    mm.pageTable.clearRange(from / pageSize, (at - from) / pageSize);
  }
  return hasHole || at < end ? 'ENOMEM' : null;
}
