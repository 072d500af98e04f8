/**
 * Kernel transcripts: what a kernel was asked and what it did, one JSON object a line. docs/kernel-lab.md describes the
 * format; the names of the fields are those of the file.
 *
 * A transcript begins with a `setup`. A file of requests is the same without the results, so that a transcript can be
 * asked again: `setup` lines and fields that are no part of a request are skipped there.
 */
import { hex } from '../../lib/report.ts';

/** The machine, and how the mount went. */
export interface LabSetup {
  readonly type: 'setup';
  /** Name of the image. */
  readonly image: string;
  /** Physical address of the image, as "0x10000000". */
  readonly base: string;
  /** Bytes of the region that the image lies in. */
  readonly mtd_size: number;
  /** Bytes of a page. */
  readonly page_size: number;
  /** `uname -r`: what the kernel model is chosen by. */
  readonly release: string;
  /** What is special about the kernel or the machine. */
  readonly variant?: string | undefined;
  /** `uname -v`. */
  readonly version?: string | undefined;
  /** `uname -m`. */
  readonly machine?: string | undefined;
  /** How the kernel keeps its struct pages, as "SPARSEMEM_VMEMMAP": RISC-V only. */
  readonly memory_model?: string | undefined;
  /** Whether the kernel asks for a struct page before it flushes for one: RISC-V only. */
  readonly patched?: boolean | undefined;
  /** The first and the last address of RAM, as "0x80000000-0x8bffffff": RISC-V only. */
  readonly ram?: string | undefined;
  /** The device's line of /proc/mtd. */
  readonly mtd?: string | undefined;
  /** What mount(2) failed with, or null. */
  readonly mount: string | null;
  /** Lines of the kernel log during the mount. */
  readonly kmsg: readonly string[];
}

/** The flags that a vector can have; one of the first two comes first. */
export const LAB_FLAGS = ['private', 'shared', 'populate', 'locked', 'rdwr', 'notouch'] as const;

/** `rdwr`: opened for reading and writing; `notouch`: the pages are not read. */
export type LabFlag = (typeof LAB_FLAGS)[number];

/** A request to map a part of a file, to look at the mapping, and to read each of its pages. */
export interface LabVector {
  readonly type: 'vector';
  readonly path: string;
  /** Bytes. */
  readonly length: number;
  /** Bytes from the start of the file. What JSON numbers cannot tell exactly is "0x7ffffffffffff000" in the file. */
  readonly offset: number;
  /** Letters of "rwx", or "-" for PROT_NONE. */
  readonly prot: string;
  /** Names of {@link LAB_FLAGS}, separated by commas. */
  readonly flags: string;
  /** What to do with the mapping then: names of actions, separated by commas. */
  readonly acts?: string | undefined;
}

/** A request to read(2) a whole file. */
export interface LabRead {
  readonly type: 'read';
  readonly path: string;
}

/** A request to run a program with the image as its root, LD_LIBRARY_PATH=/lib and PATH=/bin. */
export interface LabExec {
  readonly type: 'exec';
  readonly argv: readonly string[];
  /** What is recorded of it besides: the trace's filemap events while it runs, or its smaps when it ends. */
  readonly capture?: 'trace' | 'smaps' | undefined;
}

/** What a kernel can be asked. */
export type LabRequest = LabVector | LabRead | LabExec;

/** Pages of the mapping whose page table entries follow each other: first page, how many, PFN of the first as "0x10001". */
export type LabPteRun = readonly [page: number, pages: number, pfn: string];

/** What came of an action on a mapping; without `errno` it did not return. */
export interface LabActionRecord {
  readonly action: string;
  readonly errno?: string | null | undefined;
  readonly vmflags?: string | undefined;
  readonly maps_offset?: string | undefined;
  readonly vma_pages?: number | undefined;
  readonly direct?: readonly LabPteRun[] | undefined;
  readonly touch?: string | undefined;
  readonly crc?: readonly (string | null)[] | undefined;
  readonly mincore?: string | undefined;
  /** What a call of the code there returned, or the signal that it gave. */
  readonly ret?: number | undefined;
  readonly signal?: number | undefined;
  readonly write_touch?: string | undefined;
  readonly write_direct?: readonly LabPteRun[] | undefined;
  readonly kmsg?: readonly string[] | undefined;
}

/** How the kernel died in a call that never returned. */
export interface LabOops {
  /** The first line, with ADDRESS for the address that was accessed. */
  readonly what: string;
  readonly address?: string | undefined;
  /** The function that did it, and its caller. */
  readonly function?: string | undefined;
  readonly caller?: string | undefined;
  /** scause. */
  readonly cause?: number | undefined;
  /** The functions on the stack, innermost first. */
  readonly trace: readonly string[];
}

