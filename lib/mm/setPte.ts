/**
 * set_pte_at(): the one way in which an entry without a struct page comes into a page table, and what the CPU's port of
 * Linux does on that occasion.
 */
import type { Cpu } from './cpu.ts';
import type { Kernel } from './kernel.ts';
import type { PageTable } from './pageTable.ts';
import { VM_EXEC } from './vmFlags.ts';

/** Physical address bits that a page table entry has room for, where the CPU does not say otherwise. */
const PTE_ADDRESS_BITS = 52;

/** pfn_pte(): what a page table entry keeps of a page frame number, be it one or not. */
function ptePfn(pfn: number, { pfnBits, pageSize }: Cpu): number {
  return pfn % (pfnBits === null ? 2 ** PTE_ADDRESS_BITS / pageSize : 2 ** pfnBits);
}

/**
 * Sets a direct entry.
 *
 * @param vmFlags of the mapping
 * @throws KernelBug where the port's hook does not survive it
 */
export function setDirectPte(kernel: Kernel, table: PageTable, vpn: number, pfn: number, vmFlags: number): void {
  const kept = ptePfn(pfn, kernel.cpu);
  if ((vmFlags & VM_EXEC) !== 0) kernel.icache?.flushIcachePte(kept);
  table.setDirect(vpn, kept);
}

/**
 * change_protection(): sets the direct entries of [vpn, vpn + pages) again, with another protection.
 *
 * @throws KernelBug as {@link setDirectPte}
 */
export function changeProtection(kernel: Kernel, table: PageTable, vpn: number, pages: number, vmFlags: number): void {
  if (kernel.icache === null) return;
  for (const run of table.directRuns(vpn, pages)) {
    for (let page = 0; page < run.pages; page++) {
      setDirectPte(kernel, table, vpn + run.page + page, run.pfn + page, vmFlags);
    }
  }
}
