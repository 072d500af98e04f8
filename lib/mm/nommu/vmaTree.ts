/**
 * The mappings of one process, by address (mm_mt, a maple tree).
 *
 * Each address has at most one mapping: storing a mapping takes the addresses away from those that had them. Two
 * mappings of the same range, which sharing of regions makes possible, are therefore one entry in the tree.
 */
import type { NommuRegion } from './regions.ts';
import type { NommuFile } from './validate.ts';

/** A mapping of a process without an MMU. */
export interface NommuVma {
  readonly start: number;
  /** Address behind the last byte; mremap() may change it. */
  end: number;
  readonly pgoff: number;
  readonly vmFlags: number;
  readonly file: NommuFile | null;
  readonly region: NommuRegion;
}

interface Entry {
  readonly start: number;
  readonly end: number;
  readonly vma: NommuVma;
}

/** Which mapping each address belongs to. */
export class VmaTree {
  #entries: Entry[] = [];

  /** Each mapping that is in the tree, lowest address first. */
  get vmas(): NommuVma[] {
    return [...new Set(this.#entries.map((entry) => entry.vma))];
  }

  /** Enters a mapping, over whatever is there. */
  store(vma: NommuVma): void {
    this.#clear(vma.start, vma.end);
    this.#entries.push({ start: vma.start, end: vma.end, vma });
    this.#entries.sort((a, b) => a.start - b.start);
  }

  /** Empties the range of a mapping, whoever is there. */
  erase(vma: NommuVma): void {
    this.#clear(vma.start, vma.end);
  }

  #clear(start: number, end: number): void {
    this.#entries = this.#entries.flatMap((entry) => {
      if (entry.end <= start || entry.start >= end) return [entry];
      const rest: Entry[] = [];
      if (entry.start < start) rest.push({ ...entry, end: start });
      if (entry.end > end) rest.push({ ...entry, start: end });
      return rest;
    });
  }

  /** The mappings that have an address in [start, end), in the order of their entries (mas_find()). */
  *within(start: number, end: number): Generator<NommuVma, void> {
    for (const entry of this.#entries) if (entry.end > start && entry.start < end) yield entry.vma;
  }

  /** The mapping that is exactly [start, end) (find_vma_exact()). */
  findExact(start: number, end: number): NommuVma | null {
    for (const vma of this.within(start, start + 1)) return vma.start === start && vma.end === end ? vma : null;
    return null;
  }
}
