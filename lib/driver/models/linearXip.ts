/**
 * Vendors' kernels with linear XIP (CONFIG_CRAMFS_LINEAR_XIP, 2000 to about 2010, Linux 2.4 and 2.6): a regular file with the
 * sticky bit has no block pointers, and its mmap hook maps page frames from the page boundary at or after its offset.
 *
 * Read in public vendor trees of 2.6.10 to 2.6.34, not run. The hook looks at the file's size and not at the offset in the
 * file, so a mapping that starts further on reaches past the file's end, into whatever follows in the image. The vma has no
 * fault handler: what the hook left out becomes anonymous zeros. Memory management is as in the newest Linux that is modelled.
 */
import { roundUp } from '../../base/pages.ts';
import type { MmapHooks } from '../../mm/fileOperations.ts';
import { remapPfnRange } from '../../mm/remap.ts';
import { vmaPages } from '../../mm/vma.ts';
import { VM_MAYWRITE, VM_SHARED, VM_WRITE } from '../../mm/vmFlags.ts';
import { addressOf, type DirectRange } from '../decision.ts';
import { isLinearXipFile, linearXipStart } from '../inode.ts';
import { physPfn } from './insertPages.ts';
import type { CramfsFile, KernelModel } from './kernelModel.ts';

/** Bytes of a directory entry that it reads at a time: an inode and 256. */
const ENTRY_READ_SIZE = 12 + 256;

/** cramfs_mmap() of such kernels. */
function hooks({ fs, inode, observe }: CramfsFile): MmapHooks {
  if (!isLinearXipFile(fs, inode)) {
    return {
      prepare() {
        observe?.({ bailout: 'unsuitable block layout' });
        return null;
      },
      complete: () => null,
    };
  }
  return {
    zeroFills: true,
    prepare(desc, { cpu }) {
      if ((desc.vmFlags & VM_WRITE) !== 0) {
        observe?.({ bailout: 'vma is writable' });
        return null;
      }
      if ((desc.vmFlags & VM_SHARED) !== 0 && (desc.vmFlags & VM_MAYWRITE) !== 0) return 'EINVAL';
      const { pageSize } = cpu;
      const length = Math.min(vmaPages(desc, pageSize) * pageSize, inode.size);
      const range: DirectRange = {
        pgoff: desc.pgoff,
        pages: roundUp(length, pageSize) / pageSize,
        address: addressOf(fs, linearXipStart(fs, inode)) + desc.pgoff * pageSize,
      };
      observe?.({ range });
      desc.mmapContext = range;
      return null;
    },
    complete(vma, context, mm) {
      const range = context as DirectRange | null | undefined;
      if (range === null || range === undefined) return null;
      const { pageSize } = mm.kernel.cpu;
      // It is no COW mapping to this kernel: such a mapping would have to be filled whole.
      vma.vmFlags &= ~VM_MAYWRITE;
      const errno = remapPfnRange(mm, vma, vma.start, physPfn(range.address, pageSize), range.pages * pageSize);
      return errno === null ? null : 'EAGAIN';
    },
  };
}

/** Linear XIP as vendors shipped it. */
export const linearXip: KernelModel = {
  name: 'linear-xip',
  aliases: [],
  title: "vendors' kernels with linear XIP (sticky bit), 2000 to 2010",
  release: [4, 15],
  releases: 'vendor trees of Linux 2.4 and 2.6',
  differences:
    'a file with the sticky bit has no block pointers and is mapped from the page boundary at or after its offset; a mapping with an offset reaches past the end of the file',
  evidence: { run: [], notRun: "everything: vendors' trees were read" },
  vmPat: false,
  verifiesFileType: false,
  ignoresBssFault: false,
  entryReadSize: ENTRY_READ_SIZE,
  hasBlockDevices: false,
  linearXip: true,
  hooks,
};
