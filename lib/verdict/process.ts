/**
 * A process with nothing in it, that mmap()s one file of a board.
 */
import type { Decision } from '../driver/decision.ts';
import { readFolio } from '../driver/readFolio.ts';
import { AddressSpace, type MmapRequest, type MmapResult } from '../mm/addressSpace.ts';
import type { MmapHooks, OpenFile } from '../mm/fileOperations.ts';
import type { Kernel, TraceEntry } from '../mm/kernel.ts';
import type { Board, BoardFile } from './board.ts';

/** An mmap() that has run, and everything it left behind. */
export interface MappedProcess {
  readonly board: Board;
  readonly file: BoardFile;
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
export function openForMapping(board: Board, file: BoardFile, observe?: (decision: Decision) => void): OpenFile {
  const fs = board.mounted();
  const { inode, resolved } = file;
  const { name } = resolved;
  const mappable = fs.canMapDirectly
    ? board.kernel.hooks({ fs, inode, name, observe, stackInit: board.stackInit })
    : READONLY_MMAP;
  return {
    name,
    size: inode.size,
    operations: {
      mmap: inode.type === 'directory' ? null : mappable,
      readFolio: (index) => readFolio(fs, inode, index, board.image.inflate),
    },
  };
}

/** Runs one mmap() in a new process. */
export function mapInNewProcess(
  board: Board,
  file: BoardFile,
  request: MmapRequest,
  trace: TraceEntry[] | null,
): MappedProcess {
  let decision: Decision | null = null;
  const openFile = openForMapping(board, file, (made) => {
    decision = made;
  });
  const kernel: Kernel = {
    cpu: board.cpu,
    memory: board.memory,
    reservesMemoryType: board.cpu.pat && board.kernel.vmPat,
    log: [],
    trace,
  };
  const mm = new AddressSpace(kernel);
  const result = mm.mmap(openFile, request);
  return { board, file, mm, result, decision, pgoff: Math.floor(request.offset / board.cpu.pageSize) };
}
