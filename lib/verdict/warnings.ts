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

/** A mapping as warnings see it. */
export interface Shown {
  /** Direct pages. */
  readonly direct: readonly PteRun[];
  /** Those of them that may lie outside the image. Default: all. */
  readonly perhapsOutside?: readonly PteRun[];
  /** Pages of the vma. */
  readonly pages: number;
  /** See MmapResult. */
  readonly hangs: boolean;
  readonly icache: IcacheFault | null;
}

/** Things the user should know, most important first. */
export function findWarnings(mapped: Mapped, shown: Shown): MapWarning[] {
  const { direct, perhapsOutside = direct, pages, hangs, icache } = shown;
  // One list that each adds to: most mappings have none, and a batch asks for many.
  const warnings: MapWarning[] = [];
  if (icache !== null) warnOfIcache(warnings, icache, mapped.board.cpu.pageSize);
  for (const run of perhapsOutside) {
    if (!liesIn(mapped.board, run)) {
      warnings.push(...strayPages(mapped, perhapsOutside));
      break;
    }
  }
  if (hangs) warnings.push({ code: 'populate-hangs' });
  warnOfPageSize(warnings, mapped);
  warnOfTruncation(warnings, mapped);
  warnOfLastPage(warnings, mapped, direct, pages);
  return warnings;
}

/** RISC-V with FLATMEM: setting executable entries sets bits of memory that is not the image's. */
function warnOfIcache(warnings: MapWarning[], fault: IcacheFault, pageSize: number): void {
  if (fault.outcome !== 'bit') return;
  warnings.push({ code: 'icache-bit', pages: fault.pages, address: fault.pfn * pageSize });
}

/**
 * The last-page defect of Linux's read path: a direct last block of a whole page is taken for a hole, so that the page
 * reads as zeros wherever it is not mapped directly.
 *
 * @param pages pages of the vma
 */
function warnOfLastPage(
  warnings: MapWarning[],
  { board, file, pgoff }: Mapped,
  direct: readonly PteRun[],
  pages: number,
): void {
  const { inode } = file;
  const last = Math.floor(inode.size / board.cpu.pageSize) - 1;
  if (inode.type !== 'file' || inode.size % board.cpu.pageSize !== 0 || last < pgoff || last >= pgoff + pages) return;
  if (direct.some((run) => last - pgoff >= run.page && last - pgoff < run.page + run.pages)) return;
  if (fileBlock(board.image, inode, last, file.resolved.path).kind !== 'direct') return;
  warnings.push({ code: 'last-page-zeros', page: last });
}

/** Whether all pages of a run show bytes of the image. */
function liesIn({ memory, cpu, image }: Mapped['board'], run: PteRun): boolean {
  const start = run.pfn * cpu.pageSize;
  return start >= memory.base && start + run.pages * cpu.pageSize <= memory.base + image.size;
}

function strayPages({ board, file, pgoff }: Mapped, direct: readonly PteRun[]): MapWarning[] {
  const { memory, cpu, image } = board;
  const stray = { foreign: 0, behind: 0 };
  const first = { foreign: 0, behind: 0 };
  let byKernel = false;
  for (const run of direct) {
    if (liesIn(board, run)) continue;
    const start = run.pfn * cpu.pageSize;
    const end = start + run.pages * cpu.pageSize;
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

function warnOfPageSize(warnings: MapWarning[], { board, file }: Mapped): void {
  if (file.inode.type !== 'file') return;
  const { pageSize } = board.image;
  const madeFor = guessPageSize(board.image, file.inode);
  if (madeFor !== null && madeFor !== pageSize) warnings.push({ code: 'page-size', madeFor, pageSize });
}

function warnOfTruncation(warnings: MapWarning[], { board: { image, isTruncated } }: Mapped): void {
  if (isTruncated) warnings.push({ code: 'truncated', size: image.superblock.size, available: image.source.size });
}
