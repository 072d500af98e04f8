/** Violations of what must hold for any mapping by any kernel. */
import type { TraceEntry } from '../mm/kernel.ts';
import type { Sight } from './sightOfPage.ts';

/** What was violated. */
export type InvariantCode =
  /** The kernel died. */
  | 'kernel-dies'
  /** The kernel writes into memory that is not the mapping's. */
  | 'writes-elsewhere'
  /** A primitive refused what the kernel itself had decided. */
  | 'mapping-refused'
  /** A byte within the file is not the file's. */
  | 'wrong-content'
  /** A byte behind the end of the file in its last page is not zero. */
  | 'tail-not-zero'
  /** A page shows memory that is not this file's. */
  | 'stray-memory'
  /** A page of the file cannot be touched. */
  | 'touch-kills'
  /** A page wholly behind the end of the file can be read. */
  | 'readable-behind-end'
  /** A page table entry stands outside the vma. */
  | 'entry-outside-vma'
  /** A direct entry points outside the image. */
  | 'entry-outside-image'
  /** A PFNMAP mapping lacks pages. */
  | 'pfnmap-incomplete'
  /** VmFlags or the offset in maps do not fit the state. */
  | 'state-disagrees'
  /** read(2) gives other bytes than the mapping shows. */
  | 'read-differs';

/** How bad: another process's memory or a crash, wrong data, or wrong bookkeeping. */
export type ViolationSeverity = 'critical' | 'error' | 'warning';

/** Where a violation comes from. */
export type ViolationCause =
  /** A call of a primitive. */
  | { readonly kind: 'call'; readonly call: TraceEntry }
  /** The page cache was read at another page than was asked for. */
  | { readonly kind: 'page-cache'; readonly vmPgoff: number; readonly asked: number }
  /** flush_icache_pte() set a bit in what it took for the struct page of a physical address. */
  | { readonly kind: 'icache'; readonly address: number }
  | { readonly kind: 'pages-present'; readonly present: number; readonly pages: number }
  /** What maps shows as offset, and what would be right; null for nothing. */
  | { readonly kind: 'maps-offset'; readonly shown: number | null; readonly right: number | null };

/** A violated invariant. */
export interface Violation {
  readonly code: InvariantCode;
  readonly severity: ViolationSeverity;
  /** Pages of the vma, from 0; behind the vma's end for `entry-outside-vma`. Null where no pages are concerned. */
  readonly pages: { readonly first: number; readonly count: number } | null;
  /** What is seen instead, of the first page; null where nothing is seen. */
  readonly sees: Sight | null;
  /** What the trace shows of the cause; null where it shows nothing. */
  readonly cause: ViolationCause | null;
}
