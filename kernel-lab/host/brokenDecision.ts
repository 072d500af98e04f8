/**
 * A decision made of the driver's parts, some of them replaced: the kernel's tests in their order, each of which a broken
 * rule can put something else in the place of.
 */
import {
  type BlockRange,
  lastPageIsShared,
  addressOf,
  bailoutLine,
  type Decision,
  type DecisionRequest,
  findRun,
  sharedTailLine,
  filePages,
  type KernelInode,
  physPfn,
  type CramfsFile,
  onePhase,
  type MountedCramfs,
  type MmapHooks,
  vmaPages,
  VM_WRITE,
} from '../../lib/kernel.ts';

/** What the tests ask about a file. */
export interface DecisionParts {
  /** How many of the vma's pages are looked at, of so many up to the end of the file. */
  readonly clampToFile: (pages: number, pagesToEnd: number) => number;
  /** The run of direct blocks at a page, or null. */
  readonly findRun: (
    fs: MountedCramfs,
    inode: KernelInode,
    pgoff: number,
    limit: number,
    log: string[],
  ) => BlockRange | null;
  /** Whether a page table entry can point to data at a physical address. */
  readonly isAligned: (address: number, fs: MountedCramfs) => boolean;
  /** Whether the file's last page has other data past the end of the file. */
  readonly lastPageIsShared: (fs: MountedCramfs, inode: KernelInode) => boolean;
}

/** Those of Linux. */
const LINUX_PARTS: DecisionParts = {
  clampToFile: Math.min,
  findRun,
  isAligned: (address, { cpu }) => address % cpu.pageSize === 0,
  lastPageIsShared,
};

/** The hooks of a mainline kernel that decides by other parts. */
export const deciding =
  (changed: Partial<DecisionParts>) =>
  (file: CramfsFile): MmapHooks => ({
    ...onePhase(file, physPfn),
    prepare(desc, kernel) {
      const { name, observe } = file;
      const pages = vmaPages(desc, kernel.cpu.pageSize);
      const request = { name, pgoff: desc.pgoff, pages, vmFlags: desc.vmFlags };
      const decision = decideBy({ ...LINUX_PARTS, ...changed }, file, request, kernel.log);
      if ('bailout' in decision) kernel.log.push(bailoutLine(request, decision.bailout));
      observe?.(decision);
      desc.mmapContext = 'range' in decision ? decision.range : null;
      return null;
    },
  });

function decideBy(parts: DecisionParts, { fs, inode }: CramfsFile, request: DecisionRequest, log: string[]): Decision {
  const { pgoff } = request;
  if ((request.vmFlags & VM_WRITE) !== 0) return { bailout: 'vma is writable' };
  const maxPages = filePages(fs, inode);
  if (pgoff >= maxPages) return { bailout: 'beyond file limit' };
  const blocks = parts.findRun(fs, inode, pgoff, parts.clampToFile(request.pages, maxPages - pgoff), log);
  if (blocks === null) return { bailout: 'unsuitable block layout' };
  const address = addressOf(fs, blocks.offset);
  if (!parts.isAligned(address, fs)) return { bailout: 'data is not page aligned', address };
  let { pages } = blocks;
  if (pgoff + pages === maxPages && parts.lastPageIsShared(fs, inode)) {
    log.push(sharedTailLine(request));
    pages--;
  }
  return pages === 0 ? { bailout: 'no suitable block remaining' } : { range: { pgoff, pages, address } };
}
