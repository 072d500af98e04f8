/**
 * execve(): from a path to a program in memory, with its interpreter (fs/exec.c, load_elf_binary() of fs/binfmt_elf.c).
 */
import { PATH_MAX } from '../base/paths.ts';
import { OPEN_ERRNOS } from '../driver/lookup.ts';
import { CramfsError, type ErrorCode, type ErrorDetails } from '../base/errors.ts';
import { hex } from '../base/hex.ts';
import type { Cpu, CpuName } from '../mm/cpu.ts';
import { cpuRuns } from '../mm/cpus/index.ts';
import type { Errno } from '../mm/errno.ts';
import type { Board } from '../verdict/board.ts';
import {
  decodeElfHeader,
  type ElfForm,
  type ElfHeader,
  type ElfHeaders,
  ElfView,
  ET_DYN,
  ET_EXEC,
  HEADER_SIZE,
  PHENTSIZE,
  PF_X,
  PT_GNU_STACK,
  PT_INTERP,
  readElfHeaders,
} from '../elf/elf.ts';
import { type LoadedObject, type LoadResult, mapInterpreter, mapProgram } from './elfMap.ts';
import { machineBits, machineName } from '../elf/machines.ts';
import { type PageReads, ProgramFile } from './programFile.ts';
import { BINPRM_BUF_SIZE, isScript, parseScriptLine } from '../elf/script.ts';
import { killed, ProcessEnd, UserProcess } from './userProcess.ts';
import { programCpu, programLayout, readImpliesExec } from './userLayout.ts';

/** Interpreters of interpreters that execve() follows. */
const MAX_INTERPRETERS = 5;

/** A program that execve() has put into memory. */
export interface ExecedProgram {
  readonly process: UserProcess;
  readonly program: LoadedObject;
  /** The ELF interpreter, where the program wants one. */
  readonly interpreter: LoadedObject | null;
  /** The arguments as the program gets them, its own name first. */
  readonly argv: readonly string[];
}

/** What the caller is told while it goes on: scripts that were passed through, and the ELF header once it is known. */
export interface ExecTrail {
  /** Paths of scripts, in the order of execution. */
  readonly scripts: string[];
  /** Pages that the kernel reads. */
  readonly reads: PageReads;
  header: ElfHeader | null;
  process: UserProcess | null;
  interpreterPath: string | null;
  /** Address of the first instruction, of the interpreter where there is one; null until the program is in memory. */
  entry: number | null;
}

/** How execve() is called. */
export interface ExecveRequest {
  readonly path: string;
  readonly argv: readonly string[];
  /** The CPU, where it must be that of the board; else it is the one that the program is for. */
  readonly cpuName: CpuName | null;
}

function fail(errno: Errno, why: string, cause: CramfsError | null = null): never {
  throw new ProcessEnd({ kind: 'failed', errno, why, cause });
}

/**
 * execve() of a path.
 *
 * @throws ProcessEnd where it does not come to the first instruction; CramfsError as Board.open() for `request.path`, and
 *   for damage in the tree, IO, LIMIT
 */
export function execve(board: Board, request: ExecveRequest, log: string[], trail: ExecTrail): ExecedProgram {
  let file = new ProgramFile(board, board.open(request.path), log, trail.reads);
  let argv = request.argv;
  let path = request.path;
  for (let depth = 0; ; depth++) {
    if (!file.isExecutable) fail('EACCES', `${file.path} is not an executable file (its mode has no x)`);
    const head = attempt('ENOEXEC', () => file.read(0, BINPRM_BUF_SIZE));
    if (!isScript(head)) return loadElf(board, request, file, head, argv, log, trail);
    const line = parseScriptLine(head);
    if (line === null) fail('ENOEXEC', `the first line of ${file.path} names no interpreter`);
    if (depth >= MAX_INTERPRETERS) fail('ELOOP', `more than ${String(MAX_INTERPRETERS)} interpreters of interpreters`);
    trail.scripts.push(file.path);
    argv = [line.interpreter, ...(line.argument === null ? [] : [line.argument]), path, ...argv.slice(1)];
    path = line.interpreter;
    file = openInterpreter(board, path, { log, trail }, `the interpreter of ${file.path}`);
  }
}

const ERRNO_OF: typeof OPEN_ERRNOS = { ...OPEN_ERRNOS, NOT_A_REGULAR_FILE: 'EACCES' };

