/**
 * Mapping page frames into a process: remap_pfn_range() with its two halves, and vmf_insert_mixed() (mm/memory.c).
 */
import { hex } from '../base/hex.ts';
import { roundUp } from '../base/pages.ts';
import type { MmStruct } from './fileOperations.ts';
import { type Errno, ERRNO_NUMBERS } from './errno.ts';
import { bugOn, type Kernel, KernelBug, type TraceEntry } from './kernel.ts';
import { setDirectPte, setDirectPtes } from './setPte.ts';
import type { Vma, VmAreaDesc } from './vma.ts';
import { isCowMapping, VM_ARCH_1, VM_MIXEDMAP, VM_REMAP_FLAGS } from './vmFlags.ts';
import { VM_FAULT_NOPAGE, VM_FAULT_SIGBUS } from './vmFault.ts';

/**
 * remap_pfn_range_prepare(): what remap_pfn_range() does to the vma, done to its description. For a COW mapping the
 * file offset becomes the page frame number: that is how such a mapping is known later, and what `maps` shows.
 */
export function remapPfnRangePrepare(desc: VmAreaDesc, pfn: number, kernel: Kernel): void {
  if (isCowMapping(desc.vmFlags)) desc.pgoff = pfn;
  desc.vmFlags |= VM_REMAP_FLAGS;
  kernel.trace?.push({ call: 'remap_pfn_range_prepare', pfn: hex(pfn), result: errnoResult(null) });
}

/** remap_pfn_range_complete(): fills the page table and leaves the vma alone. `size` is in bytes. */
export function remapPfnRangeComplete(
  mm: MmStruct,
  vma: Vma,
  address: number,
  pfn: number,
  size: number,
): Errno | null {
  if (mm.kernel.trace === null) return fillPageTable(mm, vma, address, pfn, size);
  return traced(mm.kernel.trace, { call: 'remap_pfn_range_complete', pfn: hex(pfn), size }, () =>
    fillPageTable(mm, vma, address, pfn, size),
  );
}

/**
 * remap_pfn_range(): maps `size` bytes of page frames from `pfn` at `address`. A COW mapping must be filled whole.
 *
 * @returns EINVAL for a COW mapping that is not filled whole
 */
export function remapPfnRange(mm: MmStruct, vma: Vma, address: number, pfn: number, size: number): Errno | null {
  if (mm.kernel.trace === null) return remapWhole(mm, vma, address, pfn, size);
  return traced(mm.kernel.trace, { call: 'remap_pfn_range', pfn: hex(pfn), size }, () =>
    remapWhole(mm, vma, address, pfn, size),
  );
}

function remapWhole(mm: MmStruct, vma: Vma, address: number, pfn: number, size: number): Errno | null {
  if (isCowMapping(vma.vmFlags)) {
    if (address !== vma.start || address + size !== vma.end) return 'EINVAL';
    vma.pgoff = pfn;
  }
  vma.vmFlags |= VM_REMAP_FLAGS;
  return fillPageTable(mm, vma, address, pfn, size);
}

/** More pages than this are taken to exhaust the memory for page tables. A cramfs file has at most 4096. */
const MAX_PAGES = 1 << 20;

/** remap_pfn_range_internal(): the page table part, down to remap_pte_range(). */
function fillPageTable(mm: MmStruct, vma: Vma, address: number, pfn: number, size: number): Errno | null {
  const { pageSize, taskSize } = mm.kernel.cpu;
  const end = address + roundUp(size, pageSize);
  if (end > taskSize) return 'EINVAL';
  const wholeVma = address === vma.start && end === vma.end;
  if (mm.kernel.cpu.pat && !wholeVma && !trackPartialRemap(mm.kernel, pfn * pageSize, size)) return 'EINVAL';
  if (mm.kernel.reservesMemoryType && wholeVma) vma.vmFlags |= VM_ARCH_1;
  bugOn(address >= end, 'BUG_ON(addr >= end) in remap_pfn_range');
  const first = address / pageSize;
  const pages = (end - address) / pageSize;
  if (pages > MAX_PAGES) return 'ENOMEM';
  if (setDirectPtes(mm.kernel, mm.pageTable, first, pfn, pages, vma.vmFlags)) return null;
  for (let page = 0; page < pages; page++) {
    bugOn(!mm.pageTable.isNone(first + page), 'BUG_ON(!pte_none(*pte)) in remap_pte_range');
    setDirectPte(mm.kernel, mm.pageTable, first + page, pfn + page, vma.vmFlags);
  }
  return null;
}

/**
 * track_pfn_remap() on x86, for a range that is not the whole vma: all of it must be of one memory type.
 *
 * @returns false for a range of several types, which is EINVAL
 */
function trackPartialRemap(kernel: Kernel, address: number, size: number): boolean {
  return size <= kernel.cpu.pageSize || kernel.memory.hasOneMemoryType(address, size);
}

/**
 * vmf_insert_mixed(): maps the one page frame `pfn` at `address`.
 *
 * @returns VM_FAULT_NOPAGE when it is mapped, VM_FAULT_SIGBUS for an address outside the vma
 */
export function vmfInsertMixed(mm: MmStruct, vma: Vma, address: number, pfn: number): number {
  if (mm.kernel.trace === null) return insertMixed(mm, vma, address, pfn);
  const page = (address - vma.start) / mm.kernel.cpu.pageSize;
  return traced(mm.kernel.trace, { call: 'vmf_insert_mixed', pfn: hex(pfn), page }, () =>
    insertMixed(mm, vma, address, pfn),
  );
}

function insertMixed(mm: MmStruct, vma: Vma, address: number, pfn: number): number {
  bugOn((vma.vmFlags & VM_MIXEDMAP) === 0, 'BUG_ON(!vm_mixed_ok(vma, pfn)) in vmf_insert_mixed');
  if (address < vma.start || address >= vma.end) return VM_FAULT_SIGBUS;
  const vpn = address / mm.kernel.cpu.pageSize;
  if (mm.pageTable.isNone(vpn)) setDirectPte(mm.kernel, mm.pageTable, vpn, pfn, vma.vmFlags);
  return VM_FAULT_NOPAGE;
}

function traced<T extends Errno | number | null>(
  trace: TraceEntry[],
  call: Omit<TraceEntry, 'result'>,
  action: () => T,
): T {
  try {
    const result = action();
    trace.push({ ...call, result: typeof result === 'number' ? hex(result) : errnoResult(result) });
    return result;
  } catch (error) {
    if (error instanceof KernelBug) trace.push({ ...call, result: 'BUG' });
    throw error;
  }
}

/** What such a function returns: 0, or the errno negated. */
function errnoResult(errno: Errno | null): string {
  return errno === null ? '0' : String(-ERRNO_NUMBERS[errno]);
}
