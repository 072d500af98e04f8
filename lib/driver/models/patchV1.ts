/**
 * "mm: update cramfs to use mmap_prepare, mmap_complete": series v1, 13/16, posted 2025-09-08, never merged.
 *
 * Once as posted, statement by statement, so that whatever goes wrong is an answer of the primitives; and once with the
 * state threaded from prepare to complete as its author meant it.
 */
import type { MmStruct } from '../../mm/fileOperations.ts';
import type { MmapHooks } from '../../mm/fileOperations.ts';
import { remapPfnRangeComplete, remapPfnRangePrepare } from '../../mm/remap.ts';
import { type Vma, vmaPages } from '../../mm/vma.ts';
import { VM_MIXEDMAP } from '../../mm/vmFlags.ts';
import { getBlockRange } from '../blockRange.ts';
import { decide, type DirectRange, mappedLine } from '../decision.ts';
import { insertPages, type MixedPfn, physPfn } from './insertPages.ts';
import type { CramfsFile, KernelModel } from './kernelModel.ts';

/** What the patch threads through mmap_context. */
export type PrepopulateState = 'NO_PREPOPULATE' | 'PREPOPULATE_PFNMAP' | 'PREPOPULATE_MIXEDMAP';

function logMapped({ name }: CramfsFile, range: DirectRange, vma: Vma, mm: MmStruct): void {
  const pages = vmaPages(vma, mm.kernel.cpu.pageSize);
  mm.kernel.log.push(mappedLine('mapped', name, range, { pages, start: vma.start, pageProt: vma.pageProt }));
}

/** What C keeps of a number in an `unsigned int`. */
function unsignedInt(value: number): number {
  return value >>> 0;
}

function asPosted(file: CramfsFile, mixedPfn: MixedPfn): MmapHooks {
  const { fs, inode, name, stackInit, observe } = file;
  return {
    preparesFirst: true,
    prepare(desc, kernel) {
      // "unsigned int mapped_pages = vma_desc_pages(desc)": 16 TiB of 4 KiB pages are none.
      const mappedPages = unsignedInt(vmaPages(desc, kernel.cpu.pageSize));
      const request = { name, pgoff: desc.pgoff, pages: mappedPages, vmFlags: desc.vmFlags };
      const decision = decide(fs, inode, request, kernel.log);
      observe?.(decision);
      let state: PrepopulateState = 'NO_PREPOPULATE';
      if ('range' in decision) {
        state = decision.range.pages === mappedPages ? 'PREPOPULATE_PFNMAP' : 'PREPOPULATE_MIXEDMAP';
        // "No CoW allowed so no PFN needed": but each private mapping is a COW mapping, writable or not.
        if (state === 'PREPOPULATE_PFNMAP') remapPfnRangePrepare(desc, 0, kernel);
        else desc.vmFlags |= VM_MIXEDMAP;
      }
      desc.mmapContext = state;
      return null;
    },
    complete(vma, context, mm) {
      const state = context as PrepopulateState;
      if (state === 'NO_PREPOPULATE') return null;
      const { kernel } = mm;
      const { pageSize } = kernel.cpu;
      const pgoff = vma.pgoff;
      // The page count goes in as the limit of the walk, and nobody has set it.
      const { offset, pages } = getBlockRange(fs, inode, pgoff, stackInit, kernel.log);
      const range: DirectRange = { pgoff, pages, address: fs.memory.base + offset };
      const errno =
        state === 'PREPOPULATE_PFNMAP'
          ? remapPfnRangeComplete(mm, vma, vma.start, Math.floor(range.address / pageSize), pages * pageSize)
          : insertPages(mm, vma, range, mixedPfn);
      if (errno === null) logMapped(file, range, vma, mm);
      return errno;
    },
  };
}

/** The state that the author meant to thread: what prepare decided, range included. */
type Intended = { readonly state: PrepopulateState; readonly range: DirectRange } | null;

function asIntended(file: CramfsFile): MmapHooks {
  const { fs, inode, name, observe } = file;
  return {
    preparesFirst: true,
    prepare(desc, kernel) {
      const { pageSize } = kernel.cpu;
      const pages = vmaPages(desc, pageSize);
      const decision = decide(fs, inode, { name, pgoff: desc.pgoff, pages, vmFlags: desc.vmFlags }, kernel.log);
      observe?.(decision);
      let context: Intended = null;
      if ('range' in decision) {
        const { range } = decision;
        context = { state: range.pages === pages ? 'PREPOPULATE_PFNMAP' : 'PREPOPULATE_MIXEDMAP', range };
        if (range.pages === pages) remapPfnRangePrepare(desc, physPfn(range.address, pageSize), kernel);
        else desc.vmFlags |= VM_MIXEDMAP;
      }
      desc.mmapContext = context;
      return null;
    },
    complete(vma, context, mm) {
      const intended = context as Intended;
      if (intended === null) return null;
      const { state, range } = intended;
      const { pageSize } = mm.kernel.cpu;
      const errno =
        state === 'PREPOPULATE_PFNMAP'
          ? remapPfnRangeComplete(mm, vma, vma.start, physPfn(range.address, pageSize), range.pages * pageSize)
          : insertPages(mm, vma, range, physPfn);
      if (errno === null) logMapped(file, range, vma, mm);
      return errno;
    },
  };
}

/** The series' first version, as posted. */
export const patchV1: KernelModel = {
  name: 'patch-v1',
  aliases: [],
  title: 'the two-phase patch, version 1, as posted on 2025-09-08; never merged',
  release: [6, 17],
  releases: 'none',
  differences:
    'pgoff of private mappings is lost, complete walks again from an uninitialised page count, the shared tail is ' +
    'forgotten, vmf_insert_mixed() gets an address as PFN, and pages are counted in 32 bits',
  evidence: { run: ['its functions in 6.1 on x86-64'], notRun: 'the kernel that it was posted for' },
  vmPat: false,
  verifiesFileType: false,
  ignoresBssFault: false,
  hasBlockDevices: true,
  hooks: (file) => asPosted(file, (address) => address),
};

/** The same with the one fault of linux-6.17 repaired, so that the others can be seen in mixed maps. */
export const patchV1PfnFixed: KernelModel = {
  ...patchV1,
  name: 'patch-v1-pfn-fixed',
  title: 'patch-v1 with only the address-for-PFN fault repaired',
  differences: 'as patch-v1, but vmf_insert_mixed() gets a PFN',
  hooks: (file) => asPosted(file, physPfn),
};

/** The patch as its author meant it. */
export const patchV1Intended: KernelModel = {
  ...patchV1,
  name: 'patch-v1-intended',
  title: 'the two-phase patch, version 1, with the state threaded as its author meant it',
  differences: 'maps the same; prepare changes the description only, complete the page table only',
  evidence: { run: [], notRun: 'everything: no one built it' },
  hooks: asIntended,
};
