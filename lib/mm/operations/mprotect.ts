/** mprotect(). The results are those observed with cramfs files on Linux 6.1 and 7.3. */
import { roundUp } from '../../base/pages.ts';
import type { MmStruct } from '../fileOperations.ts';
import type { Errno } from '../errno.ts';
import { findMerger } from '../merge.ts';
import { changeProtection } from '../setPte.ts';
import { type Vma, vmaPages } from '../vma.ts';
import {
  VM_ACCESS_FLAGS,
  VM_ACCOUNT,
  VM_EXEC,
  VM_MAYEXEC,
  VM_MAYREAD,
  VM_MAYWRITE,
  VM_READ,
  VM_WRITE,
} from '../vmFlags.ts';
import { slice } from './munmap.ts';

/** Protection as mprotect() takes it. */
export interface Protection {
  readonly read: boolean;
  readonly write: boolean;
  readonly exec: boolean;
}

/**
 * mprotect() of [address, address + length): mappings that reach beyond are split, and what is alike afterwards is merged.
 * ENOMEM where a part of the range is not mapped; the parts before it have their new protection then.
 *
 * @throws KernelBug as {@link mprotect}
 */
export function mprotectRange(mm: MmStruct, address: number, length: number, protection: Protection): Errno | null {
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
    if (protectionBits(mm, protection) === (vma.vmFlags & VM_ACCESS_FLAGS)) {
      // mprotect_fixup(): nothing is to be changed, and nothing is split.
      at = to;
      continue;
    }
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
export function mprotect(mm: MmStruct, vma: Vma, protection: Protection): Errno | null {
  const { read, write, exec } = protection;
  if (read && (vma.vmFlags & VM_MAYREAD) === 0) return 'EACCES';
  if (write && (vma.vmFlags & VM_MAYWRITE) === 0) return 'EACCES';
  if (exec && (vma.vmFlags & VM_MAYEXEC) === 0) return 'EACCES';
  const { pageSize } = mm.kernel.cpu;
  const bits = protectionBits(mm, protection);
  vma.vmFlags = (vma.vmFlags & ~VM_ACCESS_FLAGS) | bits | (write ? VM_ACCOUNT : 0);
  changeProtection(mm.kernel, mm.pageTable, vma.start / pageSize, vmaPages(vma, pageSize), vma.vmFlags);
  return null;
}

/** The vm_flags of a protection. */
function protectionBits({ kernel }: MmStruct, { read, write, exec }: Protection): number {
  const isRead = read || (write && kernel.cpu.writeImpliesRead);
  return (isRead ? VM_READ : 0) | (write ? VM_WRITE : 0) | (exec ? VM_EXEC : 0);
}
