/**
 * What a process without an MMU sees of each page of a mapping.
 */
import { crc32 } from '../format/crc32.ts';
import { filePages } from '../driver/inode.ts';
import type { PageView } from '../mm/addressSpace.ts';
import type { NommuMachine } from '../mm/nommu/machine.ts';
import type { NommuVma } from '../mm/nommu/vmaTree.ts';
import type { PageVerdict, Sight } from './mapVerdict.ts';
import { showsWhatReadGives, storedAs } from './pageVerdicts.ts';
import type { MappedProcess } from './process.ts';
import type { MapDetail } from './request.ts';
import { sightOf } from './sight.ts';

type Mapped = Pick<MappedProcess, 'board' | 'file' | 'pgoff'>;

/**
 * Reads each page. Where there is no memory for sure the read is a bus error and kills.
 *
 * @throws CramfsError IO; TRUNCATED or OUTSIDE_IMAGE for block pointers that are not there
 */
export function nommuPages(mapped: Mapped, machine: NommuMachine, vma: NommuVma, detail: MapDetail): PageVerdict[] {
  const { pageSize } = mapped.board.cpu;
  const inFlash = vma.region.copy === null;
  const verdicts: PageVerdict[] = [];
  for (let address = vma.start; address < vma.end; address += pageSize) {
    const page = verdicts.length;
    const index = mapped.pgoff + page;
    const bytes = machine.read(address, pageSize);
    const phys = inFlash ? address : null;
    const foreign = bytes === null && machine.kernel.memory.placeOf(address).kind === 'foreign';
    const view: PageView = bytes !== null || foreign ? { touch: 'ok', bytes } : { touch: 'killed' };
    verdicts.push({
      page,
      kind: view.touch === 'killed' ? 'killed' : inFlash ? 'direct' : 'paged',
      phys,
      source: detail.pages === true ? storedAs(mapped, index) : null,
      crc: detail.crc === true && bytes !== null ? crc32(bytes) : null,
      foreign,
      sight: detail.trace === true ? sight(mapped, index, view, phys) : null,
      asRead: detail.trace === true && bytes !== null ? showsWhatReadGives(mapped, index, bytes) : null,
    });
  }
  return verdicts;
}

/** As with an MMU, but that a copy may reach behind the end of the file, and rightly is zeros there. */
function sight(mapped: Mapped, index: number, view: PageView, phys: number | null): Sight {
  const seen = sightOf(mapped, index, view, phys);
  const behindEnd = index >= filePages(mapped.board.mounted(), mapped.file.inode);
  return behindEnd && seen.shows === 'zeros' ? { shows: 'ok' } : seen;
}
