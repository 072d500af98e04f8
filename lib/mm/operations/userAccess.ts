/** How the kernel reads the memory of a process for others. The results are those observed with cramfs files on Linux 6.1, 6.12 and 7.3. */
import type { Errno } from '../errno.ts';
import type { MmStruct } from '../fileOperations.ts';
import type { Vma } from '../vma.ts';
import { VM_PFNMAP } from '../vmFlags.ts';

/**
 * A read of /proc/PID/mem at the start of a mapping: access_remote_vm() takes pages by get_user_pages(), which has none for
 * page frames, and cramfs gives its mappings no access(): EIO.
 */
export function readProcMem(mm: MmStruct, vma: Vma): Errno | null {
  if ((vma.vmFlags & VM_PFNMAP) !== 0) return 'EIO';
  mm.readPage(vma, 0);
  return mm.pageTable.get(vma.start / mm.kernel.cpu.pageSize)?.kind === 'folio' ? null : 'EIO';
}

/** write(2) from the start of a mapping, into a pipe: copy_from_user(). It reads as the process does; EFAULT where that fails. */
export function writeFromMapping(mm: MmStruct, vma: Vma): Errno | null {
  return mm.readPage(vma, 0).touch === 'ok' ? null : 'EFAULT';
}
