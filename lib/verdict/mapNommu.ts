/**
 * A request to a kernel without an MMU, as if nothing else were mapped on the machine.
 */
import { crc32 } from '../format/crc32.ts';
import { errnoForWriting } from '../driver/inode.ts';
import type { PteRun } from '../mm/pageTable.ts';
import { NommuMachine } from '../mm/nommu/machine.ts';
import { NommuProcess } from '../mm/nommu/process.ts';
import { mapsType } from '../mm/nommu/procMaps.ts';
import type { NommuMmapRequest } from '../mm/nommu/validate.ts';
import type { NommuVma } from '../mm/nommu/vmaTree.ts';
import type { BoardFile, MountedBoard } from './mountedBoard.ts';
import { failedVerdict } from './failedVerdict.ts';
import type { MapVerdict, Understood } from './mapVerdict.ts';
import { nommuKernel, openNommuFile } from './nommuFile.ts';
import { nommuPages } from './nommuPages.ts';
import { looksAtPages, type MapDetail, type MapRequest } from './request.ts';
import { findWarnings, requireNotTruncated } from './warnings.ts';

/** What a failure does not bring. */
const NOTHING = { errno: null, failed: null, bug: null, icache: null } as const;

/**
 * Emulates mmap() in a new process, with no other region on the machine.
 *
 * @throws CramfsError TRUNCATED for data that the image should have and has not, IO
 */
export function mapNommu(
  board: MountedBoard,
  file: BoardFile,
  understood: Understood,
  request: MapRequest,
  detail: MapDetail,
): MapVerdict {
  if (request.rdwr === true) {
    const errno = errnoForWriting(file.inode);
    return failedVerdict(understood, { ...NOTHING, errno, failed: 'open', log: [], trace: null, beyond: null });
  }
  const machine = new NommuMachine(nommuKernel(board));
  const { log } = machine.kernel;
  const process = new NommuProcess(machine);
  const opened = openNommuFile(board, file, { noexec: request.noexec });
  const touches = looksAtPages(detail);
  // There are no page tables, hence no primitives that fill them.
  const traced = detail.trace === true ? { trace: [], beyond: [] } : { trace: null, beyond: null };
  const result = process.mmap(opened, nommuRequest(understood, request));
  if ('errno' in result) {
    return failedVerdict(understood, { ...NOTHING, errno: result.errno, failed: 'mmap', log, ...traced });
  }
  if ('bug' in result) return failedVerdict(understood, { ...NOTHING, bug: result.bug, log, ...traced });

  const { vma } = result;
  const { pageSize } = board.cpu;
  const pages = (vma.end - vma.start) / pageSize;
  const inFlash = vma.region.copy === null;
  // One run at an address that need not be page aligned, hence in fractions of a page frame.
  const direct: PteRun[] = inFlash ? [{ page: 0, pages, pfn: vma.start / pageSize }] : [];
  const at = { board, file, pgoff: vma.pgoff };
  requireNotTruncated(at, direct, pages, detail);
  return {
    kind: 'nommu',
    path: understood.path,
    offset: understood.offset,
    length: understood.length,
    prot: understood.prot,
    flags: understood.flags,
    pageSize: understood.pageSize,
    file: understood.file,
    machine: understood.machine,
    errno: null,
    failed: null,
    bug: null,
    icache: null,
    state: null,
    bailout: null,
    misaligned: null,
    physAddress: inFlash ? vma.start : null,
    vmaStart: vma.start,
    vmaPages: pages,
    directPages: inFlash ? pages : 0,
    direct: [],
    vmPgoff: vma.pgoff,
    mapsOffset: vma.pgoff * pageSize,
    vmFlags: null,
    log,
    pagesBehindEnd: null,
    runEnd: null,
    warnings: findWarnings(at, {
      direct,
      perhapsOutside: liesInImage(at, vma) ? [] : direct,
      pages,
      hangs: false,
      icache: null,
    }),
    pages: touches && (detail.pages === true || detail.trace === true) ? nommuPages(at, machine, vma, detail) : null,
    rest: null,
    trace: traced.trace,
    beyond: traced.beyond,
    violations: null,
    advice: null,
    misplaced: null,
    nommu: {
      inFlash,
      mapsType: mapsType(vma.vmFlags),
      mapsLine: process.line(vma),
      crc: touches && detail.crc === true ? contentCrc(machine, vma, understood.length) : null,
    },
  };
}

/**
 * Whether the file's bytes in a mapping are bytes of the image. What is behind the end of the file may be behind that of
 * the image, where blocks are not page aligned.
 */
function liesInImage(
  { board, file }: { readonly board: MountedBoard; readonly file: BoardFile },
  vma: NommuVma,
): boolean {
  const { memory, image, cpu } = board;
  const end = Math.min(vma.end, vma.start + file.inode.size - vma.pgoff * cpu.pageSize);
  return vma.start >= memory.base && end <= memory.base + image.size;
}

/** The arguments of mmap() for a request. */
export function nommuRequest(
  { offset, length, prot }: Pick<Understood, 'offset' | 'length' | 'prot'>,
  request: Pick<MapRequest, 'shared' | 'mapType' | 'fixed' | 'traced'>,
): NommuMmapRequest {
  return {
    length,
    offset,
    read: prot.includes('r'),
    write: prot.includes('w'),
    exec: prot.includes('x'),
    type: request.mapType ?? (request.shared === true ? 'shared' : 'private'),
    fixed: request.fixed,
    traced: request.traced,
  };
}

/** CRC-32 of the first `length` bytes of a mapping; null where they cannot be read, or nobody knows what they are. */
function contentCrc(machine: NommuMachine, vma: NommuVma, length: number): number | null {
  const bytes = machine.read(vma.start, length);
  return bytes === null ? null : crc32(bytes);
}
