/**
 * What a process sees of each page of a mapping: it is made to read them, first to last.
 */
import { crc32 } from '../format/crc32.ts';
import { filePages } from '../driver/inode.ts';
import { type BlockKind, fileBlock } from '../image/blocks.ts';
import type { PageView } from '../mm/addressSpace.ts';
import { type Vma, vmaPages } from '../mm/vma.ts';
import type { PageKind, PageVerdict } from './mapVerdict.ts';
import type { MappedProcess } from './process.ts';
import type { MapDetail } from './request.ts';
import { sightOf } from './sight.ts';

/**
 * Touches each page and tells what came of it.
 *
 * @throws CramfsError IO; TRUNCATED or OUTSIDE_IMAGE for block pointers that are not there
 */
export function pageVerdicts(mapped: MappedProcess, vma: Vma, detail: MapDetail): PageVerdict[] {
  const { pageSize } = mapped.board.cpu;
  const verdicts: PageVerdict[] = [];
  for (let page = 0; page < vmaPages(vma, pageSize); page++) {
    const pte = mapped.mm.pageTable.get(vma.start / pageSize + page);
    const phys = pte?.kind === 'direct' ? pte.pfn * pageSize : null;
    const view = mapped.mm.readPage(vma, page);
    const bytes = view.touch === 'ok' ? view.bytes : null;
    verdicts.push({
      page,
      kind: pageKind(view, phys),
      phys,
      source: detail.pages === true ? storedAs(mapped, mapped.pgoff + page) : null,
      crc: detail.crc === true && bytes !== null ? crc32(bytes) : null,
      foreign: view.touch === 'ok' && bytes === null,
      sight: detail.trace === true ? sightOf(mapped, mapped.pgoff + page, view, phys) : null,
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

function storedAs(mapped: MappedProcess, index: number): BlockKind | null {
  const { board, file } = mapped;
  if (index >= filePages(board.mounted(), file.inode)) return null;
  return fileBlock(board.image, file.inode, index, file.resolved.path).kind;
}
