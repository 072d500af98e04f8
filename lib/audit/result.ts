/**
 * What an audit of one image comes to. Plain data, for policies, reports and programs alike.
 */
import type { Finding } from '../findings/finding.ts';
import type { SeverityCounts } from '../findings/findingList.ts';
import type { AccountLine } from '../inspect/account.ts';
import type { RamUse } from '../exec/ramUse.ts';
import type { MapState } from '../verdict/mapVerdict.ts';
import type { SegmentRef } from './segmentRef.ts';

/** A loadable segment of a program. */
export interface AuditedSegment extends SegmentRef {
  /** `text`: executable and not writable; `rodata`: only readable; `data`: writable. */
  readonly kind: 'text' | 'rodata' | 'data';
  /** The state of the mapping that shows it once it is loaded; null where it cannot be. */
  readonly state: MapState | null;
  /** Bytes in the file, as far as the file has them. */
  readonly fileBytes: number;
}

/** A program, or any other file with direct blocks. Bytes of RAM are whole pages. */
export interface AuditedFile {
  readonly path: string;
  /** Bytes of content. */
  readonly size: number;
  readonly mode: number;
  readonly format: 'elf32' | 'elf64' | 'bflt' | 'script' | 'data';
  /** What a read-only private mapping of the whole file comes to; null where it fails, or of an empty file. */
  readonly state: MapState | null;
  /** Pages of that mapping that are straight from flash. */
  readonly directPages: number;
  /** Blocks, and those of them that are direct. */
  readonly blocks: number;
  readonly directBlocks: number;
  /** PT_LOAD segments; empty for what is no ELF file. */
  readonly segments: readonly AuditedSegment[];
  /**
   * The file run as a program, its libraries included; null for what is no program, such as a library. `ramBytes`: for
   * file mappings when all are touched; `flashBytes`: pages that it uses in flash, which would else take as much RAM.
   */
  readonly run: {
    readonly outcome: string;
    readonly ramBytes: number;
    /** What takes RAM; `bss` comes on top of `ramBytes`, without an MMU it is the stack. */
    readonly ram: RamUse;
    readonly flashBytes: number;
  } | null;
}

/** Totals of an image, in bytes. */
export interface AuditNumbers {
  /** Bytes of the file system, as the superblock says. */
  readonly imageBytes: number;
  /** Bytes of the file that the image is in, from the image's start. */
  readonly fileBytes: number;
  /** What each byte of it is for. */
  readonly flash: readonly AccountLine[];
  /** Regular files and symbolic links. */
  readonly contentBytes: number;
  readonly paddingBytes: number;
  /** About what the direct blocks would take compressed, from some of them; null where that was not asked. */
  readonly directCompressedBytes: number | null;
  readonly files: number;
  readonly programs: number;
  /** Of the programs, those that get to their own first instruction. */
  readonly programsStarting: number;
  /** Text segments of all programs and libraries that run: pages × page size, and those of them that are direct. */
  readonly textBytes: number;
  readonly textDirectBytes: number;
  /** All read-only segments likewise. */
  readonly readOnlyBytes: number;
  readonly readOnlyDirectBytes: number;
  /** RAM for file mappings when all programs that start run at once; pages of the page cache that they share count once. */
  readonly ramBytes: number;
  /** RAM that they would need beyond that if nothing were direct; pages of flash that they share count once. */
  readonly ramSavedBytes: number;
}

/** The machine that the image was audited for. */
export interface AuditedBoard {
  readonly kernel: string;
  readonly cpu: string;
  readonly littleEndian: boolean;
  readonly pageSize: number;
  readonly physBase: number;
  readonly regionSize: number;
  /** As in the machine of a mapping. */
  readonly programsFor: string | null;
  readonly programsNeedNommu: boolean;
}

/** A finding that does not count, and why. */
export interface SuppressedFinding {
  readonly finding: Finding;
  readonly by: 'exception' | 'baseline';
  /** The exception's reason; null for a baseline. */
  readonly reason: string | null;
}

/** The audit of an image. */
export interface AuditResult {
  /** The image as the user named it. */
  readonly image: string;
  /** Byte offset of the image in its file. */
  readonly imageOffset: number;
  /** Its number among the images that a scan of the file finds, from 1, where it was chosen so. */
  readonly imageNumber?: number | undefined;
  readonly board: AuditedBoard;
  /** In the order of the image: by path, then place, then id; those without a path first. */
  readonly findings: readonly Finding[];
  /** How many there were of each severity, kept or not. */
  readonly counts: SeverityCounts;
  /** How many findings of each id are left out of `findings`. */
  readonly omitted: Readonly<Record<string, number>>;
  readonly suppressed: readonly SuppressedFinding[];
  readonly numbers: AuditNumbers;
  /** By path, in the order of bytes. */
  readonly files: readonly AuditedFile[];
}
