/**
 * Regions: the ranges of memory that stand behind mappings, shared by all processes (struct vm_region,
 * nommu_region_tree).
 */
import { KernelBug } from '../kernel.ts';
import { isNommuShared } from '../vmFlags.ts';
import type { NommuFile } from './validate.ts';

/** A range of memory that at least one process has mapped. */
export interface NommuRegion {
  /** First address. */
  readonly start: number;
  /** Address behind the last byte. */
  readonly end: number;
  /** Offset in the file, in pages. */
  readonly pgoff: number;
  readonly vmFlags: number;
  /** Null for anonymous memory. */
  readonly file: NommuFile | null;
  /** The bytes, where the region is a copy in RAM (VM_MAPPED_COPY); null where it is the file's own place. */
  readonly copy: Uint8Array | null;
  /** Mappings of it (vm_usage). */
  usage: number;
}

/** Whether a new mapping can be part of an existing region. */
export type Match = NommuRegion | 'mismatch' | null;

/** All regions of the machine, in the order of their addresses. */
export class RegionTree {
  #regions: NommuRegion[] = [];

  /** Lowest address first, as /proc/maps lists them. */
  get regions(): readonly NommuRegion[] {
    return this.#regions;
  }

  /**
   * add_nommu_region().
   *
   * @throws KernelBug when a region begins at the same address
   */
  add(region: NommuRegion): void {
    const index = this.#regions.findIndex((other) => other.start >= region.start);
    const at = index === -1 ? this.#regions.length : index;
    if (this.#regions[at]?.start === region.start) throw new KernelBug('kernel BUG at mm/nommu.c:482!');
    this.#regions.splice(at, 0, region);
  }

  /** Gives up one use of a region; says whether it was the last (__put_nommu_region()). */
  put(region: NommuRegion): boolean {
    region.usage--;
    if (region.usage > 0) return false;
    this.#regions = this.#regions.filter((other) => other !== region);
    return true;
  }

  /**
   * Looks for a region that has the wanted pages of the same file, as do_mmap() does: the first overlapping one decides.
   * A region that overlaps without having all the pages is passed over by files that can be mapped where they stand, and
   * is a `mismatch` for others.
   */
  findShareable(
    file: NommuFile,
    pgoff: number,
    pages: number,
    { pageSize, direct }: { readonly pageSize: number; readonly direct: boolean },
  ): Match {
    const end = pgoff + pages;
    for (const region of this.#regions) {
      if (!isNommuShared(region.vmFlags) || region.file?.ino !== file.ino) continue;
      const regionEnd = region.pgoff + Math.ceil((region.end - region.start) / pageSize);
      if (region.pgoff >= end || pgoff >= regionEnd) continue;
      if (pgoff >= region.pgoff && end <= regionEnd) return region;
      if (!direct) return 'mismatch';
    }
    return null;
  }
}
