/**
 * What a process sees of each page of a mapping: it is made to read them, first to last.
 */
import { sameBytes } from '../base/bytes.ts';
import { CramfsError } from '../base/errors.ts';
import { crc32 } from '../format/crc32.ts';
import { filePages } from '../driver/inode.ts';
import { readFolio } from '../driver/readFolio.ts';
import { type BlockKind, fileBlock } from '../image/blocks.ts';
import type { PageView } from '../mm/addressSpace.ts';
import { type Vma, vmaPages } from '../mm/vma.ts';
import type { PageKind, PageVerdict } from './mapVerdict.ts';
import type { MappedProcess } from './process.ts';
import type { MapDetail } from './request.ts';
import { sightOf } from './sight.ts';

/** Pages that are looked at one by one at most: 4 GiB of them, and a file has at most 16 MiB. */
export const MAX_DETAIL_PAGES = 1 << 20;

/**
 * Touches each page and tells what came of it.
 *
 * @throws CramfsError USAGE for a mapping of more than MAX_DETAIL_PAGES; IO; TRUNCATED or OUTSIDE_IMAGE for block pointers that are not there
 */
export function pageVerdicts(mapped: MappedProcess, vma: Vma, detail: MapDetail): PageVerdict[] {
  const { pageSize } = mapped.board.cpu;
  const verdicts: PageVerdict[] = [];
  const pages = vmaPages(vma, pageSize);
  if (pages > MAX_DETAIL_PAGES) {
    throw new CramfsError('USAGE', {
      found: `${String(pages)} pages are too many to look at one by one: at most ${String(MAX_DETAIL_PAGES)}`,
    });
  }
  for (let page = 0; page < pages; page++) {
    const pte = mapped.mm.pageTable.get(vma.start / pageSize + page);
    const phys = pte?.kind === 'direct' ? pte.pfn * pageSize : null;
    const view = mapped.mm.readPage(vma, page);
    const bytes = view.touch === 'ok' ? view.bytes : null;
    const index = mapped.pgoff + page;
    verdicts.push({
      page,
      kind: pageKind(view, phys),
      phys,
      source: detail.pages === true ? storedAs(mapped, index) : null,
      crc: detail.crc === true && bytes !== null ? crc32(bytes) : null,
      foreign: view.touch === 'ok' && bytes === null,
      sight: detail.trace === true ? sightOf(mapped, index, view, phys) : null,
      asRead: detail.trace === true && bytes !== null ? showsWhatReadGives(mapped, index, bytes) : null,
    });
  }
  return verdicts;
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
