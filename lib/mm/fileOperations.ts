/**
 * The contract between memory management and a file system: struct file_operations in miniature.
 *
 * Memory management knows nothing of cramfs. It asks a file to prepare and to complete a mapping, and for the folios of
 * its page cache; without an MMU, also where the file's bytes stand.
 */
import type { AddressSpace } from './addressSpace.ts';
import type { Errno } from './errno.ts';
import type { Kernel } from './kernel.ts';
import type { Vma, VmAreaDesc } from './vma.ts';

/** A page of a file as the file system reads it, or the error that the reading ends in. */
export type FolioRead = { readonly bytes: Uint8Array } | { readonly error: Errno; readonly log: readonly string[] };

/** What mmap() of a file calls. */
export interface MmapHooks {
  /**
   * Whether prepare runs before memory management tries to merge the mapping with its neighbours (mmap_prepare()). The
   * older mmap() is called only for a mapping that stays by itself.
   */
  readonly preparesFirst?: boolean;
  /** Decides, before the vma exists. It may change the description only. */
  prepare(desc: VmAreaDesc, kernel: Kernel): Errno | null;
  /** Populates, once the vma is in place. An error unmaps it again. */
  complete(vma: Vma, context: unknown, mm: AddressSpace): Errno | null;
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
