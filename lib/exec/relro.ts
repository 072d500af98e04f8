/**
 * PT_GNU_RELRO: what a dynamic linker makes read-only once it has relocated an object.
 */
import { roundDown } from '../base/pages.ts';
import { PT_GNU_RELRO } from '../elf/elf.ts';
import type { LoadedObject } from './elfMap.ts';
import type { UserProcess } from './userProcess.ts';

/**
 * Makes the part of an object read-only that relocation alone had to write (PT_GNU_RELRO): both ends rounded down to a
 * page, as glibc and musl do.
 */
export function protectRelro(process: UserProcess, { headers, bias }: LoadedObject): void {
  const relro = headers.segments.findLast(({ type }) => type === PT_GNU_RELRO);
  if (relro === undefined) return;
  const { pageSize } = process.cpu;
  const start = roundDown(bias + relro.vaddr, pageSize);
  const end = roundDown(bias + relro.vaddr + relro.memorySize, pageSize);
  if (end > start) process.mprotect(start, end - start, { read: true, write: false, exec: false });
}
