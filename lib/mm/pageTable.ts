/**
 * Page tables: which page frame stands behind each virtual page of a process.
 *
 * An entry is empty, *direct* (a special PTE: a bare page frame number without a struct page, into the image or wherever the
 * kernel pointed it), or a folio in RAM. The direct entries that were set last are kept as a run as long as each continues
 * the one before, as those of a mapping do; others live in tables of 64, as in hardware.
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

/** The page table of one process. `vpn` is a virtual page number: address / page size. */
export class PageTable {
  /** Direct entries [#first, #first + #pages), with page frames from #pfn on. None of them is in a table. */
  #first = 0;
  #pages = 0;
  #pfn = 0;
  /** The other direct entries; null while there are none, as in most processes. */
  #tables: Map<number, number[]> | null = null;
  #folios: Map<number, Folio> | null = null;
  /** The table that was used last: neighbours are asked for one after the other. */
  #last: { readonly index: number; readonly table: number[] } | null = null;

  /** The entry of a page, or null where none is present. */
  get(vpn: number): Pte | null {
    const pfn = this.#direct(vpn);
    if (pfn !== NONE) return { kind: 'direct', pfn };
    const folio = this.#folios?.get(vpn);
    return folio === undefined ? null : { kind: 'folio', folio };
  }

  /** Whether a page has no entry (pte_none()). */
  isNone(vpn: number): boolean {
    return this.#direct(vpn) === NONE && this.#folios?.has(vpn) !== true;
  }

  /** Sets a direct entry. */
  setDirect(vpn: number, pfn: number): void {
    this.#folios?.delete(vpn);
    const continues = vpn === this.#first + this.#pages && pfn === this.#pfn + this.#pages;
    if (this.#pages === 0 || !continues) {
      this.#spill();
      this.#first = vpn;
      this.#pfn = pfn;
    }
    if (this.#tables !== null) this.#clearInTable(vpn);
    this.#pages++;
  }

  /** Whether none of [vpn, vpn + pages) has an entry. It costs what is there, not what is asked for. */
  areNone(vpn: number, pages: number): boolean {
    if (this.#pages > 0 && vpn < this.#first + this.#pages && this.#first < vpn + pages) return false;
    if (this.#tables !== null && this.directRuns(vpn, pages).length > 0) return false;
    for (const each of this.#folios?.keys() ?? []) if (each >= vpn && each < vpn + pages) return false;
    return true;
  }

  /** Sets direct entries with consecutive page frames from `pfn` on, where none has an entry. */
  setDirectRun(vpn: number, pfn: number, pages: number): void {
    this.setDirect(vpn, pfn);
    this.#pages += pages - 1;
  }

  /** Sets an entry to a folio. */
  setFolio(vpn: number, folio: Folio): void {
    this.#clearDirect(vpn);
    this.#folios ??= new Map();
    this.#folios.set(vpn, folio);
  }

  /** Empties an entry. */
  clear(vpn: number): void {
    this.#clearDirect(vpn);
    this.#folios?.delete(vpn);
  }

  /** The direct entries of [vpn, vpn + pages), folded into runs. It costs what is there, not what is asked for. */
  directRuns(vpn: number, pages: number): PteRun[] {
    if (this.#tables === null) {
      const from = Math.max(vpn, this.#first);
      const to = Math.min(vpn + pages, this.#first + this.#pages);
      return from < to ? [{ page: from - vpn, pages: to - from, pfn: this.#pfn + from - this.#first }] : [];
    }
    this.#spill();
    return foldRuns(this.#tablesOf(vpn, pages), vpn, pages);
  }

  /** Empties the entries of [vpn, vpn + pages). */
  clearRange(vpn: number, pages: number): void {
    if (vpn <= this.#first && this.#first + this.#pages <= vpn + pages) this.#pages = 0;
    else this.#spill();
    for (const { first, table } of this.#tablesOf(vpn, pages)) {
      table.fill(NONE, Math.max(0, vpn - first), Math.min(ENTRIES, vpn + pages - first));
    }
    for (const each of this.#folios?.keys() ?? []) {
      if (each >= vpn && each < vpn + pages) this.#folios?.delete(each);
    }
  }

  /** The tables that have entries of [vpn, vpn + pages), in ascending order, each with its first page. */
  #tablesOf(vpn: number, pages: number): Table[] {
    const found: Table[] = [];
    for (const [index, table] of this.#tables ?? []) {
      const first = index * ENTRIES;
      if (first < vpn + pages && first + ENTRIES > vpn) found.push({ first, table });
    }
    return found.sort((a, b) => a.first - b.first);
  }

  /** Pages with any entry, in ascending order: what a walk over the whole table would find. */
  presentPages(): number[] {
    this.#spill();
    const present = [...(this.#folios?.keys() ?? [])];
    for (const [index, table] of this.#tables ?? []) {
      table.forEach((value, entry) => {
        if (value !== NONE) present.push(index * ENTRIES + entry);
      });
    }
    return present.sort((a, b) => a - b);
  }

  /** The page frame of a direct entry, or NONE. */
  #direct(vpn: number): number {
    if (vpn >= this.#first && vpn < this.#first + this.#pages) return this.#pfn + vpn - this.#first;
    return this.#tables === null ? NONE : (this.#tableOf(vpn)?.[vpn % ENTRIES] ?? NONE);
  }

  #clearDirect(vpn: number): void {
    if (vpn >= this.#first && vpn < this.#first + this.#pages) this.#spill();
    this.#clearInTable(vpn);
  }

  #clearInTable(vpn: number): void {
    const table = this.#tableOf(vpn);
    if (table !== undefined) table[vpn % ENTRIES] = NONE;
  }

  /** Moves the run into tables. */
  #spill(): void {
    for (let page = 0; page < this.#pages; page++) {
      const vpn = this.#first + page;
      const table = this.#tableOf(vpn) ?? this.#newTable(vpn);
      table[vpn % ENTRIES] = this.#pfn + page;
    }
    this.#pages = 0;
  }

  #tableOf(vpn: number): number[] | undefined {
    if (this.#tables === null) return undefined;
    const index = Math.floor(vpn / ENTRIES);
    if (this.#last?.index === index) return this.#last.table;
    const table = this.#tables.get(index);
    if (table !== undefined) this.#last = { index, table };
    return table;
  }

  #newTable(vpn: number): number[] {
    const table = new Array<number>(ENTRIES).fill(NONE);
    this.#tables ??= new Map();
    this.#tables.set(Math.floor(vpn / ENTRIES), table);
    return table;
  }
}

/** A table with the page number of its first entry. */
interface Table {
  readonly first: number;
  readonly table: number[];
}

/** The direct entries of [vpn, vpn + pages) in tables in ascending order. */
function foldRuns(tables: readonly Table[], vpn: number, pages: number): PteRun[] {
  const runs: PteRun[] = [];
  let page = 0;
  let pfn = 0;
  let length = 0;
  for (const { first, table } of tables) {
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
