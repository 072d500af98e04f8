/**
 * The contract between memory management and a file system: struct file_operations in miniature.
 *
 * Memory management knows nothing of cramfs. It asks a file to prepare and to complete a mapping, and for the folios of
 * its page cache; without an MMU, also where the file's bytes stand.
 */
import type { Errno } from './errno.ts';
import type { Kernel } from './kernel.ts';
import type { PageTable } from './pageTable.ts';

/** A mapping that is being prepared: mmap_prepare() may change what it will be, and nothing else. */
export interface VmAreaDesc {
  /** First virtual address. */
  readonly start: number;
  /** Virtual address behind the last. */
  readonly end: number;
  /** Offset in the file in pages; for a COW mapping of page frames, the first frame's number. */
  pgoff: number;
  vmFlags: number;
  /** vm_page_prot in hexadecimal. */
  readonly pageProt: string;
  readonly file: OpenFile;
  /** Whatever prepare wants complete to know (mmap_context). */
  mmapContext: unknown;
}

/** A mapping of a process. */
export interface Vma {
  readonly start: number;
  readonly end: number;
  pgoff: number;
  vmFlags: number;
  readonly pageProt: string;
  readonly file: OpenFile;
}

/** How a touch of a page ends; `killed`: the page table entry is corrupt, the kernel oopses and kills the process. */
export type Touch = 'ok' | 'SIGBUS' | 'SIGSEGV' | 'killed';

/** What a process sees of one page; `bytes` is null for foreign memory, whose content nobody here knows. */
export type PageView =
  { readonly touch: 'ok'; readonly bytes: Uint8Array | null } | { readonly touch: Exclude<Touch, 'ok'> };

/** What the kernel's own code and a file's hooks see of a process's memory (struct mm_struct). */
export interface MmStruct {
  readonly kernel: Kernel;
  readonly pageTable: PageTable;
  /** What has been read of files; pages are counted from 0. */
  readonly pageCache: { has(file: OpenFile, index: number): boolean };
  /** The mappings, lowest address first: a list of its own, of the mappings themselves. */
  readonly vmas: Vma[];
  /** Where a mapping of that many bytes goes, top-down. */
  unmappedArea(length: number): number;
  /** Puts pieces in the place of a mapping; null pieces are left out. */
  replace(vma: Vma, pieces: readonly (Vma | null)[]): void;
  /** Touches a page of a mapping, for reading. */
  readPage(vma: Vma, page: number): PageView;
}

/** A page of a file as the file system reads it, or the error that the reading ends in. */
export type FolioRead = { readonly bytes: Uint8Array } | { readonly error: Errno; readonly log: readonly string[] };

/** What mmap() of a file calls. */
export interface MmapHooks {
  /**
   * Whether prepare runs before memory management tries to merge the mapping with its neighbours (mmap_prepare()). The
   * older mmap() is called only for a mapping that stays by itself.
   */
  readonly preparesFirst?: boolean;
  /**
   * Whether its mappings of page frames have no fault handler (no vm_ops): a page without an entry becomes an anonymous page
   * of zeros. Default: it comes from the page cache.
   */
  readonly zeroFills?: boolean;
  /** Decides, before the vma exists. It may change the description only. */
  prepare(desc: VmAreaDesc, kernel: Kernel): Errno | null;
  /** Populates, once the vma is in place. An error unmaps it again. */
  complete(vma: Vma, context: unknown, mm: MmStruct): Errno | null;
}

/** What a kernel without an MMU asks of a file, besides. */
export interface NommuOperations {
  /** mmap_capabilities(): NOMMU_MAP_* bits. */
  readonly capabilities: number;
  /**
   * get_unmapped_area(): the physical address at which the wanted part of the file already stands. ENOSYS when it does
   * not stand anywhere in one piece, so that only a copy can be mapped; any other error ends the mmap().
   *
   * @param length bytes, whole pages
   * @param pgoff pages
   * @param log the kernel log
   */
  getUnmappedArea(length: number, pgoff: number, log: string[]): number | Errno;
}

/** What a file can do. */
export interface FileOperations {
  /** Null where the file cannot be mapped (ENODEV). */
  readonly mmap: MmapHooks | null;
  /** Reads page `index` of the file into the page cache: a page of bytes, zeros behind the end of the file. */
  readFolio(index: number): FolioRead;
  /** Undefined where a kernel without an MMU knows nothing special about the file: it can be copied. */
  readonly nommu?: NommuOperations | undefined;
}

/** A file opened by a process. */
export interface OpenFile {
  /** The file's own name, as %pD prints it. */
  readonly name: string;
  /** Bytes in the file. */
  readonly size: number;
  readonly operations: FileOperations;
}
