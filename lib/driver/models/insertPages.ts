/** Filling a mixed map page by page, as every model does it. */
import type { MmStruct } from '../../mm/fileOperations.ts';
import type { Errno } from '../../mm/errno.ts';
import { vmfInsertMixed } from '../../mm/remap.ts';
import type { Vma } from '../../mm/vma.ts';
import { vmFaultToErrno } from '../../mm/vmFault.ts';

/** What a model hands to vmf_insert_mixed() as the PFN of the page at a physical address. */
export type MixedPfn = (address: number, pageSize: number) => number;

/** PHYS_PFN(). */
export const physPfn: MixedPfn = (address, pageSize) => Math.floor(address / pageSize);

/** Inserts `pages` pages from physical `address` at the start of the vma, up to the first that fails. */
export function insertPages(
  mm: MmStruct,
  vma: Vma,
  { address, pages }: { readonly address: number; readonly pages: number },
  mixedPfn: MixedPfn,
): Errno | null {
  const { pageSize } = mm.kernel.cpu;
  for (let page = 0; page < pages; page++) {
    const offset = page * pageSize;
    const errno = vmFaultToErrno(vmfInsertMixed(mm, vma, vma.start + offset, mixedPfn(address + offset, pageSize)));
    if (errno !== null) return errno;
  }
  return null;
}
