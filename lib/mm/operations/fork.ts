/** fork(), as far as memory goes. The results are those observed with cramfs files on Linux 6.1 and 7.3. */
import type { MmStruct } from '../fileOperations.ts';
import type { Errno } from '../errno.ts';
import { isCowMapping, VM_ARCH_1, VM_PFNMAP } from '../vmFlags.ts';

/**
 * fork(): a child with the same mappings. Where a mapping of page frames holds a reservation of its memory type (x86,
 * older kernels) and its first page has been copied, the kernel cannot find the reservation again: ENOMEM.
 */
export function fork<Mm extends MmStruct & { copy(): Mm }>(mm: Mm): Mm | { readonly errno: Errno } {
  const { pageSize } = mm.kernel.cpu;
  for (const vma of mm.vmas) {
    const reserved = (vma.vmFlags & VM_PFNMAP) !== 0 && (vma.vmFlags & VM_ARCH_1) !== 0 && isCowMapping(vma.vmFlags);
    if (reserved && mm.pageTable.get(vma.start / pageSize)?.kind !== 'direct') return { errno: 'ENOMEM' };
  }
  return mm.copy();
}
