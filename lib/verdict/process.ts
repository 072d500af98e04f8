/**
 * A process with nothing in it, that mmap()s one file of a board.
 */
import type { Decision } from '../driver/decision.ts';
import { readFolio } from '../driver/readFolio.ts';
import { AddressSpace, type MmapRequest, type MmapResult } from '../mm/addressSpace.ts';
import type { Cpu } from '../mm/cpu.ts';
import type { FolioRead, MmapHooks, OpenFile } from '../mm/fileOperations.ts';
import { IcacheFlush } from '../mm/icache.ts';
import type { Kernel, TraceEntry } from '../mm/kernel.ts';
import { isBefore, type Release } from '../mm/release.ts';
import type { BoardFile, MountedBoard } from './mountedBoard.ts';

/** An mmap() that has run, and everything it left behind. */
export interface MappedProcess {
  readonly board: MountedBoard;
  readonly file: BoardFile;
  readonly openFile: OpenFile;
  readonly mm: AddressSpace;
  readonly result: MmapResult;
  /** What the driver decided; null when it was not asked. */
  readonly decision: Decision | null;
  /** Page of the file that the mapping was asked to begin with. */
  readonly pgoff: number;
}

/** generic_file_readonly_mmap(): everything through the page cache, and not a word in the log. */
const READONLY_MMAP: MmapHooks = { prepare: () => null, complete: () => null };

/** Opens a file of the board read-only; `observe` is told what the driver decides about its mappings. */
export function openForMapping(board: MountedBoard, file: BoardFile, observe?: (decision: Decision) => void): OpenFile {
  const fs = board.mounted();
  const { inode, resolved } = file;
  const { name } = resolved;
  const read = (index: number): FolioRead => readFolio(fs, inode, index, board.image.inflate);
  let first: FolioRead | null = null;
  const mappable = fs.canMapDirectly
    ? board.kernel.hooks({ fs, inode, name, observe, stackInit: board.stackInit })
    : READONLY_MMAP;
  return {
    name,
    size: inode.size,
    operations: {
      mmap: inode.type === 'directory' ? null : mappable,
      // Who loads a program reads its headers, and then looks at them once more where they are mapped.
      readFolio: (index) => (index === 0 ? (first ??= read(0)) : read(index)),
    },
  };
}

/** The first release with mmap_prepare(): a patch that needs it was tried in older ones by a module that calls its parts. */
const MMAP_PREPARE: Release = [6, 16];

/** The running kernel of a board, for a process on a CPU; what it logs and calls goes into `log` and `trace`. */
export function kernelOf(board: MountedBoard, cpu: Cpu, log: string[], trace: TraceEntry[] | null): Kernel {
  const { memory, kernel, release, riscvIcache, ram } = board;
  return {
    cpu,
    memory,
    reservesMemoryType: cpu.pat && kernel.vmPat,
    extendsFirst: isBefore(release, MMAP_PREPARE),
    mincoreSeesPageFrames: kernel.mincoreSeesPageFrames,
    icache: cpu.flushesIcache ? new IcacheFlush(riscvIcache, cpu, ram) : null,
    log,
    trace,
  };
}

/** Runs one mmap() in a new process. */
export function mapInNewProcess(
  board: MountedBoard,
  file: BoardFile,
  request: MmapRequest,
  trace: TraceEntry[] | null,
): MappedProcess {
  let decision: Decision | null = null;
  const openFile = openForMapping(board, file, (made) => {
    decision = made;
  });
  const mm = new AddressSpace(kernelOf(board, board.cpu, [], trace));
  const result = mm.mmap(openFile, request);
  return { board, file, openFile, mm, result, decision, pgoff: Math.floor(request.offset / board.cpu.pageSize) };
}
