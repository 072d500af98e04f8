/**
 * The pages behind the file mappings of a started program, and where each of them is.
 */
import type { Inode } from '../image/image.ts';
import type { Vma } from '../mm/vma.ts';
import { VM_ACCOUNT } from '../mm/vmFlags.ts';
import { filePagesOf } from './loadedSegments.ts';
import type { UserProcess } from './userProcess.ts';

/** Pages of a file at most: sizes have 24 bits, and a page has 12 at least. */
export const MAX_FILE_PAGES = 4096;

/** Takes the pages of a process. */
export interface FilePageVisitor {
  /** A page that is read straight from memory, by its page frame number. */
  direct(pfn: number): void;
  /** A page of the page cache, which all processes share. */
  cached(inode: Inode, page: number, vma: Vma): void;
  /** A page of the process's own, once it is written. */
  copied(vma: Vma): void;
}

/** Visits every page of every file mapping, as if all were touched; pages behind the end of a file are nobody's. */
export function visitFilePages(process: UserProcess, visitor: FilePageVisitor): void {
  const { pageSize } = process.cpu;
  for (const vma of process.mm.vmas) {
    const program = process.fileOf(vma);
    if (program === undefined) continue;
    const { inode } = program.file;
    const shown = filePagesOf(vma, program, pageSize);
    const isPrivate = (vma.vmFlags & VM_ACCOUNT) !== 0;
    for (let page = 0; page < shown; page++) {
      const pte = process.mm.pageTable.get(vma.start / pageSize + page);
      if (pte?.kind === 'direct') visitor.direct(pte.pfn);
      else if (isPrivate || (pte?.kind === 'folio' && pte.folio.anonymous)) visitor.copied(vma);
      else visitor.cached(inode, vma.pgoff + page, vma);
    }
  }
}
