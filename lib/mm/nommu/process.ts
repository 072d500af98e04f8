/**
 * A process on a machine without an MMU: mmap(), munmap(), mremap(), mprotect() and exit (mm/nommu.c).
 */
import { roundUp } from '../../base/pages.ts';
import type { Errno } from '../errno.ts';
import { KernelBug } from '../kernel.ts';
import { VM_MAPPED_COPY, VM_MAYEXEC, VM_MAYREAD, VM_MAYWRITE, isNommuShared } from '../vmFlags.ts';
import { NOMMU_MAP_COPY, NOMMU_MAP_DIRECT } from './capabilities.ts';
import { readIntoCopy } from './copy.ts';
import type { NommuMachine } from './machine.ts';
import { procMapsLine } from './procMaps.ts';
import type { NommuRegion } from './regions.ts';
import { type NommuFile, type NommuMmapRequest, type Validated, validateMmapRequest } from './validate.ts';
import { type NommuVma, VmaTree } from './vmaTree.ts';

/** How an mmap() ended. */
export type NommuMmapResult =
  | { readonly vma: NommuVma; /** Part of a region that was there before. */ readonly shared: boolean }
  | { readonly errno: Errno }
  /** The kernel died: the first line of its crash. */
  | { readonly bug: string };

/** Where a new region is to be. */
interface Site {
  readonly start: number;
  readonly copy: Uint8Array | null;
}

/** A process. */
export class NommuProcess {
  readonly machine: NommuMachine;
  readonly pid: number;
  /** The command name in the kernel log. */
  readonly comm: string;
  readonly #vmas = new VmaTree();

  constructor(
    machine: NommuMachine,
    { pid = 1, comm = 'init' }: { readonly pid?: number; readonly comm?: string } = {},
  ) {
    this.machine = machine;
    this.pid = pid;
    this.comm = comm;
  }

  /** The mappings, lowest address first. */
  get vmas(): readonly NommuVma[] {
    return this.#vmas.vmas;
  }

  /**
   * mmap() of a file: do_mmap() of mm/nommu.c.
   *
   * @throws CramfsError IO when the image's source fails
   */
  mmap(file: NommuFile, request: NommuMmapRequest): NommuMmapResult {
    const { machine } = this;
    if (machine.bug !== null) return { bug: machine.bug };
    const validated = validateMmapRequest(file, request, machine.kernel);
    if (typeof validated === 'string') return { errno: validated };
    try {
      return this.#map(file, validated);
    } catch (error) {
      if (!(error instanceof KernelBug)) throw error;
      machine.bug = error.message;
      return { bug: error.message };
    }
  }

  #map(file: NommuFile, { length, pgoff, capabilities, vmFlags }: Validated): NommuMmapResult {
    const { regions, kernel } = this.machine;
    const { pageSize } = kernel.cpu;
    if (isNommuShared(vmFlags)) {
      const direct = (capabilities & NOMMU_MAP_DIRECT) !== 0;
      const match = regions.findShareable(file, pgoff, length / pageSize, { pageSize, direct });
      if (match === 'mismatch') {
        kernel.log.push('nommu: Attempt to share mismatched mappings');
        return { errno: 'EINVAL' };
      }
      if (match !== null) {
        match.usage++;
        const start = match.start + (pgoff - match.pgoff) * pageSize;
        const copied = match.copy === null ? 0 : VM_MAPPED_COPY;
        return { vma: this.#enter(match, { start, length, pgoff, vmFlags: vmFlags | copied, file }), shared: true };
      }
    }
    const site = this.#findSite(file, { length, pgoff, capabilities, vmFlags });
    if (typeof site === 'string') return { errno: site };
    const flags = site.copy === null ? vmFlags : vmFlags | VM_MAPPED_COPY;
    const { start, copy } = site;
    const region: NommuRegion = { start, end: start + length, pgoff, vmFlags: flags, file, copy, usage: 1 };
    regions.add(region);
    return { vma: this.#enter(region, { start, length, pgoff, vmFlags: flags, file }), shared: false };
  }

  /** Where a mapping that shares nothing comes to lie: where the file says, else a copy of its content. */
  #findSite(file: NommuFile, { length, pgoff, capabilities, vmFlags }: Validated): Site | Errno {
    const { log } = this.machine.kernel;
    const { nommu } = file.operations;
    if (isNommuShared(vmFlags) && (capabilities & NOMMU_MAP_DIRECT) !== 0 && nommu !== undefined) {
      const address = nommu.getUnmappedArea(length, pgoff, log);
      // The file's mmap() agrees to whatever may be shared.
      if (typeof address === 'number') return { start: address, copy: null };
      if (address !== 'ENOSYS') return address;
      if ((capabilities & NOMMU_MAP_COPY) === 0) return 'ENODEV';
    }
    return this.#makeCopy(file, length, pgoff);
  }

