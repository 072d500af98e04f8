/**
 * What a process sees of each page of a mapping: it is made to read them, first to last.
 */
import { sameBytes } from '../base/bytes.ts';
import { crc32 } from '../format/crc32.ts';
import { filePages } from '../driver/inode.ts';
import { readFolio } from '../driver/readFolio.ts';
import { type BlockKind, fileBlock } from '../image/blocks.ts';
import type { PageView } from '../mm/addressSpace.ts';
import { type Vma, vmaPages } from '../mm/vma.ts';
import type { PageKind, PageVerdict, RestOfPages } from './mapVerdict.ts';
import type { MappedProcess } from './process.ts';
import type { MapDetail } from './request.ts';
import { sightOf } from './sight.ts';

/** Mappings of more pages than this are not looked at page by page to their end. A file has at most 4096. */
export const MAX_SINGLE_PAGES = 1 << 14;

/** What a look at all pages comes to. */
export interface PagesSeen {
  readonly pages: readonly PageVerdict[];
  readonly rest: RestOfPages | null;
}

/**
 * Touches each page and reports what came of it. Of a mapping of more than MAX_SINGLE_PAGES these are the pages that have
 * an entry or belong to the file, and one more; those behind are all alike, and the last of them is touched.
 *
 * @throws CramfsError IO; TRUNCATED or OUTSIDE_IMAGE for block pointers that are not there
 */
export function pageVerdicts(mapped: MappedProcess, vma: Vma, detail: MapDetail): PagesSeen {
  const total = vmaPages(vma, mapped.board.cpu.pageSize);
  const single = total > MAX_SINGLE_PAGES ? Math.min(total, distinctPages(mapped, vma, total) + 1) : total;
  const pages: PageVerdict[] = [];
  for (let page = 0; page < single; page++) pages.push(lookAt(mapped, vma, page, detail));
  if (single === total) return { pages, rest: null };
  const { kind, sight } = lookAt(mapped, vma, total - 1, detail);
  return { pages, rest: { page: single, pages: total - single, kind, sight } };
}

/** Pages of the vma up to the last that has an entry, or that the file has, by the offset asked for or by the vma's own. */
function distinctPages(mapped: MappedProcess, vma: Vma, total: number): number {
  const { board, file, mm, pgoff } = mapped;
  const inFile = filePages(board.mounted(), file.inode) - Math.min(pgoff, vma.pgoff);
  const lastRun = mm.pageTable.directRuns(vma.start / board.cpu.pageSize, total).at(-1);
  return Math.max(0, inFile, lastRun === undefined ? 0 : lastRun.page + lastRun.pages);
}

/** Touches one page of the vma. */
function lookAt(mapped: MappedProcess, vma: Vma, page: number, detail: MapDetail): PageVerdict {
  const pte = mapped.mm.pageTable.get(vma.start / mapped.board.cpu.pageSize + page);
  const phys = pte?.kind === 'direct' ? pte.pfn * mapped.board.cpu.pageSize : null;
  const view = mapped.mm.readPage(vma, page);
  const bytes = view.touch === 'ok' ? view.bytes : null;
  const index = mapped.pgoff + page;
  return {
    page,
    kind: pageKind(view, phys),
    phys,
    source: detail.pages === true ? storedAs(mapped, index) : null,
    crc: detail.crc === true && bytes !== null ? crc32(bytes) : null,
    foreign: view.touch === 'ok' && bytes === null,
    sight: detail.trace === true ? sightOf(mapped, index, view, phys) : null,
    asRead: detail.trace === true && bytes !== null ? showsWhatReadGives(mapped, index, bytes) : null,
  };
}

function pageKind(view: PageView, phys: number | null): PageKind {
  if (view.touch === 'SIGBUS') return 'sigbus';
  if (view.touch === 'SIGSEGV') return 'sigsegv';
  if (view.touch === 'killed') return 'killed';
  return phys === null ? 'paged' : 'direct';
}

/** Whether the file's bytes in a page are those that read(2) gives; null behind the end of the file or where it fails. */
export function showsWhatReadGives(
  { board, file }: Pick<MappedProcess, 'board' | 'file'>,
  index: number,
  bytes: Uint8Array,
): boolean | null {
  const fs = board.mounted();
  if (index >= filePages(fs, file.inode)) return null;
  const read = readFolio(fs, file.inode, index, board.image.inflate);
  if ('error' in read) return null;
  const length = Math.min(bytes.length, file.inode.size - index * board.cpu.pageSize);
  return sameBytes(read.bytes.subarray(0, length), bytes.subarray(0, length));
}

/** How the block of a page is stored; null behind the end of the file. */
export function storedAs(mapped: Pick<MappedProcess, 'board' | 'file'>, index: number): BlockKind | null {
  const { board, file } = mapped;
  if (index >= filePages(board.mounted(), file.inode)) return null;
  return fileBlock(board.image, file.inode, index, file.resolved.path).kind;
}