/** A vector and what came of it. What stands behind `kmsg` is there when the mapping came about. */
export interface LabVectorRecord extends LabVector {
  /** What mmap() failed with, or null; what open() failed with where `failed` is "open". */
  readonly errno: string | null;
  readonly failed?: 'open' | undefined;
  /** Lines that cramfs logged during the call. */
  readonly kmsg: readonly string[];
  readonly state?: 'pfnmap' | 'mixedmap' | 'none' | undefined;
  /** VmFlags of /proc/self/smaps. */
  readonly vmflags?: string | undefined;
  /** The offset column of /proc/self/maps, as "0x1000". */
  readonly maps_offset?: string | undefined;
  readonly vma_pages?: number | undefined;
  /** Pages of the image in the page table right after mmap(). */
  readonly direct_pages?: number | undefined;
  readonly pte?: readonly LabPteRun[] | undefined;
  /** A letter a page: o read, B SIGBUS, S SIGSEGV. Not with `notouch`. */
  readonly touch?: string | undefined;
  /** CRC-32 of each page as the process saw it, null where it was not readable. Not with `notouch`. */
  readonly crc?: readonly (string | null)[] | undefined;
  /** The signal that ended the process as it touched a page, where a child did the work. */
  readonly killed?: number | null | undefined;
  /** How the kernel died. Only the emulation lives to tell. */
  readonly bug?: string | undefined;
  /** False where the call never returned, because the kernel oopsed in it. */
  readonly returned?: false | undefined;
  readonly oops?: LabOops | undefined;
  /** What came of the actions, of those that the emulation runs too. */
  readonly actions?: readonly LabActionRecord[] | undefined;
}

/** A file read by read(2). */
export interface LabReadRecord extends LabRead {
  /** What open() failed with, or null. */
  readonly errno: string | null;
  /** st_size, in bytes. */
  readonly size: number;
  /** How many bytes could be read. */
  readonly bytes: number;
  /** CRC-32 of each page, padded with zeros. */
  readonly crc: readonly string[];
  /** Lines that cramfs logged, where it logged any. */
  readonly kmsg?: readonly string[] | undefined;
}

/** A program that was run. */
export interface LabExecRecord extends LabExec {
  /** Exit status, or null where a signal ended it. */
  readonly exit: number | null;
  readonly signal: number | null;
  /** Standard output and standard error: for most programs their /proc/self/maps stands at the end. */
  readonly output: string;
  /** Lines that cramfs logged. */
  readonly kmsg: readonly string[];
  /** Text of the trace or of smaps, where that was asked for. */
  readonly captured?: string | undefined;
  /** With smaps: pages of file mappings that are page cache, as lines "ADDRESS PAGES" (address hexadecimal). */
  readonly cached?: string | undefined;
  /** How the kernel died. Only the emulation lives to tell. */
  readonly bug?: string | undefined;
  /** True where a dynamic linker took over that the emulation does not know: only what execve() did is told. */
  readonly endsAtLinker?: true | undefined;
  /** False where execve(), or a call of the program, never returned. */
  readonly returned?: false | undefined;
  readonly oops?: LabOops | undefined;
}

/** What a kernel was asked and what came of it. */
export type LabRecord = LabVectorRecord | LabReadRecord | LabExecRecord;

/** What one kernel did with one image at one physical address. */
export interface LabTranscript {
  readonly setup: LabSetup;
  readonly records: readonly LabRecord[];
}

/** The flags of a vector. */
export function flagsOf(vector: Pick<LabVector, 'flags'>): ReadonlySet<LabFlag> {
  return new Set(vector.flags.split(',') as LabFlag[]);
}

/** What was asked for a record: the record without its results. */
export function requestOf(record: LabRequest): LabRequest {
  switch (record.type) {
    case 'vector': {
      const { type, path, length, offset, prot, flags, acts } = record;
      return { type, path, length, offset, prot, flags, ...(acts === undefined ? {} : { acts }) };
    }
    case 'read':
      return { type: record.type, path: record.path };
    case 'exec':
      return { type: record.type, argv: record.argv, ...captureOf(record) };
  }
}

/** The part of a request that asks for a capture. */
export function captureOf({ capture }: Pick<LabExec, 'capture'>): Pick<LabExec, 'capture'> {
  return capture === undefined ? {} : { capture };
}

/** Requests or records as text, one JSON object a line. */
export function jsonLinesText(lines: readonly (LabSetup | LabRequest)[]): string {
  const isExact = (value: unknown): boolean => typeof value !== 'number' || Number.isSafeInteger(value);
  const exact = (_: string, value: unknown): unknown => (isExact(value) ? value : hex(value as number));
  return lines.map((line) => `${JSON.stringify(line, exact)}\n`).join('');
}

/** A transcript as text. */
export function transcriptText({ setup, records }: LabTranscript): string {
  return jsonLinesText([setup, ...records]);
}
