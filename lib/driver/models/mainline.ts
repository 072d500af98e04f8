/**
 * Mainline Linux: cramfs_physmem_mmap(), one hook that decides and maps.
 *
 * The hook is written here in two halves, so that every model has the same shape: prepare decides on the description,
 * complete maps into the vma. Nothing can be observed between them, so the factoring changes nothing.
 */
import type { MmStruct } from '../../mm/fileOperations.ts';
import type { Errno } from '../../mm/errno.ts';
import type { MmapHooks } from '../../mm/fileOperations.ts';
import { remapPfnRange } from '../../mm/remap.ts';
import { vmaPages, type Vma } from '../../mm/vma.ts';
import { VM_MIXEDMAP } from '../../mm/vmFlags.ts';
import { decide, type DirectRange, mappedLine } from '../decision.ts';
import { insertPages, type MixedPfn, physPfn } from './insertPages.ts';
import type { CramfsFile, KernelModel } from './kernelModel.ts';

/** What prepare hands to complete: the range to map, or null for a mapping that stays with the page cache. */
type Context = DirectRange | null;

/** Maps the range into the vma: all of it as page frames, or a prefix as a mixed map. */
function populate(vma: Vma, range: DirectRange, mm: MmStruct, mixedPfn: MixedPfn): Errno | null {
  const { pageSize } = mm.kernel.cpu;
  if (range.pages === vmaPages(vma, pageSize)) {
    return remapPfnRange(mm, vma, vma.start, physPfn(range.address, pageSize), range.pages * pageSize);
  }
  vma.vmFlags |= VM_MIXEDMAP;
  return insertPages(mm, vma, range, mixedPfn);
}

/** The hooks of cramfs_physmem_mmap() with what a kernel hands to vmf_insert_mixed(). What prepare hands to complete is the range, or null. */
export function onePhase({ fs, inode, name, observe }: CramfsFile, mixedPfn: MixedPfn): MmapHooks {
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
      const errno = populate(vma, range, mm, mixedPfn);
      if (errno === null) {
        const pages = vmaPages(vma, mm.kernel.cpu.pageSize);
        mm.kernel.log.push(mappedLine('mapped', name, range, { pages, start: vma.start, pageProt: vma.pageProt }));
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
  release: [7, 3],
  releases: '6.17.3 and later of 6.17, and 6.18 to 7.3',
  differences: 'the default; the other rows say how they differ from it',
  evidence: { run: ['7.3 on x86-64, arm64, riscv64'], notRun: '6.17.3 to 7.2: read' },
  vmPat: false,
  verifiesFileType: true,
  ignoresBssFault: false,
  hasBlockDevices: true,
  hooks: (file) => onePhase(file, physPfn),
};

/** Linux 4.15 to 6.16. */
export const linux415: KernelModel = {
  name: 'linux-4.15',
  aliases: ['linux-6.12', 'linux-6.16'],
  title: 'mainline Linux since it has direct mapping',
  release: [6, 16],
  releases: '4.15 to 6.16',
  differences:
    'maps the same; on x86 VmFlags shows "ar" for mappings of page frames (run: 6.1, 6.12; most likely up to 6.15)',
  evidence: {
    run: ['6.12 on x86-64, riscv64, riscv64-sv48, riscv64-sv39, riscv32'],
    notRun: '4.15 to 6.11, and 6.13 to 6.16: read',
  },
  vmPat: true,
  mincoreSeesPageFrames: false,
  verifiesFileType: false,
  ignoresBssFault: false,
  hasBlockDevices: true,
  hooks: (file) => onePhase(file, physPfn),
};

/** Linux 6.1 as its last releases are. */
export const linux61: KernelModel = {
  ...linux415,
  name: 'linux-6.1',
  aliases: [],
  title: 'Linux 6.1 with what was brought back to it',
  release: [6, 1],
  releases: '6.1.192 (the newest of 6.1 that was run)',
  differences: 'as linux-4.15; a program whose file ends before its data still starts',
  evidence: { run: ['6.1 on x86-64, i386, arm, arm-lpae, arm64, riscv64, mips'], notRun: '6.1 before 6.1.176: read' },
  verifiesFileType: true,
  ignoresBssFault: true,
  interpreterByElfMap: true,
};

/** Linux 6.17 up to 6.17.2: the mixed map hands over the address where a page frame number is wanted. */
export const linux617: KernelModel = {
  name: 'linux-6.17',
  aliases: [],
  title: 'mainline Linux with a regression (commit 21aa65bf82a7, repaired by 20a8e0454d83)',
  release: [6, 17],
  releases: '6.17-rc to 6.17.2',
  differences: 'vmf_insert_mixed() gets the physical address as PFN: each direct page of a mixed map points elsewhere',
  evidence: { run: ['6.1 and 7.3 with that line, on x86-64'], notRun: '6.17 to 6.17.2 themselves: read' },
  vmPat: false,
  verifiesFileType: false,
  ignoresBssFault: false,
  hasBlockDevices: true,
  hooks: (file) => onePhase(file, (address) => address),
};
