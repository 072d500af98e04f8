/**
 * The ELF files of an image as they are loaded: by the programs that were started, and where none of them loads a file, by
 * its own loader.
 */
import { CramfsError } from '../base/errors.ts';
import { type ElfHeaders, ET_EXEC } from '../elf/elf.ts';
import type { ExecReport } from '../exec/execProgram.ts';
import type { LinkerKind } from '../exec/linkerCommand.ts';
import { loadAlone, type Loader } from '../exec/loadAlone.ts';
import type { LoadedFile } from '../exec/loadedSegments.ts';
import type { Board, BoardFile } from '../verdict/board.ts';
import { Budget } from '../base/budget.ts';

/** Segments that are remembered in any image. */
const MAX_SEGMENTS = 1 << 18;

/** A file as it was loaded, and whether what loaded it got to run. */
export interface FileAsLoaded {
  readonly file: LoadedFile;
  readonly isUsable: boolean;
}

/** What is known of the files that were loaded, by the position of their inodes. */
export class LoadedFiles {
  readonly #board: Board;
  readonly #segments = new Budget(MAX_SEGMENTS);
  readonly #files = new Map<number, FileAsLoaded>();
  /** Dynamic linkers of the programs, by the kind of program. */
  readonly #linkers = new Map<string, LinkerKind>();

  constructor(board: Board) {
    this.#board = board;
  }

  /**
   * Takes what a start has loaded. Of several starts those count that come to run, and of these the least direct one.
   */
  take({ objects, outcome, header, linker }: ExecReport): void {
    const isUsable = outcome.kind === 'runs';
    if (header !== null && linker !== null && linker !== 'unknown') this.#linkers.set(machineOf(header), linker);
    for (const file of objects) {
      const known = this.#files.get(file.position);
      if (known === undefined && !this.#segments.spend(file.segments.length)) continue;
      if (known === undefined || isWorse(file, isUsable, known)) this.#files.set(file.position, { file, isUsable });
    }
  }

  /** The file with its inode at a byte offset, as programs load it; null where none does. */
  known(position: number): FileAsLoaded | null {
    return this.#files.get(position) ?? null;
  }

  /**
   * A file that no program loads, as its loader would. Null for what cannot be loaded.
   *
   * @throws CramfsError IO
   */
  alone(file: BoardFile, headers: ElfHeaders, isProgram: boolean): FileAsLoaded | null {
    // Headers that Linux does not read.
    if (headers.segments.length === 0) return null;
    const isForKernel = isProgram || headers.type === ET_EXEC;
    const loader: Loader = isForKernel ? 'kernel' : (this.#linkers.get(machineOf(headers)) ?? 'glibc');
    try {
      return loadAlone(this.#board, file, loader);
    } catch (error) {
      if (!(error instanceof CramfsError) || error.code === 'IO') throw error;
      return null;
    }
  }
}

function machineOf({ machine, bits, littleEndian }: Pick<ElfHeaders, 'machine' | 'bits' | 'littleEndian'>): string {
  return `${String(machine)} ${String(bits)} ${littleEndian ? 'little' : 'big'}`;
}

function isWorse(file: LoadedFile, isUsable: boolean, known: FileAsLoaded): boolean {
  if (isUsable !== known.isUsable) return isUsable;
  return directPagesOf(file) < directPagesOf(known.file);
}

function directPagesOf({ segments }: LoadedFile): number {
  return segments.reduce((sum, { directPages }) => sum + directPages, 0);
}
