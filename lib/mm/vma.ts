/**
 * A mapping of a process (struct vm_area_struct), and the description of one to be (struct vm_area_desc). Their types are
 * part of the contract with file systems.
 */
export type { Vma, VmAreaDesc } from './fileOperations.ts';

/** Pages of a mapping (vma_pages()). */
export function vmaPages(vma: { readonly start: number; readonly end: number }, pageSize: number): number {
  return (vma.end - vma.start) / pageSize;
}
