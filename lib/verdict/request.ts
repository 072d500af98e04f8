/**
 * What is asked of a mapping.
 */
import type { Action } from './actions.ts';

/** A request to map a part of a file. */
export interface MapRequest {
  /** Path in the image; symlinks are followed. */
  readonly path: string;
  /** Byte offset in the file. Default 0. */
  readonly offset?: number | undefined;
  /** Bytes to map. Default: to the end of the file, at least a page. */
  readonly length?: number | undefined;
  /** Letters of "rwx" in any order; "" or "-" for PROT_NONE. Default "r". */
  readonly prot?: string | undefined;
  /** MAP_SHARED; else MAP_PRIVATE. */
  readonly shared?: boolean | undefined;
  /** MAP_POPULATE. */
  readonly populate?: boolean | undefined;
  /** MAP_LOCKED. */
  readonly locked?: boolean | undefined;
  /** The file is opened for reading and writing, which a read-only file system refuses. */
  readonly rdwr?: boolean | undefined;
  /** Virtual address to map at. Default: the kernel's choice. */
  readonly vmaStart?: number | undefined;
  /** Whether nothing is mapped right behind. Default: the process's other memory is there, in use. */
  readonly lone?: boolean | undefined;
  /** What the process does with the mapping afterwards. Kernels with an MMU only. */
  readonly actions?: readonly Action[] | undefined;
  /** MAP_TYPE in place of MAP_PRIVATE or MAP_SHARED. Kernels without an MMU only, as what follows. */
  readonly mapType?: 'none' | 'shared_validate' | undefined;
  /** MAP_FIXED. */
  readonly fixed?: boolean | undefined;
  /** The calling thread is being traced. */
  readonly traced?: boolean | undefined;
  /** The file system is mounted noexec. */
  readonly noexec?: boolean | undefined;
}

/** What is to be found out beyond the mapping itself. */
export interface MapDetail {
  /** What a touch of each page gives, and where its data comes from. */
  readonly pages?: boolean | undefined;
  /** The CRC-32 of each page as the process sees it. */
  readonly crc?: boolean | undefined;
  /** The primitives called, what stands behind the vma, and what each page shows. */
  readonly trace?: boolean | undefined;
  /** Why the mapping is not wholly direct, and what would change it. */
  readonly advice?: boolean | undefined;
  /** With advice: which direct pages do not show their own block. Default true. */
  readonly misplaced?: boolean | undefined;
  /** No page is touched, whatever else is asked: what pages show stays unknown. */
  readonly untouched?: boolean | undefined;
}

/** Whether a detail needs pages to be touched. */
export function looksAtPages(detail: MapDetail): boolean {
  if (detail.untouched === true) return false;
  return detail.pages === true || detail.crc === true || detail.trace === true;
}
