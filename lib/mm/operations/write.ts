/** A write of a process to its memory. */
import type { MmStruct, PageView, Touch } from '../fileOperations.ts';
import type { Vma } from '../vma.ts';
import { VM_WRITE } from '../vmFlags.ts';

/**
 * A write of the process into one page of a mapping. The page of a private mapping is copied to RAM first, a direct one
 * too; the vma stays what it is.
 *
 * @param page page of the vma, from 0
 * @param at byte within the page
 */
export function writePage(mm: MmStruct, vma: Vma, page: number, at: number, bytes: Uint8Array): Touch {
  const { pageSize } = mm.kernel.cpu;
  if ((vma.vmFlags & VM_WRITE) === 0) return 'SIGSEGV';
  const vpn = vma.start / pageSize + page;
  const view: PageView = mm.readPage(vma, page);
  const pte = mm.pageTable.get(vpn);
  // cow_user_page() cannot read where no memory answers, and clears the copy.
  const isAbsent = pte?.kind === 'direct' && view.touch === mm.kernel.cpu.absentMemory;
  if (view.touch !== 'ok' && !isAbsent) return view.touch;
  const own = pte?.kind === 'folio' && pte.folio.anonymous ? pte.folio.bytes : new Uint8Array(pageSize);
  // Foreign memory has no content here; its copy is zeros.
  if (view.touch === 'ok' && view.bytes !== null && own !== view.bytes) own.set(view.bytes);
  own.set(bytes.subarray(0, pageSize - at), at);
  mm.pageTable.setFolio(vpn, { bytes: own, anonymous: true });
  return 'ok';
}
