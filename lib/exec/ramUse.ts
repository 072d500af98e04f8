/**
 * What of a started program takes RAM, once all of it is touched.
 */
import { roundUp } from '../base/pages.ts';
import { PF_W, PT_LOAD } from '../elf/elf.ts';
import { VM_EXEC, VM_WRITE } from '../mm/vmFlags.ts';
import { MAX_FILE_PAGES, visitFilePages } from './filePages.ts';
import type { UserProcess } from './userProcess.ts';

/** Bytes of RAM by what they hold, in whole pages. All but `bss` are pages of files, and could be less with another build. */
export interface RamUse {
  /** Executable pages that are not mapped directly: copies in the page cache. */
  readonly text: number;
  /** Read-only pages that are not mapped directly, likewise. */
  readonly rodata: number;
  /** Pages that are relocated and then write-protected (PT_GNU_RELRO): a copy for each process. */
  readonly relro: number;
  /** Writable pages of files: a copy for each process. */
  readonly data: number;
  /** Pages past the files' own data (.bss), zeroed for each process. */
  readonly bss: number;
}

export const NO_RAM: RamUse = { text: 0, rodata: 0, relro: 0, data: 0, bss: 0 };

/** Counts the pages of a process; those of the page cache that it maps more than once count once. */
export function ramUse(process: UserProcess): RamUse {
  const pages = { text: 0, rodata: 0, relro: 0, data: 0 };
  const cached = new Set<number>();
  visitFilePages(process, {
    direct: () => undefined,
    cached: ({ ino }, page, { vmFlags }) => {
      const key = ino * MAX_FILE_PAGES + page;
      if (cached.has(key)) return;
      cached.add(key);
      pages[(vmFlags & VM_EXEC) === 0 ? 'rodata' : 'text']++;
    },
    copied: ({ vmFlags }) => pages[(vmFlags & VM_WRITE) === 0 ? 'relro' : 'data']++,
  });
  const { pageSize } = process.cpu;
  return {
    text: pages.text * pageSize,
    rodata: pages.rodata * pageSize,
    relro: pages.relro * pageSize,
    data: pages.data * pageSize,
    bss: bssBytes(process),
  };
}

function bssBytes({ objects, cpu: { pageSize } }: UserProcess): number {
  let bytes = 0;
  for (const { headers } of objects) {
    for (const { type, flags, vaddr, fileSize, memorySize } of headers.segments) {
      if (type !== PT_LOAD || (flags & PF_W) === 0) continue;
      const end = fileSize === 0 ? vaddr - (vaddr % pageSize) : roundUp(vaddr + fileSize, pageSize);
      bytes += Math.max(0, roundUp(vaddr + memorySize, pageSize) - end);
    }
  }
  return bytes;
}
