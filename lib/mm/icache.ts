/**
 * flush_icache_pte() of RISC-V with an MMU: what happens each time an executable entry is set.
 *
 * Called from set_pte_at() for an entry that is present and executable, it looks at the struct page of the entry's frame
 * and sets the bit PG_dcache_clean in it, without asking whether the frame has one. A frame of flash has none. Where the
 * address of the struct page is not mapped, the kernel oopses; where it is, the bit is set in memory of something else.
 */
import { hex } from '../base/hex.ts';
import type { AddressRange } from '../physmem/physicalMemory.ts';
import type { Cpu } from './cpu.ts';
import { KernelBug } from './kernelBug.ts';

/**
 * How the kernel answers: `fixed`, it tests pfn_valid() first; else it is unfixed, with a SPARSEMEM or a FLATMEM memory
 * map, or with one that is not known.
 */
export type IcacheKernel = 'fixed' | 'sparsemem' | 'flatmem' | 'unknown';

/** What became of frames without a struct page. */
export interface IcacheFault {
  /**
   * `oops`: the call never returned; `oops or bit`: it did not, or a bit was set, by the memory model; `bit`: a bit of
   * other memory was set for each page, and the call went on.
   */
  readonly outcome: 'oops' | 'oops or bit' | 'bit';
  /** The first frame. */
  readonly pfn: number;
  /** Frames for which it happened. */
  readonly pages: number;
}

/** Bytes of memory that one section of the memory map is about (SECTION_SIZE_BITS 27). */
const SECTION_BYTES = 2 ** 27;
/** The memory map is mapped in huge pages of so many bytes (vmemmap_populate_hugepages()). */
const HUGE_PAGE = 2 * 1024 * 1024;
/** sizeof(struct page) in the kernels that were run, 64 bits. */
const STRUCT_PAGE_BYTES = 56;
/** Below the memory map (VMEMMAP_START) lie 16 MiB for PCI I/O, and below those the fixmap's 4 MiB for the device tree. */
const FIXMAP_FDT = { below: 20 * 1024 * 1024, bytes: 4 * 1024 * 1024 };

/** The instruction cache flush of one kernel. It remembers what it did. */
export class IcacheFlush {
  readonly #kernel: IcacheKernel;
  readonly #cpu: Cpu;
  readonly #ram: readonly AddressRange[] | null;
  readonly #flipped = new Set<number>();
  #oops: IcacheFault | null = null;

  /** @param ram where RAM is; null where it is not known */
  constructor(kernel: IcacheKernel, cpu: Cpu, ram: readonly AddressRange[] | null) {
    this.#kernel = kernel;
    this.#cpu = cpu;
    this.#ram = ram === null || ram.length === 0 ? null : ram;
  }

  /** What went wrong so far; null where nothing did. */
  get fault(): IcacheFault | null {
    if (this.#oops !== null) return this.#oops;
    const [pfn] = this.#flipped;
    return pfn === undefined ? null : { outcome: 'bit', pfn, pages: this.#flipped.size };
  }

  /** Whether the bit of a frame was set in memory of something else. */
  hasFlipped(pfn: number): boolean {
    return this.#flipped.has(pfn);
  }

  /**
   * flush_icache_pte(), for an entry that is present and executable.
   *
   * @throws KernelBug where the struct page is not there, or may not be
   */
  flushIcachePte(pfn: number): void {
    if (this.#kernel === 'fixed' || this.pfnValid(pfn)) return;
    switch (this.#structPage(pfn)) {
      case 'mapped':
        this.#flipped.add(pfn);
        return;
      case 'not mapped':
        this.#fail('oops', pfn, 'the kernel oopses and the call never returns');
        break;
      case 'unknown':
        this.#fail(
          'oops or bit',
          pfn,
          'with SPARSEMEM the kernel oopses and the call never returns; with FLATMEM it sets a bit of other memory and goes on',
        );
    }
  }

  /** pfn_valid(): whether the frame has a struct page of its own. */
  pfnValid(pfn: number): boolean {
    const ram = this.#ram;
    if (ram === null) return false;
    const address = pfn * this.#cpu.pageSize;
    if (this.#kernel === 'flatmem') {
      const start = Math.min(...ram.map(({ base }) => base));
      const end = Math.max(...ram.map(({ base, size }) => base + size));
      return address >= start && address < end;
    }
    const section = Math.floor(address / SECTION_BYTES);
    return this.#sections().has(section);
  }

  /** The sections that have RAM. */
  #sections(): Set<number> {
    const sections = new Set<number>();
    for (const { base, size } of this.#ram ?? []) {
      const last = Math.floor((base + size - 1) / SECTION_BYTES);
      for (let section = Math.floor(base / SECTION_BYTES); section <= last; section++) sections.add(section);
    }
    return sections;
  }

  /** Whether the kernel has anything mapped at the address of a frame's struct page. */
  #structPage(pfn: number): 'mapped' | 'not mapped' | 'unknown' {
    const ram = this.#ram;
    if (this.#kernel === 'unknown') return 'unknown';
    if (this.#kernel === 'flatmem') {
      // Before RAM's first page the map's index is negative, which leads into RAM; after the last, out of it.
      const after = ram !== null && pfn * this.#cpu.pageSize >= Math.max(...ram.map(({ base, size }) => base + size));
      return after ? 'not mapped' : 'mapped';
    }
    // 32-bit kernels have no virtual memory map: the section's pointer is null, and so user space is accessed.
    if (ram === null || this.#cpu.wordBits === 32) return 'not mapped';
    const start = Math.floor(Math.min(...ram.map(({ base }) => base)) / SECTION_BYTES);
    const pagesOfSection = SECTION_BYTES / this.#cpu.pageSize;
    const at = (pfn - start * pagesOfSection) * STRUCT_PAGE_BYTES;
    if (at < 0) return at >= -FIXMAP_FDT.below && at < FIXMAP_FDT.bytes - FIXMAP_FDT.below ? 'mapped' : 'not mapped';
    for (const section of this.#sections()) {
      const from = (section - start) * pagesOfSection * STRUCT_PAGE_BYTES;
      const to = from + pagesOfSection * STRUCT_PAGE_BYTES;
      const huge = (offset: number): number => Math.floor(offset / HUGE_PAGE);
      if (huge(at) >= huge(from) && huge(at) <= huge(to - 1)) return 'mapped';
    }
    return 'not mapped';
  }

  #fail(outcome: IcacheFault['outcome'], pfn: number, what: string): never {
    this.#oops = { outcome, pfn, pages: 1 };
    throw new KernelBug(`flush_icache_pte() takes frame ${hex(pfn)} to have a struct page, and it has none: ${what}`);
  }
}
