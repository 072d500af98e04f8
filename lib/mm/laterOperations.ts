/**
 * What a process does with a mapping once it has it: write, munmap a part, mprotect, madvise, mremap, fork, mlock.
 *
 * The results are those observed on Linux 6.1 and 7.3 with cramfs files; where the two differ, the kernel says which.
 */
import { roundUp } from '../base/pages.ts';
import type { AddressSpace, PageView, Touch } from './addressSpace.ts';
import type { Errno } from './errno.ts';
import { findMerger } from './merge.ts';
import { changeProtection, setDirectPte } from './setPte.ts';
import { type Vma, vmaPages } from './vma.ts';
import {
  isCowMapping,
  VM_ACCOUNT,
  VM_ARCH_1,
  VM_DONTEXPAND,
  VM_EXEC,
  VM_LOCKED,
  VM_MAYEXEC,
  VM_MAYREAD,
  VM_MAYWRITE,
  VM_PFNMAP,
  VM_READ,
  VM_SPECIAL,
  VM_WRITE,
} from './vmFlags.ts';

/** Protection as mprotect() takes it. */
export interface Protection {
  readonly read: boolean;
  readonly write: boolean;
  readonly exec: boolean;
}

/**
 * A write of the process into one page of a mapping. The page of a private mapping is copied to RAM first, a direct one
 * too; the vma stays what it is.
 *
 * @param page page of the vma, from 0
 * @param at byte within the page
 */
export function writePage(mm: AddressSpace, vma: Vma, page: number, at: number, bytes: Uint8Array): Touch {
  const { pageSize } = mm.kernel.cpu;
  if ((vma.vmFlags & VM_WRITE) === 0) return 'SIGSEGV';
  const vpn = vma.start / pageSize + page;
  const view: PageView = mm.readPage(vma, page);
  if (view.touch !== 'ok') return view.touch;
  const pte = mm.pageTable.get(vpn);
  const own = pte?.kind === 'folio' && pte.folio.anonymous ? pte.folio.bytes : new Uint8Array(pageSize);
  // Foreign memory has no content here; its copy is zeros.
  if (view.bytes !== null && own !== view.bytes) own.set(view.bytes);
  own.set(bytes.subarray(0, pageSize - at), at);
  mm.pageTable.setFolio(vpn, { bytes: own, anonymous: true });
  return 'ok';
}

/**
 * munmap() of [address, address + length), both page aligned. Mappings that reach beyond are cut; a piece's offset counts
 * on, for page frames too.
 */
