/** mlock(). The results are those observed with cramfs files on Linux 6.1 and 7.3. */
import type { AddressSpace } from '../addressSpace.ts';
import type { Errno } from '../errno.ts';
import { type Vma, vmaPages } from '../vma.ts';
import { VM_LOCKED, VM_PFNMAP, VM_SPECIAL } from '../vmFlags.ts';

/** mlock() of a whole mapping: special mappings are not locked, but what is not there yet is faulted in. */
export function mlock(mm: AddressSpace, vma: Vma): Errno | null {
  if ((vma.vmFlags & VM_SPECIAL) === 0) vma.vmFlags |= VM_LOCKED;
  if ((vma.vmFlags & VM_PFNMAP) !== 0) return null;
  const { pageSize } = mm.kernel.cpu;
  for (let page = 0; page < vmaPages(vma, pageSize); page++) {
    if (mm.readPage(vma, page).touch === 'SIGBUS') return 'ENOMEM';
  }
  return null;
}
