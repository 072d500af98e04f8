/**
 * The series' second version, 13/16, posted 2025-09-10: mmap_prepare() describes what is to be done, and memory management
 * carries it out once the vma is there (mmap_action_prepare(), mmap_action_complete()).
 *
 * cramfs itself hands the right PFN to the action; the series' own mm part then inserted the user address of each page in
 * its place. The author repaired that on 2025-09-15. Both were run inside a real kernel.
 */
import type { MmStruct } from '../../mm/fileOperations.ts';
import type { Errno } from '../../mm/errno.ts';
import type { MmapHooks } from '../../mm/fileOperations.ts';
import { hex } from '../../base/hex.ts';
import type { Kernel } from '../../mm/kernel.ts';
import { remapPfnRangeComplete, remapPfnRangePrepare, vmfInsertMixed } from '../../mm/remap.ts';
import { type Vma, type VmAreaDesc, vmaPages } from '../../mm/vma.ts';
import { VM_MIXEDMAP } from '../../mm/vmFlags.ts';
import { vmFaultToErrno } from '../../mm/vmFault.ts';
import { decide, mappedLine } from '../decision.ts';
import { physPfn } from './insertPages.ts';
import type { CramfsFile, KernelModel } from './kernelModel.ts';

/** struct mmap_action, as far as cramfs uses it. */
type MmapAction =
  | { readonly type: 'MMAP_NOTHING' }
  | {
      readonly type: 'MMAP_REMAP_PFN';
      /** First user address to map at. */
      readonly start: number;
      readonly pfn: number;
      /** Bytes. */
      readonly size: number;
    }
  | {
      readonly type: 'MMAP_INSERT_MIXED';
      readonly start: number;
      readonly pfn: number;
      readonly pages: number;
    };

/** What memory management hands to vmf_insert_mixed() for the page at a user address, the n-th of the action. */
type InsertedPfn = (action: { readonly pfn: number }, page: number, address: number) => number;

/** mmap_action_remap(): asks for a range of page frames. */
function mmapActionRemap(start: number, pfn: number, size: number, kernel: Kernel): MmapAction {
  kernel.trace?.push({ call: 'mmap_action_remap', address: hex(start), pfn: hex(pfn), size, result: '0' });
  return { type: 'MMAP_REMAP_PFN', start, pfn, size };
}

/** mmap_action_mixedmap(): asks for single page frames in a mixed map. */
function mmapActionMixedmap(start: number, pfn: number, pages: number, kernel: Kernel): MmapAction {
  kernel.trace?.push({ call: 'mmap_action_mixedmap', address: hex(start), pfn: hex(pfn), pages, result: '0' });
  return { type: 'MMAP_INSERT_MIXED', start, pfn, pages };
}

/** mmap_action_prepare(): what the action needs of the description. */
function mmapActionPrepare(action: MmapAction, desc: VmAreaDesc, kernel: Kernel): void {
  if (action.type === 'MMAP_REMAP_PFN') remapPfnRangePrepare(desc, action.pfn, kernel);
  if (action.type === 'MMAP_INSERT_MIXED') desc.vmFlags |= VM_MIXEDMAP;
}

/** mmap_action_complete(): carries the action out. */
function mmapActionComplete(action: MmapAction, vma: Vma, mm: MmStruct, insertedPfn: InsertedPfn): Errno | null {
  switch (action.type) {
    case 'MMAP_NOTHING':
      return null;
    case 'MMAP_REMAP_PFN':
      return remapPfnRangeComplete(mm, vma, action.start, action.pfn, action.size);
    case 'MMAP_INSERT_MIXED':
      for (let page = 0; page < action.pages; page++) {
        const address = action.start + page * mm.kernel.cpu.pageSize;
        const errno = vmFaultToErrno(vmfInsertMixed(mm, vma, address, insertedPfn(action, page, address)));
        if (errno !== null) return errno;
      }
      return null;
  }
}

function hooks({ fs, inode, name, observe }: CramfsFile, insertedPfn: InsertedPfn): MmapHooks {
  return {
    preparesFirst: true,
    prepare(desc, kernel) {
      const { pageSize } = kernel.cpu;
      const pages = vmaPages(desc, pageSize);
      const decision = decide(fs, inode, { name, pgoff: desc.pgoff, pages, vmFlags: desc.vmFlags }, kernel.log);
      observe?.(decision);
      let action: MmapAction = { type: 'MMAP_NOTHING' };
      if ('range' in decision) {
        const { range } = decision;
        const pfn = physPfn(range.address, pageSize);
        const { start, pageProt } = desc;
        kernel.log.push(mappedLine('mapping', name, range, { pages, start, pageProt }));
        action =
          range.pages === pages
            ? mmapActionRemap(start, pfn, pages * pageSize, kernel)
            : mmapActionMixedmap(start, pfn, range.pages, kernel);
      }
      mmapActionPrepare(action, desc, kernel);
      desc.mmapContext = action;
      return null;
    },
    complete: (vma, context, mm) => mmapActionComplete(context as MmapAction, vma, mm, insertedPfn),
  };
}

/** The series' second version, as posted. */
export const patchV2: KernelModel = {
  name: 'patch-v2',
  aliases: [],
  title: 'the two-phase patch, version 2, as posted on 2025-09-10; never merged (version 3 dropped cramfs)',
  release: [6, 17],
  releases: 'none',
  differences:
    'the log says "mapping" where it said "mapped", before the pages are there; in a mixed map vmf_insert_mixed() gets the ' +
    'user address of each page as PFN',
  evidence: { run: ['its functions in 6.1 on x86-64'], notRun: 'the kernel that it was posted for' },
  vmPat: false,
  verifiesFileType: false,
  ignoresBssFault: false,
  hasBlockDevices: true,
  hooks: (file) => hooks(file, (_action, _page, address) => address),
};

/** The same with the author's repair of 2025-09-15. */
export const patchV2Fixed: KernelModel = {
  ...patchV2,
  name: 'patch-v2-fixed',
  title: "patch-v2 with its author's fix of 2025-09-15",
  differences: 'maps the same; the log says "mapping" where it said "mapped", before the pages are there',
  evidence: { run: ['its functions in 6.1 on x86-64', '7.3 with it on x86-64'], notRun: null },
  hooks: (file) => hooks(file, ({ pfn }, page) => pfn + page),
};
