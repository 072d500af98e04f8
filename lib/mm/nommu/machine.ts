/**
 * What the processes of a machine without an MMU have in common: one address space, the regions in it, the RAM, the log.
 */
import { hex } from '../../base/hex.ts';
import { roundUp } from '../../base/pages.ts';
import type { AddressRange } from '../../physmem/physicalMemory.ts';
import { type Kernel } from '../kernel.ts';
import { procMapsLine } from './procMaps.ts';
import { Ram } from './ram.ts';
import { type NommuRegion, RegionTree } from './regions.ts';

/** Where RAM is assumed, unless the image is there: what QEMU's "virt" RISC-V machine has. */
const DEFAULT_RAM = { base: 0x8000_0000, size: 0x1000_0000 } as const;

/** munmap() of memory that is not mapped is logged so often, and never again. */
const MUNMAP_WARNINGS = 5;

/** What a machine is like. */
export interface MachineOptions {
  /** Where copies are made. Default: 256 MiB at 0x80000000, or the next 256 MiB that the flash leaves free. */
  readonly ram?: AddressRange | undefined;
  /** Device number of the mounted file system, as /proc/PID/maps shows it. Default 31:0, mtd0. */
  readonly device?: { readonly major: number; readonly minor: number } | undefined;
}

/** A machine without an MMU. */
export class NommuMachine {
  readonly kernel: Kernel;
  readonly regions = new RegionTree();
  readonly ram: Ram;
  readonly device: { readonly major: number; readonly minor: number };
  /** The BUG() that the kernel died of; it does nothing more then. */
  bug: string | null = null;
  #munmapWarnings = 0;

  constructor(kernel: Kernel, options: MachineOptions = {}) {
    this.kernel = kernel;
    this.ram = new Ram(options.ram ?? freeRam(kernel.memory), kernel.cpu.pageSize);
    this.device = options.device ?? { major: 31, minor: 0 };
  }

  /** Gives up one use of a region; the last one frees the RAM of a copy. */
  put(region: NommuRegion): void {
    if (this.regions.put(region) && region.copy !== null) this.ram.free(region.start);
  }

  /** Logs that a process unmapped what it had not mapped, the first few times. */
  warnOfMunmap(process: { readonly pid: number; readonly comm: string }, start: number, length: number): void {
    if (this.#munmapWarnings >= MUNMAP_WARNINGS) return;
    this.#munmapWarnings++;
    this.kernel.log.push(
      `nommu: munmap of memory not mmapped by process ${String(process.pid)} (${process.comm}): ` +
        `${hex(start)}-${hex(start + length - 1)}`,
    );
  }

  /**
   * The bytes [address, address + length) as a process sees them; null when there is nothing, or memory whose content
   * nobody here knows.
   *
   * @throws CramfsError IO when the image's source fails
   */
  read(address: number, length: number): Uint8Array | null {
    for (const { copy, start, end } of this.regions.regions) {
      if (copy === null || address < start || address + length > end) continue;
      return copy.subarray(address - start, address - start + length);
    }
    return this.kernel.memory.read(address, length);
  }

  /** /proc/maps: the regions of files, lowest address first. */
  procMaps(): string[] {
    return this.regions.regions.flatMap((region) => (region.file === null ? [] : [this.line(region)]));
  }

  /** The line of a region. */
  line(region: NommuRegion): string {
    return procMapsLine(region, this.kernel.cpu.pageSize, this.device);
  }
}

function freeRam(flash: { readonly base: number; readonly size: number }): AddressRange {
  const { base, size } = DEFAULT_RAM;
  if (flash.base >= base + size || flash.base + flash.size <= base) return DEFAULT_RAM;
  return { base: roundUp(flash.base + flash.size, size), size };
}
