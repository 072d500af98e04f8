/**
 * What a mapping comes to. Plain data, for programs and reports alike.
 */
import type { BlockKind } from '../image/blocks.ts';
import type { BailoutReason } from '../driver/decision.ts';
import type { Errno } from '../mm/errno.ts';
import type { ActionOutcome } from './actions.ts';
import type { MapAdvice, Misplaced } from './advice.ts';
import type { Machine } from './machine.ts';
import type { Sight } from './sightOfPage.ts';
import type { Violation } from './violation.ts';

export type { Sight } from './sightOfPage.ts';
import type { IcacheFault } from '../mm/icache.ts';
import type { TraceEntry } from '../mm/kernel.ts';
import type { MapsType } from '../mm/nommu/procMaps.ts';
import type { PteRun } from '../mm/pageTable.ts';

/** `pfnmap`: all pages direct; `mixedmap`: the first ones; `none`: all through the page cache. */
export type MapState = 'pfnmap' | 'mixedmap' | 'none';

/** How a touch of a page ends: it reads flash, costs RAM, or kills; `killed` by an oops over a corrupt entry. */
export type PageKind = 'direct' | 'paged' | 'sigbus' | 'sigsegv' | 'killed';

/** One page of the vma. */
export interface PageVerdict {
  /** Page of the vma, from 0. */
  readonly page: number;
  readonly kind: PageKind;
  /** Physical address, where the page table entry is direct. */
  readonly phys: number | null;
  /** How the page is stored; null behind the end of the file. */
  readonly source: BlockKind | null;
  /** CRC-32 of the page as seen; null where it is not readable, foreign, or was not asked for. */
  readonly crc: number | null;
  /** Whether the page shows memory that is not the image's region. */
  readonly foreign: boolean;
  /** With a trace: what the page shows, compared with the file. */
  readonly sight: Sight | null;
  /** With a trace: whether the file's bytes in it are those that read(2) gives. */
  readonly asRead: boolean | null;
}

/**
 * The pages behind those that are listed one by one: none has an entry, all lie wholly behind the end of the file, and a
 * touch of any of them ends as that of the first.
 */
export interface RestOfPages {
  /** First of them, page of the vma. */
  readonly page: number;
  readonly pages: number;
  readonly kind: PageKind;
  /** With a trace: what each of them shows. */
  readonly sight: Sight | null;
}

/** Why the direct pages end where they end. */
export type RunEnd =
  /** The whole vma is direct. */
  | { readonly why: 'whole' }
  /** The file ends there; what follows in the vma lies behind it. */
  | { readonly why: 'end-of-file' }
  /** The next block is not stored so that it continues the run. */
  | {
      readonly why: 'layout';
      /** Block of the file. */
      readonly block: number;
      readonly kind: BlockKind;
      readonly pointer: number;
      /** Image offset at which it would have to be, or null for the first block of the mapping. */
      readonly expectedOffset: number | null;
    }
  /** Something else stands behind the end of the file in its last page. */
  | { readonly why: 'shared-tail'; readonly block: number };

/** Something about the image that the user should know, beside the verdict. Addresses are physical, sizes bytes. */
export type MapWarning =
  /** RISC-V with FLATMEM: the kernel sets a bit of other memory for each of some pages. */
  | { readonly code: 'icache-bit'; readonly pages: number; readonly address: number }
  /** Direct pages behind the image, but in its region. */
  | { readonly code: 'outside-image'; readonly pages: number; readonly address: number }
  /** Direct pages outside the region. */
  /** `byKernel`: the block pointers do not lead there, the kernel does. */
  | { readonly code: 'foreign-memory'; readonly pages: number; readonly address: number; readonly byKernel: boolean }
  | { readonly code: 'truncated'; readonly size: number; readonly available: number }
  /** The file looks as if made for other pages than the image is read with. */
  | { readonly code: 'page-size'; readonly madeFor: number; readonly pageSize: number }
  | { readonly code: 'populate-hangs' }
  /** The file's last page, from 0, shows zeros in place of its data. */
  | { readonly code: 'last-page-zeros'; readonly page: number };

/** What a mapping comes to on a kernel without an MMU. */
export interface NommuOutcome {
  /** Whether the address points at the stored data; false: at a copy in RAM. */
  readonly inFlash: boolean;
  /** The fourth letter in /proc/PID/maps. */
  readonly mapsType: MapsType;
  /** The line of /proc/PID/maps; the address of a copy, and the device, stand for others. */
  readonly mapsLine: string;
  /** CRC-32 of the bytes asked for; null where they cannot be read, or that was not asked for. */
  readonly crc: number | null;
}