export function munmapRange(mm: AddressSpace, address: number, length: number): Errno | null {
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
function slice(vma: Vma, start: number, end: number, pageSize: number): Vma | null {
  return start >= end ? null : { ...vma, start, end, pgoff: vma.pgoff + (start - vma.start) / pageSize };
}

/**
 * mprotect() of [address, address + length): mappings that reach beyond are split, and what is alike afterwards is merged.
 * ENOMEM where a part of the range is not mapped; the parts before it have their new protection then.
 *
 * @throws KernelBug as {@link mprotect}
 */
export function mprotectRange(mm: AddressSpace, address: number, length: number, protection: Protection): Errno | null {
  const { pageSize } = mm.kernel.cpu;
  if (address % pageSize !== 0) return 'EINVAL';
  const end = address + roundUp(length, pageSize);
  let at = address;
  for (const vma of mm.vmas) {
    if (vma.end <= at || vma.start >= end) continue;
    if (vma.start > at) return 'ENOMEM';
    const to = Math.min(vma.end, end);
    const inner = slice(vma, at, to, pageSize);
    if (inner === null) continue;
    const refused = mprotect(mm, inner, protection);
    if (refused !== null) return refused;
    mm.replace(vma, [slice(vma, vma.start, at, pageSize), inner, slice(vma, to, vma.end, pageSize)]);
    // Not there: it has been taken in by the one before it, alike already.
    const merger = mm.vmas.includes(inner) ? findMerger(mm.vmas, inner, pageSize) : null;
    if (merger !== null) {
      for (const neighbour of merger.replaced) mm.replace(neighbour, []);
      mm.replace(inner, [merger.merged]);
    }
    at = to;
  }
  return at < end ? 'ENOMEM' : null;
}

/**
 * mprotect() of a whole mapping: EACCES for what the mapping may never become.
 *
 * @throws KernelBug where setting the entries again kills the kernel
 */
export function mprotect(mm: AddressSpace, vma: Vma, protection: Protection): Errno | null {
  const { read, write, exec } = protection;
  if (read && (vma.vmFlags & VM_MAYREAD) === 0) return 'EACCES';
  if (write && (vma.vmFlags & VM_MAYWRITE) === 0) return 'EACCES';
  if (exec && (vma.vmFlags & VM_MAYEXEC) === 0) return 'EACCES';
  const { pageSize, writeImpliesRead } = mm.kernel.cpu;
  const isRead = read || (write && writeImpliesRead);
  const bits = (isRead ? VM_READ : 0) | (write ? VM_WRITE : 0) | (exec ? VM_EXEC : 0);
  vma.vmFlags = (vma.vmFlags & ~(VM_READ | VM_WRITE | VM_EXEC)) | bits | (write ? VM_ACCOUNT : 0);
  changeProtection(mm.kernel, mm.pageTable, vma.start / pageSize, vmaPages(vma, pageSize), vma.vmFlags);
  return null;
}

/**
 * madvise(MADV_DONTNEED) of a whole mapping: EINVAL for page frames. In a mixed map the direct entries are dropped for
 * good; the pages come back through the page cache.
 */
export function madviseDontneed(mm: AddressSpace, vma: Vma): Errno | null {
  if ((vma.vmFlags & (VM_LOCKED | VM_PFNMAP)) !== 0) return 'EINVAL';
  const { pageSize } = mm.kernel.cpu;
  mm.pageTable.clearRange(vma.start / pageSize, vmaPages(vma, pageSize));
  return null;
}

/**
 * mremap(MREMAP_MAYMOVE): grows or shrinks a mapping. Page frames cannot grow (EFAULT).
 *
 * @param length new length in bytes
 * @returns the mapping as it is now
 */
export function mremap(mm: AddressSpace, vma: Vma, length: number): Vma | { readonly errno: Errno } {
  const { pageSize } = mm.kernel.cpu;
  if (!(length > 0)) return { errno: 'EINVAL' };
  const wanted = roundUp(length, pageSize);
  const old = vma.end - vma.start;
  if (wanted === old) return vma;
  if (wanted < old) {
    munmapRange(mm, vma.start + wanted, old - wanted);
    return mm.vmas.find((each) => each.start === vma.start) ?? { errno: 'EFAULT' };
  }
  if ((vma.vmFlags & (VM_DONTEXPAND | VM_PFNMAP)) !== 0) return { errno: 'EFAULT' };
  const start = mm.unmappedArea(wanted);
  if (start < 0) return { errno: 'ENOMEM' };
  const moved: Vma = { ...vma, start, end: start + wanted };
  for (let page = 0; page < old / pageSize; page++) {
    const pte = mm.pageTable.get(vma.start / pageSize + page);
    if (pte?.kind === 'direct') setDirectPte(mm.kernel, mm.pageTable, start / pageSize + page, pte.pfn, vma.vmFlags);
    else if (pte?.kind === 'folio') mm.pageTable.setFolio(start / pageSize + page, pte.folio);
  }
  mm.pageTable.clearRange(vma.start / pageSize, old / pageSize);
  mm.replace(vma, [moved]);
  return moved;
}

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

/**
 * fork(): a child with the same mappings. Where a mapping of page frames holds a reservation of its memory type (x86,
 * older kernels) and its first page has been copied, the kernel cannot find the reservation again: ENOMEM.
 */
export function fork(mm: AddressSpace): AddressSpace | { readonly errno: Errno } {
  const { pageSize } = mm.kernel.cpu;
  for (const vma of mm.vmas) {
    const reserved = (vma.vmFlags & VM_PFNMAP) !== 0 && (vma.vmFlags & VM_ARCH_1) !== 0 && isCowMapping(vma.vmFlags);
    if (reserved && mm.pageTable.get(vma.start / pageSize)?.kind !== 'direct') return { errno: 'ENOMEM' };
  }
  return mm.copy();
}
