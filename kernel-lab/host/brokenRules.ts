/**
 * Kernel models with one rule broken: what a comparison with real kernels must find.
 */
import {
  getBlockRange,
  findRun,
  dereference,
  type MountedCramfs,
  physPfn,
  type CramfsFile,
  type KernelModel,
  onePhase,
  type MmapHooks,
  VM_WRITE,
} from '../../lib/kernel.ts';
import {
  CRAMFS_BLK_DIRECT_PTR_SHIFT,
  CRAMFS_BLK_FLAG_DIRECT_PTR,
  CRAMFS_BLK_FLAG_UNCOMPRESSED,
  CRAMFS_BLK_VALUE,
  INODE_SIZE,
} from '../../lib/format.ts';
import { deciding } from './brokenDecision.ts';

/** A rule, and the hooks of a kernel that has it wrong. */
export interface BrokenRule {
  readonly name: string;
  /** What the kernel does, and what this one does in its place. */
  readonly title: string;
  readonly hooks?: (file: CramfsFile) => MmapHooks;
  /** What else of the model is wrong. */
  readonly model?: Partial<KernelModel>;
}

const BOTH_FLAGS = (CRAMFS_BLK_FLAG_DIRECT_PTR | CRAMFS_BLK_FLAG_UNCOMPRESSED) >>> 0;
const isDirect = (pointer: number): boolean => (pointer & BOTH_FLAGS) >>> 0 === BOTH_FLAGS;

/** The offset that a pointer tells, where it is one of an uncompressed direct block. */
function directOffset(fs: MountedCramfs, at: number): number | null {
  const pointer = dereference(fs, at);
  return isDirect(pointer) ? ((pointer & CRAMFS_BLK_VALUE) << CRAMFS_BLK_DIRECT_PTR_SHIFT) >>> 0 : null;
}

/** The rules that can be broken. */
export const BROKEN_RULES: readonly BrokenRule[] = [
  {
    name: 'alignment',
    title: 'the physical address must be page aligned; here the offset in the image',
    hooks: deciding({ isAligned: (address, { memory, cpu }) => (address - memory.base) % cpu.pageSize === 0 }),
  },
  {
    name: 'tail test',
    title: 'a last page with data past end of file is not mapped; here it is',
    hooks: deciding({ lastPageIsShared: () => false }),
  },
  {
    name: 'run break',
    title: 'blocks must follow each other; here it is enough that they are direct',
    hooks: deciding({
      findRun: (fs, inode, pgoff, limit, log) => {
        const first = findRun(fs, inode, pgoff, limit, log);
        if (first === null) return null;
        let { pages } = first;
        while (pages < limit && directOffset(fs, inode.ino + (pgoff + pages) * 4) !== null) {
          log.pop(); // the walk's line about the break
          pages += getBlockRange(fs, inode, pgoff + pages, limit - pages, log).pages;
        }
        return { offset: first.offset, pages };
      },
    }),
  },
  {
    name: 'COW offset',
    title: 'a private mapping of page frames shows its physical address in maps; here its file offset',
    hooks(file) {
      const hooks = onePhase(file, physPfn);
      return {
        ...hooks,
        complete(vma, context, mm) {
          const { pgoff } = vma;
          const errno = hooks.complete(vma, context, mm);
          vma.pgoff = pgoff;
          return errno;
        },
      };
    },
  },
  {
    name: 'EOF clamp',
    title: 'the walk over the block pointers ends with the file; here with the vma',
    hooks: deciding({ clampToFile: (pages) => pages }),
  },
  {
    name: 'zero offset',
    title: 'a run at image offset 0 counts as none; here it is mapped',
    hooks: deciding({
      findRun: (fs, inode, pgoff, limit, log) => {
        const blocks = getBlockRange(fs, inode, pgoff, limit, log);
        return blocks.offset !== 0 || directOffset(fs, inode.ino + pgoff * 4) === 0 ? blocks : null;
      },
    }),
  },
  {
    name: 'write test',
    title: 'a writable mapping stays with the page cache; here it does not',
    hooks(file) {
      const hooks = onePhase(file, physPfn);
      return {
        ...hooks,
        prepare(desc, kernel) {
          const readOnly = { ...desc, vmFlags: desc.vmFlags & ~VM_WRITE };
          const errno = hooks.prepare(readOnly, kernel);
          desc.mmapContext = readOnly.mmapContext;
          return errno;
        },
      };
    },
  },
];

/** A rule of the path walk, which shows in images with oddities alone. */
export const ENTRY_LIMIT: BrokenRule = {
  name: 'entry limit',
  title: 'the 264 bytes that are read for a directory entry must lie in the file system; here its first 12',
  model: { entryReadSize: INODE_SIZE },
};

/** The rules that a run with oddities, which is the default, is tried with. */
export const ALL_BROKEN_RULES: readonly BrokenRule[] = [...BROKEN_RULES, ENTRY_LIMIT];

/** The model with a rule broken. */
export function withBrokenRule(model: KernelModel, rule: BrokenRule): KernelModel {
  const hooks = rule.hooks === undefined ? {} : { hooks: rule.hooks };
  return { ...model, name: `${model.name}, broken: ${rule.name}`, ...hooks, ...rule.model };
}
