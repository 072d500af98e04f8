/** mremap(). The results are those observed with cramfs files on Linux 6.1 and 7.3. */
import { roundUp } from '../../base/pages.ts';
import type { MmStruct } from '../fileOperations.ts';
import type { Errno } from '../errno.ts';
import { setDirectPte } from '../setPte.ts';
import type { Vma } from '../vma.ts';
import { VM_DONTEXPAND, VM_PFNMAP, VM_SPECIAL } from '../vmFlags.ts';
import { munmapRange, slice } from './munmap.ts';

/**
 * mremap(MREMAP_MAYMOVE): grows or shrinks a mapping. Page frames cannot grow (EFAULT), a mixed map only where it has
 * to move: with room behind it is ENOMEM (observed on 6.1; the same stands in newer source).
 *
 * @param length new length in bytes
 * @returns the mapping as it is now
 */
export function mremap(mm: MmStruct, vma: Vma, length: number): Vma | { readonly errno: Errno } {
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
  if (isFree(mm, vma.end, vma.start + wanted)) {
    // vma_merge(): the room behind is taken by a mapping that merges with this one, and a special one merges with none.
    if ((vma.vmFlags & VM_SPECIAL) !== 0) return { errno: 'ENOMEM' };
    const grown: Vma = { ...vma, end: vma.start + wanted };
    mm.replace(vma, [grown]);
    return grown;
  }
  const start = mm.unmappedArea(wanted);
  if (start < 0) return { errno: 'ENOMEM' };
  const moved: Vma = { ...vma, start, end: start + wanted };
  const distance = (start - vma.start) / pageSize;
  for (const vpn of mm.pageTable.presentPages()) {
    if (vpn < vma.start / pageSize || vpn >= vma.end / pageSize) continue;
    const pte = mm.pageTable.get(vpn);
    if (pte?.kind === 'direct') setDirectPte(mm.kernel, mm.pageTable, vpn + distance, pte.pfn, vma.vmFlags);
    else if (pte?.kind === 'folio') mm.pageTable.setFolio(vpn + distance, pte.folio);
  }
  mm.pageTable.clearRange(vma.start / pageSize, old / pageSize);
  mm.replace(vma, [moved]);
  return moved;
}

/**
 * mremap(MREMAP_MAYMOVE) of [address, address + oldLength), whole pages: what is too much is unmapped, whatever is mapped
 * there; what is to grow must be in one mapping (EFAULT), and end where it ends unless it moves.
 */
export function mremapRange(
  mm: MmStruct,
  address: number,
  oldLength: number,
  length: number,
): Vma | { readonly errno: Errno } {
  const { pageSize } = mm.kernel.cpu;
  if (address % pageSize !== 0 || !(length > 0)) return { errno: 'EINVAL' };
  const [old, wanted] = [roundUp(oldLength, pageSize), roundUp(length, pageSize)];
  const vma = mm.vmas.find(({ start, end }) => start <= address && address < end);
  if (vma === undefined) return { errno: 'EFAULT' };
  if (wanted <= old) {
    if (wanted < old) munmapRange(mm, address + wanted, old - wanted);
    return mm.vmas.find(({ start, end }) => start <= address && address < end) ?? { errno: 'EFAULT' };
  }
  if (old > vma.end - address) return { errno: 'EFAULT' };
  if (address === vma.start && old === vma.end - vma.start) return mremap(mm, vma, wanted);
  if ((vma.vmFlags & (VM_DONTEXPAND | VM_PFNMAP)) !== 0) return { errno: 'EFAULT' };
  // vma_to_resize() has let it pass: the part is cut out, and grows by itself.
  const part = slice(vma, address, address + old, pageSize);
  if (part === null) return { errno: 'EINVAL' };
  mm.replace(vma, [slice(vma, vma.start, address, pageSize), part, slice(vma, address + old, vma.end, pageSize)]);
  return mremap(mm, part, wanted);
}

/** vma_expandable(): whether nothing is mapped in a range. Above the place where mmap starts to look there is other memory. */
function isFree(mm: MmStruct, start: number, end: number): boolean {
  const { mmapBase, taskSize, pageSize } = mm.kernel.cpu;
  if (end > taskSize || (start <= mmapBase && end > mmapBase)) return false;
  if (mm.vmas.some((vma) => vma.start < end && vma.end > start)) return false;
  return mm.pageTable.isNone(start / pageSize);
}
