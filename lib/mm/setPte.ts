/**
 * set_pte_at(): the one way in which an entry without a struct page comes into a page table, and what the CPU's port of
 * Linux does on that occasion.
 */
import type { Cpu } from './cpu.ts';
import type { Kernel } from './kernel.ts';
import type { PageTable } from './pageTable.ts';
import { VM_EXEC } from './vmFlags.ts';

/** Physical addresses that a page table entry has room for, where the CPU does not say otherwise: 52 bits. */
const PTE_ADDRESSES = 2 ** 52;

/** Page frame numbers that a page table entry has room for. */
function framesOf({ pfnBits, pageSize }: Cpu): number {
  return pfnBits === null ? PTE_ADDRESSES / pageSize : 2 ** pfnBits;
}

/** pfn_pte(): what a page table entry keeps of a page frame number, be it one or not. */
function ptePfn(pfn: number, cpu: Cpu): number {
  const frames = framesOf(cpu);
  // A remainder of such numbers is slow, and asked for each page.
  return pfn < frames ? pfn : pfn % frames;
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
 * Sets the direct entries of [vpn, vpn + pages) to consecutive page frames at once, where that is all there is to it.
 *
 * @param vmFlags of the mapping
 * @returns whether it was; else nothing was set
 */
export function setDirectPtes(
  kernel: Kernel,
  table: PageTable,
  vpn: number,
  pfn: number,
  pages: number,
  vmFlags: number,
): boolean {
  if ((vmFlags & VM_EXEC) !== 0 && kernel.icache !== null) return false;
  if (pages < 1 || pfn + pages > framesOf(kernel.cpu) || !table.areNone(vpn, pages)) return false;
  table.setDirectRun(vpn, pfn, pages);
  return true;
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