/** The request as understood, and what is known of it before the call. */
export interface Understood {
  readonly path: string;
  /** Bytes, as `length`. */
  readonly offset: number;
  readonly length: number;
  readonly prot: string;
  readonly flags: readonly string[];
  /** Bytes of a page. */
  readonly pageSize: number;
  /** The file behind the path, without symlinks; null when it could not be opened. */
  readonly file: { readonly path: string; readonly name: string; readonly size: number } | null;
  readonly machine: Machine;
}

/** What every verdict has. */
interface VerdictHead extends Understood {
  /** Null, or how the kernel died. */
  readonly bug: string | null;
  /** RISC-V: executable entries set for frames without a struct page; null where there were none. */
  readonly icache: IcacheFault | null;
  /** Runs of direct pages; empty without an MMU. */
  readonly direct: readonly PteRun[];
  readonly log: readonly string[];
  readonly warnings: readonly MapWarning[];
  /** With detail: one for each page of the vma, or each but for the rest. */
  readonly pages: readonly PageVerdict[] | null;
  /** With detail: the pages of a long mapping that are not in `pages`; null where there are none. */
  readonly rest: RestOfPages | null;
  /** With a trace: the primitives called, in order. */
  readonly trace: readonly TraceEntry[] | null;
  /** With a trace: direct entries behind the vma, pages counted from its end. */
  readonly beyond: readonly PteRun[] | null;
  /** With a trace, of {@link Board.map}: the invariants that are violated. */
  readonly violations: readonly Violation[] | null;
  /** If it is asked for: why the mapping is not wholly direct or fails, and what to do; null where there is nothing to do. */
  readonly advice: MapAdvice | null;
  /** With advice, unless it was not asked for: direct pages that do not show their own block. */
  readonly misplaced: Misplaced | null;
  /** With actions: what came of each, up to the one that killed the kernel, of which `bug` tells. */
  readonly actions?: readonly ActionOutcome[] | undefined;
}

/** The call fails, or the kernel dies in it. */
export interface FailedVerdict extends VerdictHead {
  readonly kind: 'failed';
  /** What open() or mmap() fails with; null where the kernel dies. */
  readonly errno: Errno | null;
  /** The call that failed; null where the kernel dies. */
  readonly failed: 'open' | 'mmap' | null;
  readonly state: null;
  readonly bailout: null;
  readonly misaligned: null;
  readonly physAddress: null;
  readonly vmaStart: null;
  readonly vmaPages: null;
  readonly directPages: null;
  readonly vmPgoff: null;
  readonly mapsOffset: null;
  readonly vmFlags: null;
  readonly pagesBehindEnd: null;
  readonly runEnd: null;
}

/** A mapping. */
interface Mapping extends VerdictHead {
  readonly errno: null;
  readonly failed: null;
  /** Physical address of the first direct page. */
  readonly physAddress: number | null;
  /** First virtual address. */
  readonly vmaStart: number;
  readonly vmaPages: number;
  readonly directPages: number;
  /** vm_pgoff once the mapping is there, in pages. */
  readonly vmPgoff: number;
  /** The offset column of /proc/PID/maps, in bytes. */
  readonly mapsOffset: number;
}

/** A mapping by a kernel with an MMU. */
export interface MappedVerdict extends Mapping {
  readonly kind: 'mapped';
  readonly state: MapState;
  readonly bailout: BailoutReason | null;
  /** The physical address that is not page aligned, where that is the reason. */
  readonly misaligned: number | null;
  readonly vmFlags: readonly string[];
  /** Pages of the vma that lie wholly behind the end of the file. */
  readonly pagesBehindEnd: number;
  readonly runEnd: RunEnd | null;
}

/** A mapping by a kernel without an MMU: what has to do with page tables is null. */
export interface NommuVerdict extends Mapping {
  readonly kind: 'nommu';
  readonly state: null;
  readonly bailout: null;
  readonly misaligned: null;
  readonly vmFlags: null;
  readonly pagesBehindEnd: null;
  readonly runEnd: null;
  readonly nommu: NommuOutcome;
}

/** What a mapping comes to. */
export type MapVerdict = FailedVerdict | MappedVerdict | NommuVerdict;
