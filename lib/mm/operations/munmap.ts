/** munmap(), of a part of mappings perhaps. */
import { roundUp } from '../../base/pages.ts';
import type { MmStruct } from '../fileOperations.ts';
import type { Errno } from '../errno.ts';
import type { Vma } from '../vma.ts';

/**
 * munmap() of [address, address + length), both page aligned. Mappings that reach beyond are cut; a piece's offset counts
 * on, for page frames too.
 */
export function munmapRange(mm: MmStruct, address: number, length: number): Errno | null {
  const { pageSize } = mm.kernel.cpu;
  if (address % pageSize !== 0 || length <= 0) return 'EINVAL';
  const end = address + roundUp(length, pageSize);
  for (const vma of mm.vmas) {
    if (vma.end <= address || vma.start >= end) continue;
    const [from, to] = [Math.max(vma.start, address), Math.min(vma.end, end)];
    mm.pageTable.clearRange(from / pageSize, (to - from) / pageSize);
    mm.replace(vma, [slice(vma, vma.start, from, pageSize), slice(vma, to, vma.end, pageSize)]);
  }
  return null;
}

/** The part [start, end) of a mapping, or null where there is none. */
export function slice(vma: Vma, start: number, end: number, pageSize: number): Vma | null {
  return start >= end ? null : { ...vma, start, end, pgoff: vma.pgoff + (start - vma.start) / pageSize };
}
