/**
 * From a request to a verdict: opens the file, runs the emulated mmap(), and reads the outcome back from the vma, the
 * page table and the log.
 */
import { errnoForWriting, filePages } from '../driver/inode.ts';
import type { MmapRequest } from '../mm/addressSpace.ts';
import type { TraceEntry } from '../mm/kernel.ts';
import { type Vma, vmaPages } from '../mm/vma.ts';
import { vmFlagNames } from '../mm/vmFlags.ts';
import type { BoardFile, MountedBoard } from './mountedBoard.ts';
import { mapNommu } from './mapNommu.ts';
import { failedVerdict } from './failedVerdict.ts';
import type { MappedVerdict, MapVerdict, Understood } from './mapVerdict.ts';
import { runActions } from './actions.ts';
import { pageVerdicts } from './pageVerdicts.ts';
import { type MappedProcess, mapInNewProcess } from './process.ts';
import { looksAtPages, type MapDetail, type MapRequest } from './request.ts';
import { findRunEnd } from './runEnd.ts';
import { vmaState } from './vmaState.ts';
import { findWarnings, requireNotTruncated } from './warnings.ts';

/** What a failure does not bring. */
const NOTHING = { bug: null, icache: null, beyond: null } as const;

/** See Board.map(). */
export function mapFile(board: MountedBoard, request: MapRequest, detail: MapDetail): MapVerdict {
  return mapOpenedFile(board, board.open(request.path), request, detail);
}

/**
 * The same for a file that is open already; the request's path is not looked at.
 *
 * @throws CramfsError as Board.map(), but for what has to do with the path
 */
export function mapOpenedFile(
  board: MountedBoard,
  file: BoardFile,
  request: MapRequest,
  detail: MapDetail = {},
): MapVerdict {
  const offset = request.offset ?? 0;
  const length = request.length ?? lengthToEnd(file, offset, board.cpu.pageSize);
  const prot = normalProt(request.prot ?? 'r');
  const understood: Understood = {
    path: request.path,
    offset,
    length,
    prot,
    flags: flagNames(request, board.kernel.nommu !== undefined),
    pageSize: board.cpu.pageSize,
    file: described(file),
    machine: board.machine,
  };
  if (board.kernel.nommu !== undefined) return mapNommu(board, file, understood, request, detail);
  if (request.rdwr === true) {
    const errno = errnoForWriting(file.inode);
    return failedVerdict(understood, { errno, failed: 'open', ...NOTHING, log: [], trace: null });
  }
  const trace: TraceEntry[] | null = detail.trace === true ? [] : null;
  const asked: MmapRequest = {
    length,
    offset,
    read: prot.includes('r'),
    write: prot.includes('w'),
    exec: prot.includes('x'),
    shared: request.shared === true,
    populate: request.populate === true,
    locked: request.locked === true,
    address: request.vmaStart,
    neighbour: request.lone !== true,
  };
  const mapped = mapInNewProcess(board, file, asked, trace);
  const { result } = mapped;
  // A copy: reading pages for the details may log more.
  const log = [...mapped.mm.kernel.log];
  const icache = mapped.mm.kernel.icache?.fault ?? null;
  if ('errno' in result) {
    return failedVerdict(understood, { errno: result.errno, failed: 'mmap', ...NOTHING, icache, log, trace });
  }
  if ('bug' in result) {
    return failedVerdict(understood, { errno: null, failed: null, ...NOTHING, bug: result.bug, icache, log, trace });
  }
  const verdict = describe(understood, mapped, { vma: result.vma, hangs: result.hangs, log, trace }, detail);
  if (request.actions === undefined) return verdict;
  const { outcomes, bug } = runActions(mapped, result.vma, asked, request.actions);
  return { ...verdict, bug, icache: mapped.mm.kernel.icache?.fault ?? null, actions: outcomes };
}

/** What verdicts say of files: the same object for the same file. */
const descriptions = new WeakMap<BoardFile, NonNullable<Understood['file']>>();

