/**
 * A mapping of a process (struct vm_area_struct), and the description of one to be (struct vm_area_desc).
 */
import type { OpenFile } from './fileOperations.ts';

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

/** Pages of a mapping (vma_pages()). */
export function vmaPages(vma: { readonly start: number; readonly end: number }, pageSize: number): number {
  return (vma.end - vma.start) / pageSize;
}
