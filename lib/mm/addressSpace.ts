/**
 * The address space of a process: mmap(), and the page faults that follow (mm/mmap.c, mm/memory.c, mm/filemap.c).
 */
import { roundUp } from '../base/pages.ts';
import { anonymousMemory, ZeroFolio } from './anonymousMemory.ts';
import { isReadable, unsignedLong, unsignedLongs } from './cpu.ts';
import type { Errno } from './errno.ts';
import type { MmStruct, OpenFile, PageView, Touch } from './fileOperations.ts';
import { type Kernel, KernelBug } from './kernel.ts';
import { findMerger } from './merge.ts';
import { setDirectPte } from './setPte.ts';
import { fork } from './operations/fork.ts';
import { madviseDontneed } from './operations/madvise.ts';
import { mlock } from './operations/mlock.ts';
import { mprotect, mprotectRange, type Protection } from './operations/mprotect.ts';
import { mremap, mremapRange } from './operations/mremap.ts';
import { munmapRange } from './operations/munmap.ts';
import { writePage } from './operations/write.ts';
import { PageCache } from './pageCache.ts';
import { type Folio, PageTable, type PteRun } from './pageTable.ts';
import { type Vma, type VmAreaDesc, vmaPages } from './vma.ts';
import {
  VM_ACCOUNT,
  VM_EXEC,
  VM_IO,
  VM_LOCKED,
  VM_MAYEXEC,
  VM_MAYREAD,
  VM_MAYSHARE,
  VM_MAYWRITE,
  VM_PFNMAP,
  VM_READ,
  VM_SHARED,
  VM_SOFTDIRTY,
  VM_SPECIAL,
  VM_WRITE,
} from './vmFlags.ts';

export type { PageView, Touch } from './fileOperations.ts';

/** The arguments of mmap(). */
export interface MmapRequest {
  /** Bytes. */
  readonly length: number;
  /** Byte offset in the file. */
  readonly offset: number;
  readonly read: boolean;
  readonly write: boolean;
  readonly exec: boolean;
  /** MAP_SHARED; else MAP_PRIVATE. */
  readonly shared: boolean;
  /** MAP_POPULATE. */
  readonly populate?: boolean;
  /** MAP_LOCKED. */
  readonly locked?: boolean;
  /** Virtual address to map at, page aligned. Default: the kernel's choice. */
  readonly address?: number | undefined;
  /** MAP_FIXED: what is mapped in the range already is unmapped first. */
  readonly fixed?: boolean;
  /** Whether the page right behind the mapping is memory in use: top-down, it is what was mapped before. */
  readonly neighbour?: boolean;
}

/** How an mmap() ended. */
export type MmapResult =
  | {
      readonly vma: Vma;
      /** MAP_POPULATE or MAP_LOCKED met a page whose read fails: the real call never returns. */
      readonly hangs: boolean;
    }
  | { readonly errno: Errno }
  /** The kernel died: which BUG_ON or oops it was. */
  | { readonly bug: string };

/** How an mprotect() ended: null, what it failed with, or how the kernel died. */
export type MprotectResult = Errno | { readonly bug: string } | null;

/** What a call gives, or how the kernel died in it. */
function orBug<T>(call: () => T): T | { readonly bug: string } {
  try {
    return call();
  } catch (error) {
    if (error instanceof KernelBug) return { bug: error.message };
    throw error;
  }
}

/** Where file offsets end on 64-bit kernels: file_mmap_ok() of regular files. On 32-bit ones page numbers end first. */
const MAX_LFS_FILESIZE = 2 ** 63;

/**
 * File offsets that a program on a 32-bit kernel can ask for: mmap2() takes a 32-bit number of 4096-byte units. glibc and
 * musl refuse any other with EINVAL and do not call the kernel. A length is a 32-bit `size_t` there: its upper bits are lost
 * before the call.
 */
const MMAP2_OFFSETS = 2 ** 44;

/** A process's address space. The file descriptors it maps were opened read-only. */
export class AddressSpace implements MmStruct {
  readonly kernel: Kernel;
  readonly pageTable = new PageTable();
  /** Lowest address first. */
  readonly #vmas: Vma[] = [];
  readonly pageCache: PageCache;
  /** The file of its anonymous mappings; made at the first. */
  #anonymous: OpenFile | null = null;

  /** @param pageCache that of the other processes; without it, the process is the only one */
  constructor(kernel: Kernel, pageCache = new PageCache(kernel)) {
    this.kernel = kernel;
    this.pageCache = pageCache;
  }

  /** The mappings, lowest address first. */
  get vmas(): Vma[] {
    return this.#vmas.slice();
  }