  /** The last part of do_mmap_private(): memory of its own, filled by reading the file. */
  #makeCopy(file: NommuFile, length: number, pgoff: number): Site | Errno {
    const start = this.#allocate(length);
    if (start === null) return 'ENOMEM';
    const copy = readIntoCopy(file, pgoff, length, this.machine.kernel);
    if (copy instanceof Uint8Array) return { start, copy };
    this.machine.ram.free(start);
    return copy;
  }

  #allocate(length: number): number | null {
    const start = this.machine.ram.allocate(length);
    if (start === null) {
      this.machine.kernel.log.push(
        `nommu: Allocation of length ${String(length)} from process ${String(this.pid)} (${this.comm}) failed`,
      );
    }
    return start;
  }

  #enter(
    region: NommuRegion,
    vma: Pick<NommuVma, 'start' | 'pgoff' | 'vmFlags' | 'file'> & { readonly length: number },
  ): NommuVma {
    const { start, length, pgoff, vmFlags, file } = vma;
    const entered: NommuVma = { start, end: start + length, pgoff, vmFlags, file, region };
    this.#vmas.store(entered);
    return entered;
  }

  /**
   * mmap() of anonymous private memory; zeros.
   *
   * @param length bytes
   */
  mmapAnonymous(length: number, vmProt: number): NommuMmapResult {
    const { pageSize } = this.machine.kernel.cpu;
    const size = roundUp(length, pageSize);
    if (size === 0) return { errno: 'EINVAL' };
    const start = this.#allocate(size);
    if (start === null) return { errno: 'ENOMEM' };
    const vmFlags = vmProt | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC | VM_MAPPED_COPY;
    const copy = new Uint8Array(size);
    const region: NommuRegion = { start, end: start + size, pgoff: 0, vmFlags, file: null, copy, usage: 1 };
    this.machine.regions.add(region);
    return { vma: this.#enter(region, { start, length: size, pgoff: 0, vmFlags, file: null }), shared: false };
  }

  /**
   * munmap() of a file mapping, whole or not at all (do_munmap()).
   *
   * @returns null, or EINVAL for what is no whole mapping
   */
  munmap(start: number, length: number): Errno | null {
    const { pageSize } = this.machine.kernel.cpu;
    const size = roundUp(length, pageSize);
    if (size === 0) return 'EINVAL';
    let found = false;
    for (const vma of this.#vmas.within(start, start + size)) {
      found = true;
      if (start > vma.start) return 'EINVAL';
      if (start + size !== vma.end) continue;
      this.#vmas.erase(vma);
      this.machine.put(vma.region);
      return null;
    }
    if (!found) this.machine.warnOfMunmap(this, start, size);
    return 'EINVAL';
  }

  /**
   * mremap(): changes the length of a private mapping within its region, never its address (do_mremap()).
   *
   * @returns the address, or EINVAL, EPERM for what may be shared, ENOMEM for more than the region has
   */
  mremap(start: number, oldLength: number, newLength: number): number | Errno {
    const { pageSize } = this.machine.kernel.cpu;
    const oldSize = roundUp(oldLength, pageSize);
    const newSize = roundUp(newLength, pageSize);
    if (oldSize === 0 || newSize === 0 || start % pageSize !== 0) return 'EINVAL';
    const vma = this.#vmas.findExact(start, start + oldSize);
    if (vma === null) return 'EINVAL';
    if (isNommuShared(vma.vmFlags)) return 'EPERM';
    if (newSize > vma.region.end - vma.region.start) return 'ENOMEM';
    vma.end = vma.start + newSize;
    return vma.start;
  }

  /** mprotect(): there is no such system call without an MMU. */
  mprotect(): Errno {
    return 'ENOSYS';
  }

  /** Ends the process (exit_mmap()). What the tree has lost sight of stays behind for good. */
  exit(): void {
    for (const vma of this.#vmas.vmas) {
      this.#vmas.erase(vma);
      this.machine.put(vma.region);
    }
  }

  /** /proc/PID/maps: the mappings of files, lowest address first. */
  maps(): string[] {
    return this.vmas.flatMap((vma) => (vma.file === null ? [] : [this.line(vma)]));
  }

  /** The line of a mapping. */
  line(vma: NommuVma): string {
    return procMapsLine(vma, this.machine.kernel.cpu.pageSize, this.machine.device);
  }
}
