/**
 * The RAM that copies of files and anonymous memory are taken from. Where a copy lies is up to what else the machine has
 * allocated, so the addresses stand for others; that they are in RAM, whole pages, and not taken twice is as it is.
 */
import type { AddressRange } from '../../physmem/physicalMemory.ts';

/** The most pages that are given out in one piece: 2 to the power of MAX_ORDER - 1, with the usual MAX_ORDER of 11. */
const MAX_PAGES = 1024;

/** Physical RAM with what is taken of it. */
export class Ram {
  readonly range: AddressRange;
  readonly #pageSize: number;
  readonly #taken: AddressRange[] = [];

  constructor(range: AddressRange, pageSize: number) {
    this.range = range;
    this.#pageSize = pageSize;
  }

  /** alloc_pages_exact(): the address of `size` bytes, whole pages; null when they are not to be had in one piece. */
  allocate(size: number): number | null {
    if (size > MAX_PAGES * this.#pageSize) return null;
    let base = this.range.base;
    let at = 0;
    for (const taken of this.#taken) {
      if (base + size <= taken.base) break;
      base = taken.base + taken.size;
      at++;
    }
    if (base + size > this.range.base + this.range.size) return null;
    this.#taken.splice(at, 0, { base, size });
    return base;
  }

  /** Gives back what begins at `base`. */
  free(base: number): void {
    const at = this.#taken.findIndex((taken) => taken.base === base);
    if (at >= 0) this.#taken.splice(at, 1);
  }
}
