/**
 * Executing a bFLT program without an MMU: execve() up to the first instruction (fs/exec.c, load_flat_file() of
 * fs/binfmt_flat.c). What the program then does, and whether its relocations fit, is not looked at.
 */
import type { Errno } from '../mm/errno.ts';
import { ERRNO_NUMBERS } from '../mm/errno.ts';
import { kernelRead } from '../mm/nommu/copy.ts';
import type { NommuProcess } from '../mm/nommu/process.ts';
import type { NommuFile } from '../mm/nommu/validate.ts';
import type { NommuVma } from '../mm/nommu/vmaTree.ts';
import { VM_EXEC, VM_READ, VM_WRITE } from '../mm/vmFlags.ts';
import { checkFlatHeader, decodeFlatHeader, type FlatProgram } from '../elf/bflt.ts';

/** Bytes of the file that execve() looks at to know what it is (BINPRM_BUF_SIZE). */
const BINPRM_BUF_SIZE = 256;

/** Where the text of a program is: in flash, in a copy of the file's pages, or in RAM together with the data. */
export type TextPlace = 'flash' | 'copy' | 'ram';

/** How execve() ended. */
export type ExecResult =
  | {
      readonly outcome: 'runs';
      readonly text: TextPlace;
      /** Address of the first instruction. */
      readonly entry: number;
      /** The mapping that has the text. */
      readonly vma: NommuVma;
    }
  /** execve() failed, and the caller goes on. */
  | { readonly outcome: 'failed'; readonly errno: Errno }
  /** It failed when the old program was gone: SIGSEGV. */
  | { readonly outcome: 'killed'; readonly signal: number }
  | { readonly outcome: 'bug'; readonly bug: string };

/** An executable file. */
export interface Executable {
  readonly file: NommuFile;
  /** st_mode; the caller is root, who needs any of the three x bits. */
  readonly mode: number;
  readonly regular: boolean;
}

const SIGSEGV = 11;

/**
 * Loads a program into a process that has nothing mapped.
 *
 * @throws CramfsError IO when the image's source fails
 */
export function execFlat({ file, mode, regular }: Executable, process: NommuProcess): ExecResult {
  const { kernel } = process.machine;
  if (!regular || (mode & 0o111) === 0 || file.noexec) return { outcome: 'failed', errno: 'EACCES' };
  const head = new Uint8Array(BINPRM_BUF_SIZE);
  const unread = kernelRead(file, 0, head, kernel);
  if (unread !== null) return { outcome: 'failed', errno: unread };
  const program = checkFlatHeader(decodeFlatHeader(head));
  if ('log' in program) {
    if (program.log !== null) kernel.log.push(program.log);
    return { outcome: 'failed', errno: 'ENOEXEC' };
  }
  return program.inRam ? loadIntoRam(program, file, process) : loadApart(program, file, process);
}

/** Text as a mapping of the file, data in RAM. */
function loadApart(program: FlatProgram, file: NommuFile, process: NommuProcess): ExecResult {
  const { textLength, dataLength, fullData, extra } = program;
  const mapped = process.mmap(file, {
    length: textLength,
    offset: 0,
    read: true,
    write: false,
    exec: true,
    type: 'private',
  });
  if ('bug' in mapped) return { outcome: 'bug', bug: mapped.bug };
  if ('errno' in mapped) return killed(process, 'Unable to mmap process text', mapped.errno);
  const { vma } = mapped;
  const data = process.mmapAnonymous(dataLength + extra, VM_READ | VM_WRITE | VM_EXEC);
  if ('bug' in data) return { outcome: 'bug', bug: data.bug };
  if ('errno' in data) return killed(process, 'Unable to allocate RAM for process data', data.errno);
  const unread = readCode(file, textLength, fullData, data.vma, 0, process);
  if (unread !== null) return killed(process, 'Unable to read data+bss', unread);
  const text = vma.region.copy === null ? 'flash' : 'copy';
  return { outcome: 'runs', text, entry: vma.start + program.entry, vma };
}

/** Text and data in one piece of RAM. */
function loadIntoRam(program: FlatProgram, file: NommuFile, process: NommuProcess): ExecResult {
  const { textLength, dataLength, fullData, extra } = program;
  const length = textLength + dataLength + extra;
  const memory = process.mmapAnonymous(length, VM_READ | VM_WRITE | VM_EXEC);
  if ('bug' in memory) return { outcome: 'bug', bug: memory.bug };
  if ('errno' in memory) return killed(process, 'Unable to allocate RAM for process text/data', memory.errno);
  const { vma } = memory;
  const unread =
    readCode(file, 0, textLength, vma, 0, process) ?? readCode(file, textLength, fullData, vma, textLength, process);
  if (unread !== null) return killed(process, 'Unable to read code+data+bss', unread);
  return { outcome: 'runs', text: 'ram', entry: vma.start + program.entry, vma };
}

/** read_code(): bytes of the file into anonymous memory. */
function readCode(
  file: NommuFile,
  position: number,
  length: number,
  vma: NommuVma,
  at: number,
  process: NommuProcess,
): Errno | null {
  const { copy } = vma.region;
  if (copy === null || length === 0) return null;
  return kernelRead(file, position, copy.subarray(at, at + length), process.machine.kernel);
}

function killed(process: NommuProcess, what: string, errno: Errno): ExecResult {
  process.machine.kernel.log.push(`binfmt_flat: ${what}, errno -${String(ERRNO_NUMBERS[errno])}`);
  return { outcome: 'killed', signal: SIGSEGV };
}
