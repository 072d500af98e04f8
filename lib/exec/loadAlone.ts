/**
 * An ELF file that no program loads, as it would be loaded: a library by a dynamic linker, a program by the kernel.
 */
import { CramfsError } from '../base/errors.ts';
import { type ElfHeaders, PF_R, readElfHeaders } from '../elf/elf.ts';
import type { Board, BoardFile } from '../verdict/board.ts';
import { loadSegments, mapProgram } from './elfMap.ts';
import { mapGlibcLibrary } from './glibcLinker.ts';
import type { LinkerKind } from './linkerCommand.ts';
import { type LoadedFile, loadedFiles } from './loadedSegments.ts';
import { mapMuslLibrary } from './muslLinker.ts';
import { ProgramFile } from './programFile.ts';
import { programCpu, programLayout } from './userLayout.ts';
import { ProcessEnd, UserProcess } from './userProcess.ts';

/** Who loads it. */
export type Loader = 'kernel' | LinkerKind;

/** A file in a process of its own. */
export interface LoadedAlone {
  readonly file: LoadedFile;
  /** Whether the process has survived a look at each segment. */
  readonly isUsable: boolean;
}

/**
 * Loads a file into a process of its own.
 *
 * @returns null for what is not an ELF file, or cannot be loaded
 * @throws CramfsError LIMIT; IO
 */
export function loadAlone(board: Board, boardFile: BoardFile, loader: Loader): LoadedAlone | null {
  const log: string[] = [];
  const file = new ProgramFile(board, boardFile, log);
  const headers = headersOf(file);
  if (headers === null) return null;
  const cpu = programLayout(board, programCpu(board, headers), headers);
  const process = new UserProcess(board, cpu, log);
  let isUsable = true;
  try {
    if (loader === 'kernel') mapProgram(process, file, headers, cpu.etDynBase);
    else if (loader === 'musl') mapMuslLibrary(process, file, headers);
    else mapGlibcLibrary(process, file, headers);
    touch(process);
  } catch (error) {
    if (!(error instanceof ProcessEnd)) throw error;
    isUsable = false;
  }
  const [loaded] = loadedFiles(process);
  return loaded === undefined ? null : { file: loaded, isUsable };
}

/** Reads a byte of each segment that can be read. */
function touch(process: UserProcess): void {
  for (const { headers, bias } of process.objects) {
    for (const { flags, vaddr, fileSize } of loadSegments(headers)) {
      if ((flags & PF_R) !== 0 && fileSize > 0) process.read(bias + vaddr, 1);
    }
  }
  process.useMappings();
}

function headersOf(file: ProgramFile): ElfHeaders | null {
  try {
    const headers = readElfHeaders(file);
    return loadSegments(headers).length === 0 ? null : headers;
  } catch (error) {
    if (error instanceof CramfsError && ['NOT_ELF', 'BAD_ELF', 'BAD_BLOCK'].includes(error.code)) return null;
    throw error;
  }
}
