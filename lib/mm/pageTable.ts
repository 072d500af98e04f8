/**
 * Page tables: which page frame stands behind each virtual page of a process.
 *
 * As in hardware, entries live in tables, here of 64. An entry is empty, *direct* (a special PTE: a bare page frame number
 * without a struct page, into the image or wherever the kernel pointed it), or a folio in RAM.
 */

/** A page of RAM: of the page cache, or a process's own copy. */
export interface Folio {
  readonly bytes: Uint8Array;
  /** A private copy that nobody else sees (anonymous memory). */
  readonly anonymous: boolean;
}

/** A page table entry that is present. */
export type Pte = { readonly kind: 'direct'; readonly pfn: number } | { readonly kind: 'folio'; readonly folio: Folio };

/** Consecutive direct entries with consecutive page frames. */
export interface PteRun {
  /** First page, counted from the start of the range asked for. */
  readonly page: number;
  readonly pages: number;
  /** Page frame number of the first page. */
  readonly pfn: number;
}

const ENTRIES = 64;
const NONE = -1;
const FOLIO = -2;

/** The page table of one process. `vpn` is a virtual page number: address / page size. */
export class PageTable {
  readonly #tables = new Map<number, number[]>();
  readonly #folios = new Map<number, Folio>();
  /** The table that was used last: neighbours are asked for one after the other. */
  #last: { readonly index: number; readonly table: number[] } | null = null;

  /** The entry of a page, or null where none is present. */
  get(vpn: number): Pte | null {
    const value = this.#value(vpn);
    if (value === NONE) return null;
    if (value !== FOLIO) return { kind: 'direct', pfn: value };
    const folio = this.#folios.get(vpn);
    return folio === undefined ? null : { kind: 'folio', folio };
  }

  /** Whether a page has no entry (pte_none()). */
  isNone(vpn: number): boolean {
    return this.#value(vpn) === NONE;
  }

  /** Sets a direct entry. */
  setDirect(vpn: number, pfn: number): void {
    this.#table(vpn)[vpn % ENTRIES] = pfn;
  }

  /** Sets an entry to a folio. */
  setFolio(vpn: number, folio: Folio): void {
    this.#table(vpn)[vpn % ENTRIES] = FOLIO;
    this.#folios.set(vpn, folio);
  }

  /** Empties an entry. */
  clear(vpn: number): void {
    const table = this.#tables.get(Math.floor(vpn / ENTRIES));
    if (table === undefined) return;
    table[vpn % ENTRIES] = NONE;
    this.#folios.delete(vpn);
  }

  /** The direct entries of [vpn, vpn + pages), folded into runs. It costs what is there, not what is asked for. */
  directRuns(vpn: number, pages: number): PteRun[] {
    const runs: PteRun[] = [];
    let page = 0;
    let pfn = 0;
    let length = 0;
    for (const { first, table } of this.#tablesOf(vpn, pages)) {
      const end = Math.min(ENTRIES, vpn + pages - first);
      for (let entry = Math.max(0, vpn - first); entry < end; entry++) {
        const value = table[entry] ?? NONE;
        if (value < 0) continue;
        const at = first + entry - vpn;
        if (length > 0 && at === page + length && value === pfn + length) {
          length++;
          continue;
        }
        if (length > 0) runs.push({ page, pages: length, pfn });
        page = at;
        pfn = value;
        length = 1;
      }
    }
    if (length > 0) runs.push({ page, pages: length, pfn });
    return runs;
  }

  /** Empties the entries of [vpn, vpn + pages). */
  clearRange(vpn: number, pages: number): void {
    for (const { first, table } of this.#tablesOf(vpn, pages)) {
      const from = Math.max(0, vpn - first);
      const to = Math.min(ENTRIES, vpn + pages - first);
      table.fill(NONE, from, to);
      for (let entry = from; entry < to; entry++) this.#folios.delete(first + entry);
    }
  }

  /** The tables that have entries of [vpn, vpn + pages), in ascending order, each with its first page. */
  #tablesOf(vpn: number, pages: number): { readonly first: number; readonly table: number[] }[] {
    const found: { first: number; table: number[] }[] = [];
    for (const [index, table] of this.#tables) {
      const first = index * ENTRIES;
      if (first < vpn + pages && first + ENTRIES > vpn) found.push({ first, table });
    }
    return found.sort((a, b) => a.first - b.first);
  }

  /** Pages with any entry, in ascending order: what a walk over the whole table would find. */
  presentPages(): number[] {
    const present: number[] = [];
    for (const [index, table] of this.#tables) {
      table.forEach((value, entry) => {
        if (value !== NONE) present.push(index * ENTRIES + entry);
      });
    }
    return present.sort((a, b) => a - b);
  }

  #value(vpn: number): number {
    const index = Math.floor(vpn / ENTRIES);
    const table = this.#last?.index === index ? this.#last.table : this.#tables.get(index);
    return table?.[vpn % ENTRIES] ?? NONE;
  }

  #table(vpn: number): number[] {
    const index = Math.floor(vpn / ENTRIES);
    if (this.#last?.index === index) return this.#last.table;
    let table = this.#tables.get(index);
    if (table === undefined) {
      table = new Array<number>(ENTRIES).fill(NONE);
      this.#tables.set(index, table);
    }
    this.#last = { index, table };
    return table;
  }
}
