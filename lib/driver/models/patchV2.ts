/**
 * The same patch in series v2, posted 2025-09-10 and never merged: prepare asks for an action, and memory management
 * carries it out once the vma is there.
 */
import type { MmapHooks } from '../../mm/fileOperations.ts';
import { remapPfnRangeComplete, remapPfnRangePrepare } from '../../mm/remap.ts';
import { vmaPages } from '../../mm/vma.ts';
import { VM_MIXEDMAP } from '../../mm/vmFlags.ts';
import { decide, type DirectRange, mappedLine } from '../decision.ts';
import { insertPages, physPfn } from './insertPages.ts';
import type { CramfsFile, KernelModel } from './kernelModel.ts';

/** struct mmap_action, as far as cramfs uses it. */
type MmapAction =
  | { readonly type: 'MMAP_NOTHING' }
  | { readonly type: 'MMAP_REMAP_PFN' | 'MMAP_INSERT_MIXED'; readonly range: DirectRange };

function hooks({ fs, inode, name, observe }: CramfsFile): MmapHooks {
  return {
    preparesFirst: true,
    prepare(desc, kernel) {
      const { pageSize } = kernel.cpu;
      const vma = { pages: vmaPages(desc, pageSize), start: desc.start, pageProt: desc.pageProt };
      const request = { name, pgoff: desc.pgoff, pages: vma.pages, vmFlags: desc.vmFlags };
      const decision = decide(fs, inode, request, kernel.log);
      observe?.(decision);
      let action: MmapAction = { type: 'MMAP_NOTHING' };
      if ('range' in decision) {
        const { range } = decision;
        const type = range.pages === vma.pages ? 'MMAP_REMAP_PFN' : 'MMAP_INSERT_MIXED';
        action = { type, range };
        kernel.log.push(mappedLine('mapping', name, range, vma));
        // mmap_action_prepare()
        if (type === 'MMAP_REMAP_PFN') remapPfnRangePrepare(desc, physPfn(range.address, pageSize), kernel);
        else desc.vmFlags |= VM_MIXEDMAP;
      }
      desc.mmapContext = action;
      return null;
    },
    // mmap_action_complete()
    complete(vma, context, mm) {
      const action = context as MmapAction;
      const { pageSize } = mm.kernel.cpu;
      if (action.type === 'MMAP_NOTHING') return null;
      const { type, range } = action;
      if (type === 'MMAP_INSERT_MIXED') return insertPages(mm, vma, range, physPfn);
      return remapPfnRangeComplete(mm, vma, vma.start, physPfn(range.address, pageSize), range.pages * pageSize);
    },
  };
}

/** The series' second version. */
export const patchV2: KernelModel = {
  name: 'patch-v2',
  aliases: [],
  title: 'the two-phase patch, version 2, as posted on 2025-09-10; never merged (version 3 dropped cramfs)',
  release: [6, 17],
  releases: 'none',
  differences: 'maps the same; the log says "mapping" where it said "mapped", before the pages are there',
  vmPat: false,
  ignoresBssFault: false,
  hasBlockDevices: true,
  hooks,
};
