/**
 * From a request to a verdict: opens the file, runs the emulated mmap(), and reads the outcome back from the vma, the
 * page table and the log.
 */
import { filePages } from '../driver/inode.ts';
import { type Vma, vmaPages } from '../mm/vma.ts';
import { VM_MIXEDMAP, VM_PFNMAP, vmFlagNames } from '../mm/vmFlags.ts';
import type { Board, BoardFile } from './board.ts';
import type { MapState, MapVerdict } from './mapVerdict.ts';
import { pageVerdicts } from './pageVerdicts.ts';
import { type MappedProcess, mapInNewProcess } from './process.ts';
import type { MapDetail, MapRequest } from './request.ts';
import { findRunEnd } from './runEnd.ts';
import { findWarnings, requireNotTruncated } from './warnings.ts';

/** See Board.map(). */
export function mapFile(board: Board, request: MapRequest, detail: MapDetail): MapVerdict {
  const file = board.open(request.path);
  const offset = request.offset ?? 0;
  const length = request.length ?? lengthToEnd(file, offset, board.cpu.pageSize);
  const prot = normalProt(request.prot ?? 'r');
  const verdict: MapVerdict = {
    ...NOTHING,
    path: request.path,
    offset,
    length,
    prot,
    flags: flagNames(request),
    file: { path: file.resolved.path, name: file.resolved.name, size: file.inode.size },
  };
  if (request.rdwr === true) {
    // may_open(): a directory cannot be opened for writing at all; anything else not on a read-only file system.
    return { ...verdict, errno: file.inode.type === 'directory' ? 'EISDIR' : 'EROFS', failed: 'open' };
  }
  const mapped = mapInNewProcess(board, file, {
    length,
    offset,
    read: prot.includes('r'),
    write: prot.includes('w'),
    exec: prot.includes('x'),
    shared: request.shared === true,
    populate: request.populate === true,
    locked: request.locked === true,
    address: request.vmaStart,
  });
  const { result } = mapped;
  // A copy: reading pages for the details may log more.
  const log = [...mapped.mm.kernel.log];
  if ('errno' in result) return { ...verdict, errno: result.errno, failed: 'mmap', log };
  if ('bug' in result) return { ...verdict, bug: result.bug, log };
  return { ...verdict, log, ...describe(mapped, result.vma, result.hangs, detail) };
}

/** Bytes from `offset` to the end of the file; a page where there is nothing left. */
function lengthToEnd(file: BoardFile, offset: number, pageSize: number): number {
  const rest = file.inode.type === 'directory' ? 0 : file.inode.size - offset;
  return rest > 0 ? rest : pageSize;
}

/** Letters in the order r, w, x; "-" for none. */
function normalProt(prot: string): string {
  const letters = ['r', 'w', 'x'].filter((letter) => prot.includes(letter)).join('');
  return letters === '' ? '-' : letters;
}

function flagNames(request: MapRequest): string[] {
  const names = [request.shared === true ? 'shared' : 'private'];
  if (request.populate === true) names.push('populate');
  if (request.locked === true) names.push('locked');
  if (request.rdwr === true) names.push('rdwr');
  return names;
}

/** The verdict on a mapping that does not come about. */
const NOTHING = {
  errno: null,
  failed: null,
  bug: null,
  state: null,
  bailout: null,
  misaligned: null,
  physAddress: null,
  vmaStart: null,
  vmaPages: null,
  directPages: null,
  direct: [],
  mapsOffset: null,
  vmFlags: null,
  log: [],
  pagesBehindEnd: null,
  runEnd: null,
  warnings: [],
  pages: null,
} as const;

/** Reads a mapping that came about back from the emulated process. */
function describe(mapped: MappedProcess, vma: Vma, hangs: boolean, detail: MapDetail): Partial<MapVerdict> {
  const { board, file, mm, decision } = mapped;
  const { pageSize } = board.cpu;
  const pages = vmaPages(vma, pageSize);
  const direct = mm.pageTable.directRuns(vma.start / pageSize, pages);
  requireNotTruncated(mapped, direct, pages, detail);
  const first = direct[0];
  const behindEnd = mapped.pgoff + pages - filePages(board.mounted(), file.inode);
  return {
    state: stateOf(vma),
    bailout: decision !== null && 'bailout' in decision ? decision.bailout : null,
    misaligned: decision !== null && 'bailout' in decision ? (decision.address ?? null) : null,
    physAddress: first === undefined ? null : first.pfn * pageSize,
    vmaStart: vma.start,
    vmaPages: pages,
    directPages: direct.reduce((sum, run) => sum + run.pages, 0),
    direct,
    mapsOffset: vma.pgoff * pageSize,
    vmFlags: vmFlagNames(vma.vmFlags),
    pagesBehindEnd: Math.min(pages, Math.max(0, behindEnd)),
    runEnd: findRunEnd(mapped, pages),
    warnings: findWarnings(mapped, direct, hangs),
    pages: detail.pages === true || detail.crc === true ? pageVerdicts(mapped, vma, detail) : null,
  };
}

function stateOf(vma: Vma): MapState {
  if ((vma.vmFlags & VM_PFNMAP) !== 0) return 'pfnmap';
  return (vma.vmFlags & VM_MIXEDMAP) !== 0 ? 'mixedmap' : 'none';
}