/** open_exec(). */
function openInterpreter(
  board: Board,
  path: string,
  { log, trail }: { readonly log: string[]; readonly trail: ExecTrail },
  what: string,
): ProgramFile {
  try {
    // In the kernel's own look-ups an empty path is the current directory.
    const file = new ProgramFile(board, board.open(path === '' ? '/' : path), log, trail.reads);
    if (!file.isExecutable) fail('EACCES', `${what}, ${path}, is not an executable file (its mode has no x)`);
    return file;
  } catch (error) {
    const errno = error instanceof CramfsError ? ERRNO_OF[error.code] : undefined;
    if (errno === undefined || !(error instanceof CramfsError)) throw error;
    return fail(errno, `${what}, ${path}, cannot be opened: ${error.message}`, error);
  }
}

/** Reads headers; what is wrong with them becomes the errno of execve(), `unread` where a block cannot be read. */
function attempt<T>(otherwise: Errno, read: () => T, unread: Errno = 'EIO'): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof CramfsError) || !['NOT_ELF', 'BAD_ELF', 'BAD_BLOCK'].includes(error.code)) throw error;
    return fail(error.code === 'BAD_BLOCK' ? unread : otherwise, error.message, error);
  }
}

/** The checks of load_elf_binary() and load_elf_phdrs(), for a program or its interpreter. */
function readExecutable(
  file: ProgramFile,
  head: Uint8Array,
  { cpu, cpuName, otherwise }: { cpu: Pick<Cpu, 'littleEndian'>; cpuName: CpuName | null; otherwise: Errno },
): ElfHeaders {
  const form = formOf(head, cpu, cpuName);
  const header = attempt(otherwise, () => withPath(file, () => decodeElfHeader(head, form)));
  const { type, machine, bits, phnum, phentsize, littleEndian } = header;
  const refuse = (code: ErrorCode, details: ErrorDetails): never => {
    const error = new CramfsError(code, { path: file.path, ...details });
    return fail(otherwise, error.message, error);
  };
  // The type of an interpreter is looked at when it is mapped (load_elf_interp()).
  if (otherwise === 'ENOEXEC' && type !== ET_EXEC && type !== ET_DYN) {
    const expected = '2 (a program) or 3 (a position independent one)';
    refuse('BAD_ELF', { what: 'the type (e_type)', offset: 16, expected, found: String(type) });
  }
  const order = (little: boolean): string => (little ? 'little endian' : 'big endian');
  if (littleEndian !== cpu.littleEndian || (cpuName !== null && !cpuRuns(cpuName, machine, bits))) {
    refuse('WRONG_MACHINE', {
      expected: `one for ${cpuName === null ? '' : `${cpuName}, `}${order(cpu.littleEndian)}`,
      found: `one for ${machineName(machine)}, ${order(littleEndian)}`,
    });
  }
  const most = Math.floor(Math.min(file.pageSize, 65536) / PHENTSIZE[bits]);
  if (phentsize !== PHENTSIZE[bits]) {
    refuse('BAD_ELF', {
      what: 'the size of a program header (e_phentsize)',
      offset: bits === 32 ? 42 : 54,
      expected: String(PHENTSIZE[bits]),
      found: String(phentsize),
    });
  }
  if (phnum === 0 || phnum > most) {
    refuse('BAD_ELF', {
      what: 'the number of program headers (e_phnum)',
      offset: bits === 32 ? 44 : 56,
      expected: `1 to ${String(most)}, as Linux takes them`,
      found: String(phnum),
    });
  }
  // load_elf_phdrs() has one answer for all that is wrong, a block that cannot be read too.
  return attempt(otherwise, () => withPath(file, () => readElfHeaders(file, form)), otherwise);
}

/** The class and the byte order that the kernel takes a file to have; undefined where those that it claims count. */
function formOf(
  head: Uint8Array,
  { littleEndian }: Pick<Cpu, 'littleEndian'>,
  cpuName: CpuName | null,
): ElfForm | undefined {
  if (head.length < HEADER_SIZE[32]) return undefined;
  const machine = new ElfView(head, { bits: 32, littleEndian }).half(18);
  const bits = machineBits(machine);
  return bits === null || (cpuName !== null && !cpuRuns(cpuName, machine, bits)) ? undefined : { bits, littleEndian };
}

