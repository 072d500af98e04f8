/**
 * What a mapping comes to. Plain data, for programs and reports alike.
 */
import type { BlockKind } from '../image/blocks.ts';
import type { BailoutReason } from '../driver/decision.ts';
import type { Errno } from '../mm/errno.ts';
import type { ActionOutcome } from './actions.ts';
import type { IcacheFault } from '../mm/icache.ts';
import type { TraceEntry } from '../mm/kernel.ts';
import type { MapsType } from '../mm/nommu/procMaps.ts';
import type { PteRun } from '../mm/pageTable.ts';

/** `pfnmap`: all pages direct; `mixedmap`: the first ones; `none`: all through the page cache. */
export type MapState = 'pfnmap' | 'mixedmap' | 'none';

/** How a touch of a page ends: it reads flash, costs RAM, or kills; `killed` by an oops over a corrupt entry. */
export type PageKind = 'direct' | 'paged' | 'sigbus' | 'sigsegv' | 'killed';

/**
 * What a page shows.
 *
 * `ok`: the file's bytes, and zeros behind its end; `tail`: the file's bytes, and something else behind its end; `zeros`
 * in place of the file's bytes; `file`: a page of a file that is not the one to be seen; `image`: another part of the image;
 * `foreign`: memory that is not the image's; `sigbus` within the file; `sigbus-behind` behind its end; `sigsegv`: not
 * readable; `killed`: the touch ends the process.
 */
export type Sight =
  | { readonly shows: 'ok' | 'tail' | 'zeros' | 'foreign' | 'sigbus' | 'sigbus-behind' | 'sigsegv' | 'killed' }
  | { readonly shows: 'file'; readonly path: string; readonly page: number }
  | { readonly shows: 'image'; /** Byte offset in the image. */ readonly offset: number };

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

/** Something about the image that the user should know, beside the verdict. */
export interface MapWarning {
  readonly code:
    | 'icache-bit'
    | 'outside-image'
    | 'foreign-memory'
    | 'truncated'
    | 'page-size'
    | 'populate-hangs'
    | 'last-page-zeros';
  readonly message: string;
}

/** What a mapping comes to on a kernel without an MMU. */
export interface NommuOutcome {
  /** Whether the address points at the stored data; false: at a copy in RAM. Null without a mapping. */
  readonly inFlash: boolean | null;
  /** The fourth letter in /proc/PID/maps. */
  readonly mapsType: MapsType | null;
  /** The line of /proc/PID/maps; the address of a copy, and the device, stand for others. */
  readonly mapsLine: string | null;
  /** CRC-32 of the bytes asked for; null where they cannot be read, or that was not asked for. */
  readonly crc: number | null;
}

/** What a mapping comes to. */
export interface MapVerdict {
  /** The request as understood. `length` in bytes. */
  readonly path: string;
  readonly offset: number;
  readonly length: number;
  readonly prot: string;
  readonly flags: readonly string[];
  /** Bytes of a page. */
  readonly pageSize: number;
  /** The file behind the path, without symlinks; null when it could not be opened. */
  readonly file: { readonly path: string; readonly name: string; readonly size: number } | null;
  /** Null, or what open() or mmap() fails with. */
  readonly errno: Errno | null;
  /** The call that failed. */
  readonly failed: 'open' | 'mmap' | null;
  /** Null, or how the kernel died. */
  readonly bug: string | null;
  /** RISC-V: executable entries set for frames without a struct page; null where there were none. */
  readonly icache: IcacheFault | null;
  readonly state: MapState | null;
  readonly bailout: BailoutReason | null;
  /** The physical address that is not page aligned, where that is the reason. */
  readonly misaligned: number | null;
  /** Physical address of the first direct page. */
  readonly physAddress: number | null;
  /** First virtual address; null without a mapping. */
  readonly vmaStart: number | null;
  readonly vmaPages: number | null;
  readonly directPages: number | null;
  readonly direct: readonly PteRun[];
  /** vm_pgoff once the mapping is there, in pages. */
  readonly vmPgoff: number | null;
  /** The offset column of /proc/PID/maps, in bytes. */
  readonly mapsOffset: number | null;
  readonly vmFlags: readonly string[] | null;
  readonly log: readonly string[];
  /** Pages of the vma that lie wholly behind the end of the file. */
  readonly pagesBehindEnd: number | null;
  readonly runEnd: RunEnd | null;
  readonly warnings: readonly MapWarning[];
  /** With detail: one for each page of the vma, or each but for the rest. */
  readonly pages: readonly PageVerdict[] | null;
  /** With detail: the pages of a long mapping that are not in `pages`; null where there are none. */
  readonly rest: RestOfPages | null;
  /** With a trace: the primitives called, in order. */
  readonly trace: readonly TraceEntry[] | null;
  /** With a trace: direct entries behind the vma, pages counted from its end. */
  readonly beyond: readonly PteRun[] | null;
  /** With actions: what came of each, up to the one that killed the kernel, of which `bug` tells. */
  readonly actions?: readonly ActionOutcome[] | undefined;
  /** Of a kernel without an MMU; what has to do with page tables is null then. */
  readonly nommu?: NommuOutcome | undefined;
}