function described(file: BoardFile): NonNullable<Understood['file']> {
  let description = descriptions.get(file);
  if (description === undefined) {
    const { path, name } = file.resolved;
    descriptions.set(file, (description = { path, name, size: file.inode.size }));
  }
  return description;
}

/** Bytes from `offset` to the end of the file; a page where there is nothing left. */
function lengthToEnd(file: BoardFile, offset: number, pageSize: number): number {
  const rest = file.inode.type === 'directory' ? 0 : file.inode.size - offset;
  return rest > 0 ? rest : pageSize;
}

/** Letters in the order r, w, x; "-" for none. */
function normalProt(prot: string): string {
  if (prot === 'r' || prot === 'rx') return prot;
  const letters = ['r', 'w', 'x'].filter((letter) => prot.includes(letter)).join('');
  return letters === '' ? '-' : letters;
}

/** Lists of flags by their bits: the same list for the same flags. */
const flagLists = new Map<number, readonly string[]>();

/** MAP_TYPE, as verdicts name it. */
const MAP_TYPES = ['private', 'shared', 'none', 'shared_validate'];
/** The other flags, in the order in which verdicts list them. */
const MAP_FLAGS = ['populate', 'locked', 'rdwr', 'fixed', 'traced', 'noexec'];

function flagNames(request: MapRequest, nommu: boolean): readonly string[] {
  let type = request.shared === true ? 1 : 0;
  if (nommu && request.mapType !== undefined) type = MAP_TYPES.indexOf(request.mapType);
  let bits = (request.populate === true ? 1 : 0) | (request.locked === true ? 2 : 0) | (request.rdwr === true ? 4 : 0);
  if (nommu) {
    bits |= (request.fixed === true ? 8 : 0) | (request.traced === true ? 16 : 0) | (request.noexec === true ? 32 : 0);
  }
  const key = bits * MAP_TYPES.length + type;
  let names = flagLists.get(key);
  if (names === undefined) {
    names = [MAP_TYPES[type] ?? '', ...MAP_FLAGS.filter((_, index) => (bits & (1 << index)) !== 0)];
    flagLists.set(key, names);
  }
  return names;
}

interface Mapping {
  readonly vma: Vma;
  readonly hangs: boolean;
  readonly log: readonly string[];
  readonly trace: readonly TraceEntry[] | null;
}

/** Reads a mapping that came about back from the emulated process. */
function describe(
  understood: Understood,
  mapped: MappedProcess,
  { vma, hangs, log, trace }: Mapping,
  detail: MapDetail,
): MappedVerdict {
  const { board, file, mm, decision } = mapped;
  const { pageSize } = board.cpu;
  const pages = vmaPages(vma, pageSize);
  const direct = mm.pageTable.directRuns(vma.start / pageSize, pages);
  requireNotTruncated(mapped, direct, pages, detail);
  const first = direct[0];
  const seen = looksAtPages(detail) ? pageVerdicts(mapped, vma, detail) : { pages: null, rest: null };
  const icache = mm.kernel.icache?.fault ?? null;
  const behindEnd = mapped.pgoff + pages - filePages(board.mounted(), file.inode);
  return {
    kind: 'mapped',
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
    icache,
    state: vmaState(vma),
    bailout: decision !== null && 'bailout' in decision ? decision.bailout : null,
    misaligned: decision !== null && 'bailout' in decision ? (decision.address ?? null) : null,
    physAddress: first === undefined ? null : first.pfn * pageSize,
    vmaStart: vma.start,
    vmaPages: pages,
    directPages: direct.reduce((sum, run) => sum + run.pages, 0),
    direct,
    vmPgoff: vma.pgoff,
    mapsOffset: vma.pgoff * pageSize,
    vmFlags: vmFlagNames(vma.vmFlags),
    log,
    pagesBehindEnd: Math.min(pages, Math.max(0, behindEnd)),
    runEnd: findRunEnd(mapped, pages),
    warnings: findWarnings(mapped, { direct, pages, hangs, icache }),
    pages: seen.pages,
    rest: seen.rest,
    trace,
    beyond: trace === null ? null : mm.entriesBehind(vma),
    violations: null,
    advice: null,
    misplaced: null,
  };
}
