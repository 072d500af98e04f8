/**
 * What is wrong with an image beside the verdict on one mapping of it.
 */
import { CramfsError } from '../base/errors.ts';
import { filePages } from '../driver/inode.ts';
import { findBlock } from '../driver/readFolio.ts';
import { fileBlock } from '../image/blocks.ts';
import { guessPageSize } from '../image/pageSize.ts';
import type { IcacheFault } from '../mm/icache.ts';
import type { PteRun } from '../mm/pageTable.ts';
import type { MapWarning } from './mapVerdict.ts';
import type { MappedProcess } from './process.ts';
import { looksAtPages, type MapDetail } from './request.ts';

/** The part of a mapping that matters here. */
type Mapped = Pick<MappedProcess, 'board' | 'file' | 'pgoff'>;

/**
 * Refuses a verdict on bytes that the image should have and the file has not: what a truncated file would really hold
 * there is unknown.
 *
 * @throws CramfsError TRUNCATED
 */
export function requireNotTruncated(mapped: Mapped, direct: readonly PteRun[], pages: number, detail: MapDetail): void {
  const { board, file, pgoff } = mapped;
  if (!board.isTruncated) return;
  const fs = board.mounted();
  const { pageSize } = board.cpu;
  const have = board.image.source.size;
  const check = (start: number, length: number, what: string): void => {
    if (length === 0 || start + length <= have || start >= fs.size) return;
    throw new CramfsError('TRUNCATED', {
      path: file.resolved.path,
      offset: start,
      what,
      expected: `a file of ${String(fs.size)} bytes, as the superblock says`,
      found: `one of ${String(have)}`,
    });
  };
  for (const run of direct) {
    check(run.pfn * pageSize - board.memory.base, run.pages * pageSize, `data of page ${String(pgoff + run.page)}`);
  }
  if (!looksAtPages(detail)) return;
  const end = Math.min(pgoff + pages, filePages(fs, file.inode));
  for (let index = pgoff; index < end; index++) {
    const { start, length } = findBlock(fs, file.inode, index);
    check(start, length, `block ${String(index)}`);
  }
}

/** RISC-V with FLATMEM: setting executable entries sets bits of memory that is not the image's. */
export function icacheWarning(fault: IcacheFault | null, pageSize: number): MapWarning[] {
  if (fault?.outcome !== 'bit') return [];
  return [{ code: 'icache-bit', pages: fault.pages, address: fault.pfn * pageSize }];
}

/** Things the user should know, most important first. */
export function findWarnings(mapped: Mapped, direct: readonly PteRun[], hangs: boolean): MapWarning[] {
  return [
    ...strayPages(mapped, direct),
    ...hangWarning(hangs),
    ...pageSizeWarning(mapped),
    ...truncationWarning(mapped),
  ];
}

/**
 * The last-page defect of Linux's read path: a direct last block of a whole page is taken for a hole, so that the page
 * reads as zeros wherever it is not mapped directly.
 *
 * @param pages pages of the vma
 */
export function lastPageWarning(mapped: Mapped, direct: readonly PteRun[], pages: number): MapWarning[] {
  const { board, file, pgoff } = mapped;
  const { inode } = file;
  const last = Math.floor(inode.size / board.cpu.pageSize) - 1;
  if (inode.type !== 'file' || inode.size % board.cpu.pageSize !== 0 || last < pgoff || last >= pgoff + pages)
    return [];
  if (direct.some((run) => last - pgoff >= run.page && last - pgoff < run.page + run.pages)) return [];
  if (fileBlock(board.image, inode, last, file.resolved.path).kind !== 'direct') return [];
  return [{ code: 'last-page-zeros', page: last }];
}

function strayPages({ board, file, pgoff }: Mapped, direct: readonly PteRun[]): MapWarning[] {
  const { memory, cpu, image } = board;
  const stray = { foreign: 0, behind: 0 };
  const first = { foreign: 0, behind: 0 };
  let byKernel = false;
  for (const run of direct) {
    const start = run.pfn * cpu.pageSize;
    const end = start + run.pages * cpu.pageSize;
    if (start >= memory.base && end <= memory.base + image.size) continue;
    for (let address = start; address < end; address += cpu.pageSize) {
      const outside = address < memory.base || address + cpu.pageSize > memory.base + memory.size;
      const kind = outside ? 'foreign' : address + cpu.pageSize > memory.base + image.size ? 'behind' : null;
      if (kind === null) continue;
      if (stray[kind]++ > 0) continue;
      first[kind] = address;
      if (kind !== 'foreign') continue;
      const page = pgoff + run.page + (address - start) / cpu.pageSize;
      byKernel = memory.base + fileBlock(image, file.inode, page, file.resolved.path).start !== address;
    }
  }
  const warnings: MapWarning[] = [];
  if (stray.foreign > 0)
    warnings.push({ code: 'foreign-memory', pages: stray.foreign, address: first.foreign, byKernel });
  if (stray.behind > 0) warnings.push({ code: 'outside-image', pages: stray.behind, address: first.behind });
  return warnings;
}

function hangWarning(hangs: boolean): MapWarning[] {
  return hangs ? [{ code: 'populate-hangs' }] : [];
}

function pageSizeWarning({ board, file }: Mapped): MapWarning[] {
  if (file.inode.type !== 'file') return [];
  const { pageSize } = board.image;
  const madeFor = guessPageSize(board.image, file.inode);
  return madeFor === null || madeFor === pageSize ? [] : [{ code: 'page-size', madeFor, pageSize }];
}

function truncationWarning({ board: { image, isTruncated } }: Mapped): MapWarning[] {
  return isTruncated ? [{ code: 'truncated', size: image.superblock.size, available: image.source.size }] : [];
}
