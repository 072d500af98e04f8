/**
 * Mainline Linux: cramfs_physmem_mmap(), one hook that decides and maps.
 *
 * The hook is written here in two halves, so that every model has the same shape: prepare decides on the description,
 * complete maps into the vma. Nothing can be observed between them, so the factoring changes nothing.
 */
import type { AddressSpace } from '../../mm/addressSpace.ts';
import type { Errno } from '../../mm/errno.ts';
import type { MmapHooks } from '../../mm/fileOperations.ts';
import { remapPfnRange, vmfInsertMixed } from '../../mm/remap.ts';
import { vmaPages, type Vma } from '../../mm/vma.ts';
import { vmFaultToErrno } from '../../mm/vmFault.ts';
import { VM_MIXEDMAP } from '../../mm/vmFlags.ts';
import { decide, type DirectRange, mappedLine } from '../decision.ts';
import { FALLBACK_LOG } from '../mount.ts';
import type { CramfsFile, KernelModel } from './kernelModel.ts';

/** What prepare hands to complete: the range to map, or null for a mapping that stays with the page cache. */
type Context = DirectRange | null;

/** Maps the range into the vma: all of it as page frames, or a prefix as a mixed map. */
function populate(vma: Vma, range: DirectRange, mm: AddressSpace): Errno | null {
  const { pageSize } = mm.kernel.cpu;
  const pfn = range.address / pageSize;
  if (range.pages === vmaPages(vma, pageSize)) return remapPfnRange(mm, vma, vma.start, pfn, range.pages * pageSize);
  vma.vmFlags |= VM_MIXEDMAP;
  for (let page = 0; page < range.pages; page++) {
    const errno = vmFaultToErrno(vmfInsertMixed(mm, vma, vma.start + page * pageSize, pfn + page));
    if (errno !== null) return errno;
  }
  return null;
}

function hooks({ fs, inode, name, observe }: CramfsFile): MmapHooks {
  return {
    prepare(desc, kernel) {
      const pages = vmaPages(desc, kernel.cpu.pageSize);
      const decision = decide(fs, inode, { name, pgoff: desc.pgoff, pages, vmFlags: desc.vmFlags }, kernel.log);
      observe?.(decision);
      desc.mmapContext = ('range' in decision ? decision.range : null) satisfies Context;
      return null;
    },
    complete(vma, context, mm) {
      const range = context as Context;
      if (range === null) return null;
      const errno = populate(vma, range, mm);
      if (errno === null) {
        const pages = vmaPages(vma, mm.kernel.cpu.pageSize);
        mm.kernel.log.push(mappedLine(name, range, { pages, start: vma.start, pageProt: vma.pageProt }));
      }
      return errno;
    },
  };
}

/** Linux 6.18 and later: the default model. */
export const linux618: KernelModel = {
  name: 'linux-6.18',
  aliases: ['linux'],
  title: 'mainline Linux',
  releases: '6.17.3 and later, 6.18 to 7.3 (the newest that was run)',
  differences: 'the default',
  vmPat: false,
  mountFallbackLog: FALLBACK_LOG,
  hooks,
};

/** Linux 4.15 to 6.16. */
export const linux415: KernelModel = {
  name: 'linux-4.15',
  aliases: ['linux-6.1', 'linux-6.16'],
  title: 'mainline Linux since direct mapping came',
  releases: '4.15 to 6.16',
  differences: 'maps as linux-6.18 does; on x86 VmFlags shows "ar" for page frame mappings',
  vmPat: true,
  mountFallbackLog: "mtd0: Can't open blockdev",
  hooks,
};
