/**
 * The running kernel that mappings are made in: its CPU, its memory, its log, and a trace of its primitives.
 */
import type { PhysicalMemory } from '../physmem/physicalMemory.ts';
import type { Cpu } from './cpu.ts';
import type { IcacheFlush } from './icache.ts';

/** One call of a memory-management primitive. */
export interface TraceEntry {
  /** The primitive, under the kernel's name. */
  readonly call: string;
  /** Page frame number handed over, in hexadecimal. */
  readonly pfn: string;
  /** User address in hexadecimal, where the primitive is told one that the page does not say. */
  readonly address?: string;
  /** Bytes to map, where the primitive takes a size. */
  readonly size?: number;
  /** Pages to map, where the primitive takes a number of them. */
  readonly pages?: number;
  /** The page of the vma, where the primitive maps a single page. */
  readonly page?: number;
  /** What came back: "0" or a negated errno ("-22"), a VM_FAULT code ("0x100"), or "BUG". */
  readonly result: string;
}

/** The environment of one emulated call. */
export interface Kernel {
  readonly cpu: Cpu;
  readonly memory: PhysicalMemory;
  /** Whether a mapping of page frames reserves its memory type (VM_PAT): x86, in older kernels. */
  readonly reservesMemoryType: boolean;
  /** Whether mincore() looks at the entries of mappings of page frames, instead of at the page cache. Default true, as in new kernels. */
  readonly mincoreSeesPageFrames?: boolean | undefined;
  /**
   * Whether a mapping extends its neighbours before the file is asked, whatever the file prefers: kernels before mmap_prepare().
   * Default false.
   */
  readonly extendsFirst?: boolean | undefined;
  /** What happens when an executable entry is set; null on CPUs where nothing does. */
  readonly icache: IcacheFlush | null;
  /** Without an MMU: private read-only mappings of files are VM_MAYOVERLAY instead of VM_MAYSHARE. Default false. */
  readonly mayOverlay?: boolean | undefined;
  /** The kernel log: complete lines, in order. */
  readonly log: string[];
  /** The trace, when one is wanted. */
  readonly trace: TraceEntry[] | null;
}

export { bugOn, KernelBug } from './kernelBug.ts';