function withPath<T>(file: ProgramFile, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof CramfsError ? error.withPath(file.path) : error;
  }
}

function loadElf(
  board: Board,
  { cpuName }: ExecveRequest,
  file: ProgramFile,
  head: Uint8Array,
  argv: readonly string[],
  log: string[],
  trail: ExecTrail,
): ExecedProgram {
  const headers = readExecutable(file, head, { cpu: board.cpu, cpuName, otherwise: 'ENOEXEC' });
  trail.header = headers;
  const name = cpuName ?? programCpu(board, headers);
  const cpu = programLayout(board, name, headers);
  const wanted = headers.segments.find((segment) => segment.type === PT_INTERP);
  let interpreter: { readonly file: ProgramFile; readonly headers: ElfHeaders } | null = null;
  if (wanted !== undefined) {
    const path = interpreterPath(file, wanted.offset, wanted.fileSize);
    trail.interpreterPath = path;
    const found = openInterpreter(board, path, { log, trail }, `the interpreter of ${file.path}`);
    const start = attempt('EIO', () => found.read(0, HEADER_SIZE[64]));
    if (start.length < HEADER_SIZE[headers.bits]) fail('EIO', `${found.path} is shorter than an ELF header`);
    interpreter = {
      file: found,
      headers: readExecutable(found, start, { cpu: board.cpu, cpuName: name, otherwise: 'ELIBBAD' }),
    };
    // i386 and i486 are alike to Linux.
    if (interpreter.headers.bits !== headers.bits) {
      fail('ELIBBAD', `${found.path} is for ${machineName(interpreter.headers.machine)}, ${file.path} is not`);
    }
  }
  // From here on the old program is gone: what fails kills the process.
  const process = new UserProcess(board, cpu, log);
  trail.process = process;
  const stack = headers.segments.findLast(({ type }) => type === PT_GNU_STACK);
  process.readImpliesExec = readImpliesExec(headers, stack !== undefined);
  process.mapStack(stack !== undefined && (stack.flags & PF_X) !== 0);
  const program = mapped(mapProgram(process, file, headers, interpreter === null ? null : cpu.etDynBase), file);
  const loaded =
    interpreter === null
      ? null
      : mapped(mapInterpreter(process, interpreter.file, interpreter.headers, program.bias), interpreter.file);
  if (!process.canWriteStack()) killed(`a segment of ${file.path} lies over the stack`);
  process.useMappings();
  enter(process, loaded ?? program, trail);
  return { process, program, interpreter: loaded, argv };
}

function mapped(result: LoadResult, file: ProgramFile): LoadedObject {
  if (!('errno' in result)) return result;
  const over = result.errno === 'EEXIST' ? ': something is mapped there already, the stack perhaps' : '';
  return killed(
    `a segment of ${file.path} cannot be mapped (${result.errno}${over}), and the old program is gone already`,
  );
}

/** Goes to the first instruction. */
function enter(process: UserProcess, { file, headers, bias }: LoadedObject, trail: ExecTrail): void {
  const entry = headers.entry + bias;
  trail.entry = entry;
  const what = `the entry point of ${file.path}, ${hex(entry)},`;
  const { touch } = process.fetch(entry);
  if (touch === 'ok') return;
  if (touch === 'SIGBUS') killed(`${what} is in a page that cannot be read`, 'SIGBUS');
  if (touch === 'killed') killed(`${what} has a corrupt page table entry`, 'SIGKILL');
  killed(`${what} is not in an executable mapping`);
}

/** The path in PT_INTERP. */
function interpreterPath(file: ProgramFile, offset: number, length: number): string {
  const bad = (expected: string, found: string): never => {
    const what = "the interpreter's path (PT_INTERP)";
    const error = new CramfsError('BAD_ELF', { path: file.path, what, offset, expected, found });
    return fail('ENOEXEC', error.message, error);
  };
  if (length < 2 || length > PATH_MAX) return bad(`2 to ${String(PATH_MAX)} bytes`, String(length));
  const bytes = attempt('EIO', () => file.read(offset, length));
  if (bytes.length < length) return fail('EIO', `${file.path} ends within the path of its interpreter`);
  if (bytes[length - 1] !== 0)
    return bad('a path that ends with a NUL', `one that ends with ${String(bytes[length - 1])}`);
  return new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)));
}