  /** The mapping at an address (vma_lookup()). */
  vmaAt(address: number): Vma | undefined {
    return this.#vmas.find((vma) => vma.start <= address && address < vma.end);
  }

  #insert(vma: Vma): void {
    const before = this.#vmas.findLastIndex(({ start }) => start <= vma.start);
    this.#vmas.splice(before + 1, 0, vma);
  }

  /**
   * mmap() of a file: the checks of ksys_mmap_pgoff() and do_mmap(), then the file's own prepare and complete, then what
   * MAP_LOCKED and MAP_POPULATE ask for.
   */
  mmap(file: OpenFile, request: MmapRequest): MmapResult {
    const desc = this.#describe(file, request);
    if (typeof desc === 'string') return { errno: desc };
    const hooks = file.operations.mmap;
    if (hooks === null) return { errno: 'ENODEV' };
    if (request.fixed === true) this.munmap(desc.start, desc.end - desc.start);
    if (request.neighbour === true) this.#occupy(desc.end);
    if ((desc.vmFlags & VM_ACCOUNT) !== 0 && !this.#enoughMemory(desc.end - desc.start)) return { errno: 'ENOMEM' };
    const vma = this.#place(desc, hooks);
    if ('errno' in vma || 'bug' in vma) return vma;
    const hangs = (request.populate === true || request.locked === true) && this.#populate(vma);
    return { vma, hangs };
  }

  /** __vm_enough_memory(), the heuristic: no single request for more than all the RAM there can be. */
  #enoughMemory(bytes: number): boolean {
    return bytes <= 2 ** this.kernel.memory.physBits;
  }

  /** Puts a page of anonymous memory at an address, unless something is there already. */
  #occupy(address: number): void {
    const { pageSize } = this.kernel.cpu;
    const vpn = address / pageSize;
    if (!this.pageTable.isNone(vpn)) return;
    this.pageTable.setFolio(vpn, new ZeroFolio(pageSize));
  }

  /** mmap() of anonymous private memory. */
  mmapAnonymous(request: Omit<MmapRequest, 'offset' | 'shared'> & { readonly address: number }): MmapResult {
    this.#anonymous ??= anonymousMemory(this.kernel.cpu.pageSize);
    return this.mmap(this.#anonymous, { ...request, offset: request.address, shared: false });
  }

  /** Enlarges the mappings beside the one to be so that they take it in; null where that cannot be. */
  #expand(desc: VmAreaDesc): Vma | null {
    const merger = findMerger(this.#vmas, desc, this.kernel.cpu.pageSize);
    if (merger === null) return null;
    const { replaced, merged } = merger;
    for (const vma of replaced) this.replace(vma, []);
    this.#insert(merged);
    return merged;
  }

  #place(
    desc: VmAreaDesc,
    hooks: NonNullable<OpenFile['operations']['mmap']>,
  ): Vma | { errno: Errno } | { bug: string } {
    try {
      const preparesFirst = hooks.preparesFirst === true && this.kernel.extendsFirst !== true;
      const expanded = preparesFirst ? null : this.#expand(desc);
      if (expanded !== null) return expanded;
      const refused = hooks.prepare(desc, this.kernel);
      if (refused !== null) return { errno: refused };
      const merged = preparesFirst ? this.#expand(desc) : null;
      if (merged !== null) return merged;
      const { start, end, pgoff, vmFlags, pageProt, file } = desc;
      const vma: Vma = { start, end, pgoff, vmFlags, pageProt, file };
      this.#insert(vma);
      const failed = hooks.complete(vma, desc.mmapContext, this);
      if (failed !== null) {
        this.munmap(vma.start, vma.end - vma.start);
        return { errno: failed };
      }
      // mmap_region(): special mappings are never locked.
      if ((vma.vmFlags & VM_SPECIAL) !== 0) vma.vmFlags &= ~VM_LOCKED;
      return vma;
    } catch (error) {
      if (error instanceof KernelBug) return { bug: error.message };
      throw error;
    }
  }

  /** do_mmap() up to the call of the file system, in its order of checks. */
  #describe(file: OpenFile, request: MmapRequest): VmAreaDesc | Errno {
    const { cpu } = this.kernel;
    const { offset, read, write, exec, shared } = request;
    const words = unsignedLongs(cpu);
    const bytes = unsignedLong(cpu, request.length);
    if (!(bytes > 0) || offset % cpu.pageSize !== 0) return 'EINVAL';
    if (cpu.wordBits === 32 && offset >= MMAP2_OFFSETS) return 'EINVAL';
    const length = roundUp(bytes, cpu.pageSize);
    // PAGE_ALIGN() may wrap to 0.
    if (length >= words) return 'ENOMEM';
    if ((offset + length) / cpu.pageSize >= words) return 'EOVERFLOW';
    if (length > cpu.taskSize) return 'ENOMEM';
    const start = request.address ?? this.unmappedArea(length);
    if (start % cpu.pageSize !== 0) return 'EINVAL';
    if (start < (request.address === undefined ? cpu.mmapFloor : 0) || start + length > cpu.taskSize) return 'ENOMEM';
    // file_mmap_ok(): a directory, which has no mmap operation, is refused later unless its offset is past all pages.
    const maxSize = file.operations.mmap === null ? words : MAX_LFS_FILESIZE;
    if (offset < 0 || offset + length >= maxSize) return 'EOVERFLOW';
    if (shared && write) return 'EACCES';
    let vmFlags = VM_MAYREAD | VM_MAYEXEC | (read || (write && cpu.writeImpliesRead) ? VM_READ : 0);
    vmFlags |= (write ? VM_WRITE : 0) | (exec ? VM_EXEC : 0);
    // The file is open read-only: a shared mapping loses VM_SHARED and VM_MAYWRITE again.
    vmFlags |= shared ? VM_MAYSHARE : VM_MAYWRITE;
    if (request.locked === true) vmFlags |= VM_LOCKED;
    const pageProt = cpu.pageProt(vmFlags);
    // accountable_mapping(): private and writable.
    if ((vmFlags & (VM_SHARED | VM_WRITE)) === VM_WRITE) vmFlags |= VM_ACCOUNT;
    if (cpu.softDirty) vmFlags |= VM_SOFTDIRTY;
    return {
      start,
      end: start + length,
      pgoff: offset / cpu.pageSize,
      vmFlags,
      pageProt,
      file,
      mmapContext: undefined,
    };
  }

  /** Top-down search for a free range, as arch_get_unmapped_area_topdown() does without randomisation. */
  unmappedArea(length: number): number {
    let end = this.kernel.cpu.mmapBase;
    for (let index = this.#vmas.length - 1; index >= 0; index--) {
      const vma = this.#vmas[index];
      if (vma === undefined || vma.end <= end - length) break;
      if (vma.start < end) end = vma.start;
    }
    return end - length;
  }

  /** Direct entries behind the end of a mapping: pages are counted from there. No mapping should have any. */
  entriesBehind(vma: Vma): PteRun[] {
    const end = vma.end / this.kernel.cpu.pageSize;
    const last = this.pageTable.presentPages().pop() ?? 0;
    return last < end ? [] : this.pageTable.directRuns(end, last - end + 1);
  }

  /** Puts pieces in the place of a mapping; null pieces are left out. */
  replace(vma: Vma, pieces: readonly (Vma | null)[]): void {
    const index = this.#vmas.indexOf(vma);
    if (index < 0) return;
    this.#vmas.splice(index, 1);
    for (const piece of pieces) if (piece !== null) this.#insert(piece);
  }

  /** A second address space with the same mappings and entries; private copies are copied again. */
  copy(): AddressSpace {
    const child = new AddressSpace(this.kernel, this.pageCache);
    for (const vma of this.#vmas) child.#vmas.push({ ...vma });
    for (const vpn of this.pageTable.presentPages()) {
      const pte = this.pageTable.get(vpn);
      if (pte?.kind === 'direct') {
        const address = vpn * this.kernel.cpu.pageSize;
        const vma = this.vmaAt(address);
        setDirectPte(this.kernel, child.pageTable, vpn, pte.pfn, vma?.vmFlags ?? 0);
      }
      if (pte?.kind !== 'folio') continue;
      const { bytes, anonymous } = pte.folio;
      child.pageTable.setFolio(vpn, { bytes: anonymous ? bytes.slice() : bytes, anonymous });
    }
    return child;
  }

  /**
   * __mm_populate(): faults in the pages up to the first that cannot be. A page whose read fails is retried for ever.
   *
   * @returns whether the call hangs in such a page
   */
  #populate(vma: Vma): boolean {
    if ((vma.vmFlags & (VM_IO | VM_PFNMAP)) !== 0) return false;
    const { pageSize } = this.kernel.cpu;
    if ((vma.vmFlags & (VM_READ | VM_WRITE | VM_EXEC)) === 0) return false;
    for (let page = 0; page < vmaPages(vma, pageSize); page++) {
      const fault = this.#fault(vma, vma.start / pageSize + page);
      if (fault === 'read-error') return true;
      if (fault !== 'ok') return false;
    }
    return false;
  }

  /** Handles a page fault: filemap_fault() for a page that has no entry yet. */
  #fault(vma: Vma, vpn: number): 'ok' | 'behind-end' | 'read-error' {
    if (!this.pageTable.isNone(vpn)) return 'ok';
    const { pageSize } = this.kernel.cpu;
    if (vma.file.operations.mmap?.zeroFills === true && (vma.vmFlags & VM_PFNMAP) !== 0) {
      this.pageTable.setFolio(vpn, new ZeroFolio(pageSize));
      return 'ok';
    }
    const index = vma.pgoff + vpn - vma.start / pageSize;
    if (index >= Math.ceil(vma.file.size / pageSize)) return 'behind-end';
    const read = this.pageCache.read(vma.file, index);
    if ('error' in read) return 'read-error';
    this.pageTable.setFolio(vpn, { bytes: read.bytes, anonymous: false } satisfies Folio);
    return 'ok';
  }

  /**
   * What a read of one page of a mapping gives the process: it faults the page in where that is needed, and reads
   * through the page table.
   *
   * @param page page of the vma, from 0
   * @throws CramfsError IO when the image's source fails
   */
  readPage(vma: Vma, page: number): PageView {
    const { cpu } = this.kernel;
    if (isReadable(cpu, vma.vmFlags)) return this.#view(vma, page);
    return { touch: this.#isCorrupt(vma, vma.start / cpu.pageSize + page) ? 'killed' : 'SIGSEGV' };
  }

  /** What the fetch of an instruction from one page of an executable mapping gives. */
  fetchPage(vma: Vma, page: number): PageView {
    return this.#view(vma, page);
  }

  #view(vma: Vma, page: number): PageView {
    const { cpu, memory } = this.kernel;
    const vpn = vma.start / cpu.pageSize + page;
    if (this.#fault(vma, vpn) !== 'ok') return { touch: 'SIGBUS' };
    const pte = this.pageTable.get(vpn);
    if (pte === null) return { touch: 'SIGBUS' };
    if (pte.kind === 'folio') return { touch: 'ok', bytes: pte.folio.bytes };
    if (cpu.absentMemory !== 'zeros' && memory.placeOf(pte.pfn * cpu.pageSize).kind === 'nothing') {
      return { touch: cpu.absentMemory };
    }
    const frame = memory.frame(pte.pfn, cpu.pageSize);
    if (frame === 'unaddressable') return { touch: 'killed' };
    return { touch: 'ok', bytes: frame === 'foreign' ? null : frame };
  }

  /**
   * Whether a touch meets a present entry with more address bits than the CPU has. The CPU finds that out before it looks
   * at protection keys; with PROT_NONE no entry is present.
   */
  #isCorrupt(vma: Vma, vpn: number): boolean {
    const { cpu, memory } = this.kernel;
    if ((vma.vmFlags & (VM_READ | VM_WRITE | VM_EXEC)) === 0) return false;
    const pte = this.pageTable.get(vpn);
    return pte?.kind === 'direct' && memory.frame(pte.pfn, cpu.pageSize) === 'unaddressable';
  }

  /** A write into one page of a mapping; see `writePage`. */
  write(vma: Vma, page: number, at: number, bytes: Uint8Array): Touch {
    return writePage(this, vma, page, at, bytes);
  }

  /** munmap() of a range, a part of a mapping perhaps; see `munmapRange`. */
  munmap(address: number, length: number): Errno | null {
    return munmapRange(this, address, length);
  }

  /** mprotect() of a mapping; see {@link mprotect}. */
  mprotect(vma: Vma, protection: Protection): MprotectResult {
    return orBug(() => mprotect(this, vma, protection));
  }

  /** mprotect() of a range, a part of mappings perhaps; see {@link mprotectRange}. */
  mprotectRange(address: number, length: number, protection: Protection): MprotectResult {
    return orBug(() => mprotectRange(this, address, length, protection));
  }

  /** madvise(MADV_DONTNEED) of a range; see {@link madviseDontneed}. */
  madviseDontneed(address: number, length: number): Errno | null {
    return madviseDontneed(this, address, length);
  }

  /** mremap(MREMAP_MAYMOVE) of a range; see {@link mremapRange}. */
  mremapRange(address: number, oldLength: number, length: number): Vma | { readonly errno: Errno } {
    return mremapRange(this, address, oldLength, length);
  }

  /** mremap(MREMAP_MAYMOVE) of a mapping; see {@link mremap}. */
  mremap(vma: Vma, length: number): Vma | { readonly errno: Errno } {
    return mremap(this, vma, length);
  }

  /** mlock() of a range; see {@link mlock}. */
  mlock(address: number, length: number): Errno | null {
    return mlock(this, address, length);
  }

  /** fork(): the child's address space; see {@link fork}. */
  fork(): AddressSpace | { readonly errno: Errno } {
    return fork<AddressSpace>(this);
  }
}
