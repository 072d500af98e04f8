/** mlock(). The results are those observed with cramfs files on Linux 6.1 and 7.3. */
import { roundDown, roundUp } from '../../base/pages.ts';
import type { MmStruct } from '../fileOperations.ts';
import type { Errno } from '../errno.ts';
import type { Vma } from '../vma.ts';
import { VM_LOCKED, VM_PFNMAP, VM_SPECIAL } from '../vmFlags.ts';
import { slice } from './munmap.ts';

/**
 * mlock() of [address, address + length): special mappings are not locked, but what is not there yet is faulted in; of
 * others the part becomes a mapping of its own. ENOMEM where a part is not mapped, or cannot be faulted in.
 */
export function mlock(mm: MmStruct, address: number, length: number): Errno | null {
  const { pageSize } = mm.kernel.cpu;
  const start = roundDown(address, pageSize);
  const end = roundUp(address + length, pageSize);
  let at = start;
  for (const vma of mm.vmas) {
    if (vma.end <= at || vma.start >= end) continue;
    if (vma.start > at) return 'ENOMEM';
    const to = Math.min(vma.end, end);
    lockPart(mm, vma, at, to);
    at = to;
  }
  return at < end || !faultIn(mm, start, end) ? 'ENOMEM' : null;
}

/** mlock_fixup(). */
function lockPart(mm: MmStruct, vma: Vma, from: number, to: number): void {
  if ((vma.vmFlags & (VM_SPECIAL | VM_LOCKED)) !== 0) return;
  const { pageSize } = mm.kernel.cpu;
  const locked = slice(vma, from, to, pageSize);
  if (locked === null) return;
  locked.vmFlags |= VM_LOCKED;
  mm.replace(vma, [slice(vma, vma.start, from, pageSize), locked, slice(vma, to, vma.end, pageSize)]);
}

/** __mm_populate(): whether each page of the range is there now. Page frames are left alone. */
function faultIn(mm: MmStruct, start: number, end: number): boolean {
  const { pageSize } = mm.kernel.cpu;
  for (const vma of mm.vmas) {
    if ((vma.vmFlags & VM_PFNMAP) !== 0) continue;
    const last = Math.min(vma.end, end);
    for (let at = Math.max(vma.start, start); at < last; at += pageSize) {
      if (mm.readPage(vma, (at - vma.start) / pageSize).touch === 'SIGBUS') return false;
    }
  }
  return true;
}
