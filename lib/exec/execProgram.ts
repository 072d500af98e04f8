/**
 * A program on paper: execve(), the dynamic linker, and what is mapped when the program itself begins.
 */
import { CramfsError } from '../base/errors.ts';
import type { CpuName } from '../mm/cpu.ts';
import { cpuFor, cpuRuns } from '../mm/cpus/index.ts';
import { isAnonymous } from '../mm/anonymousMemory.ts';
import type { Vma } from '../mm/vma.ts';
import { vmFlagNames, VM_EXEC, VM_MAYSHARE, VM_READ, VM_WRITE } from '../mm/vmFlags.ts';
import type { Board } from '../verdict/board.ts';
import type { MapState } from '../verdict/mapVerdict.ts';
import { vmaState } from '../verdict/vmaState.ts';
import { giveUp, type LinkEnd, type LinkerEnvironment, type LinkRequest, type NeededLibrary } from './dynamicLinker.ts';
import type { LoadedObject } from './elfMap.ts';
import { linkerCommand, type LinkerKind, NO_OPTIONS, splitPreload } from './linkerCommand.ts';
import { hasGlibcNote } from './dynamicSection.ts';
import { isLinkerName, linkerKind } from './linkerKind.ts';
import { protectRelro } from './relro.ts';
import type { ElfHeader } from '../elf/elf.ts';
import { visitFilePages } from './filePages.ts';
import { linkWithGlibc } from './glibcLinker.ts';
import { LibrarySearch } from './librarySearch.ts';
import { filePagesOf, type LoadedFile, loadedFiles } from './loadedSegments.ts';
import { type ExecedProgram, type ExecTrail, execve } from './loader.ts';
import { linkWithMusl } from './muslLinker.ts';
import { NO_RAM, type RamUse, ramUse } from './ramUse.ts';
import { type ExecOutcome, ProcessEnd, type UserProcess } from './userProcess.ts';

/** How a program is started. */
export interface ExecRequest {
  /** Path in the image. */
  readonly path: string;
  /** Arguments behind the program's name. */
  readonly args?: readonly string[] | undefined;
  /** LD_LIBRARY_PATH. Default: that of the board. */
  readonly ldLibraryPath?: string | undefined;
  /** LD_PRELOAD: names with blanks or colons between them. Default: not set. */
  readonly ldPreload?: string | undefined;
  /** Libraries that the program opens with dlopen() once it runs. */
  readonly dlopen?: readonly string[] | undefined;
  /** The CPU, where a program for another machine is to be refused. Default: whatever the program is for. */
  readonly cpu?: CpuName | undefined;
  /** Gets the process as it is in the end, if there is one. */
  readonly observe?: ((process: UserProcess) => void) | undefined;
}

/** One line of /proc/PID/maps. Addresses and offset in bytes. */
export interface ExecMapping {
  /** Path of the file; "" for anonymous memory. */
  readonly object: string;
  /** The inode number; 0 for anonymous memory. */
  readonly ino: number;
  readonly start: number;
  readonly end: number;
  /** As in "r-xp". */
  readonly perms: string;
  /** The offset column: the file offset, or the physical address of a private mapping of page frames. */
  readonly offset: number;
  readonly state: MapState | 'anonymous';
  /** As in the VmFlags of /proc/PID/smaps. */
  readonly vmFlags: readonly string[];
  /** Pages that show the file, and of these the ones that the page table has straight from the image. */
  readonly pages: number;
  readonly directPages: number;
}

/** What starting a program comes to. */
export interface ExecReport {
  readonly path: string;
  readonly argv: readonly string[];
  readonly outcome: ExecOutcome;
  /** The program's header; null where it was not reached. */
  readonly header: ElfHeader | null;
  /** The CPU that it was run on; null where it did not come to that. */
  readonly cpu: CpuName | null;
  /** Where the CPU runs no such program, because none with an MMU is known that does: whether one without is. */
  readonly foreign: { readonly needsNommu: boolean } | null;
  /** Address of the first instruction, of the interpreter where there is one; null where nothing is in memory. */
  readonly entry: number | null;
  /** Which dynamic linker works for the program; null where it did not come to one. An unknown one is not run. */
  readonly linker: LinkerKind | 'unknown' | null;
  /** Paths of scripts that led to the program. */
  readonly scripts: readonly string[];
  /** The dynamic linker that the program names. */
  readonly interpreter: string | null;
  readonly mappings: readonly ExecMapping[];
  /** The program, its interpreter and libraries, with their segments as they were loaded. */
  readonly objects: readonly LoadedFile[];
  readonly needed: readonly NeededLibrary[];
  /** Pages that execve() and the dynamic linker read, by path: they are in the page cache, even if all mappings are direct. */
  readonly reads: ReadonlyMap<string, ReadonlySet<number>>;
  /** What decides, and is not modelled: with any of it, the rest is not certain. */
  readonly uncertain: readonly string[];
  readonly log: readonly string[];
  /** Bytes of RAM for the pages of file mappings that are not direct, when all are touched. */
  readonly ramBytes: number;
  /** What takes RAM; `bss` comes on top of `ramBytes`. */
  readonly ram: RamUse;
  /** Bytes of the image that stand in the process's memory. */
  readonly flashBytes: number;
}

/**
 * Starts a program on a board.
 *
 * @throws CramfsError as Board.open() for the program's path; USAGE for a kernel without an MMU; LIMIT; IO; damage of the
 *   tree on the way to a file
 */
export function execProgram(board: Board, request: ExecRequest): ExecReport {
  if (board.kernel.nommu !== undefined) {
    throw new CramfsError('USAGE', { found: `the kernel model "${board.kernel.name}" has no MMU` });
  }
  const { path, args = [], cpu = null } = request;
  const start: Start = {
    board,
    cpu,
    environment: {
      ldLibraryPath: request.ldLibraryPath ?? board.libraryPath,
      preload: splitPreload(request.ldPreload ?? ''),
      dlopen: request.dlopen ?? [],
    },
    trail: { scripts: [], reads: new Map(), header: null, process: null, interpreterPath: null, entry: null },
    needed: [],
    uncertain: [],
    log: [],
    linker: null,
  };
  const { trail, needed, uncertain, log } = start;
  let argv: readonly string[] = [path, ...args];
  let outcome: ExecOutcome = { kind: 'runs' };
  try {
    argv = run(start, path, argv);
  } catch (error) {
    if (!(error instanceof ProcessEnd)) throw error;
    ({ outcome } = error);
  }
  const { process } = trail;
  if (process !== null) request.observe?.(process);
  return {
    path,
    argv,
    outcome,
    header: trail.header,
    cpu: process?.cpu.name ?? null,
    foreign: process === null || trail.header === null ? null : foreignTo(process.cpu.name, trail.header),
    entry: trail.entry,
    scripts: trail.scripts,
    interpreter: trail.interpreterPath,
    linker: start.linker,
    mappings: process === null ? [] : process.mm.vmas.map((vma) => describe(process, vma)),
    objects: process === null ? [] : loadedFiles(process),
    needed,
    reads: trail.reads,
    uncertain,
    log: [...log],
    ...(process === null ? { ramBytes: 0, ram: NO_RAM, flashBytes: 0 } : countBytes(process)),
  };
}

function foreignTo(cpu: CpuName, { machine, bits }: ElfHeader): ExecReport['foreign'] {
  return cpuRuns(cpu, machine, bits) ? null : { needsNommu: cpuFor(machine, bits, false) !== null };
}

/** What goes on while a program is started. */
interface Start {
  readonly board: Board;
  readonly cpu: CpuName | null;
  readonly environment: LinkerEnvironment;
  readonly trail: ExecTrail;
  readonly needed: NeededLibrary[];
  readonly uncertain: string[];
  readonly log: string[];
  linker: ExecReport['linker'];
}

/**
 * execve(), and what happens in user space before the program's own first instruction.
 *
 * @returns the arguments as the program gets them
 */
function run(start: Start, path: string, argv: readonly string[]): readonly string[] {
  const { board, cpu, log, trail } = start;
  const started = execve(board, { path, argv, cpuName: cpu }, log, trail);
  const next = link(start, started);
  if (next === null) return started.argv;
  try {
    return run(start, next.path, next.argv);
  } catch (error) {
    // glibc's linker executes a static program, and gives up where that fails.
    if (!(error instanceof ProcessEnd) || error.outcome.kind !== 'failed') throw error;
    return giveUp(`the linker cannot execute ${next.path}: ${error.outcome.why} (${error.outcome.errno})`);
  }
}

/** Links a program. Gives the static program that the linker executes in its place; null where it begins. */
function link(
  start: Start,
  started: ExecedProgram,
): { readonly path: string; readonly argv: readonly string[] } | null {
  const { process, program, interpreter, argv } = started;
  const { trail, board, log, needed, uncertain, environment } = start;
  const common = { process, search: new LibrarySearch(board, log, trail.reads), needed, uncertain, environment };
  if (interpreter !== null) {
    const linkerPath = trail.interpreterPath ?? interpreter.file.path;
    const none = { options: NO_OPTIONS, mode: 'run' } as const;
    const kind = linkerOf(start, linkerPath, interpreter);
    const request = { ...common, ...none, program, path: program.file.path, linker: interpreter, linkerPath };
    if (kind !== 'unknown') runLinker(kind, request);
    return null;
  }
  if (isLinkerName(program.file.path) || isLinkerName(argv[0] ?? '')) {
    const linkerPath = argv[0] ?? program.file.path;
    const kind = linkerOf(start, linkerPath, program);
    if (kind === 'unknown') return null;
    const command = linkerCommand(kind, argv);
    if (command.kind === 'exits') throw new ProcessEnd(command);
    const { path, mode, options } = command;
    const end = runLinker(kind, { ...common, program: null, path, linker: program, linkerPath, mode, options });
    return end === 'static' ? { path, argv: command.argv } : null;
  }
  // Static programs: glibc's protect themselves, musl's do not.
  if (hasGlibcNote(program)) protectRelro(process, program);
  return null;
}

/** The kind of a linker. Of what another than musl's and glibc's does, nothing is known. */
function linkerOf(start: Start, path: string, { file }: LoadedObject): LinkerKind | 'unknown' {
  start.linker = linkerKind(path, file);
  if (start.linker === 'unknown') {
    start.uncertain.push(`${path} is not the dynamic linker of glibc or musl: what it maps is not known`);
  }
  return start.linker;
}

function runLinker(kind: LinkerKind, request: LinkRequest): LinkEnd {
  return kind === 'musl' ? linkWithMusl(request) : linkWithGlibc(request);
}

function describe(process: UserProcess, vma: Vma): ExecMapping {
  const { pageSize } = process.cpu;
  const { start, end, vmFlags, pgoff, file } = vma;
  const letter = (flag: number, one: string): string => ((vmFlags & flag) !== 0 ? one : '-');
  const runs = process.mm.pageTable.directRuns(start / pageSize, (end - start) / pageSize);
  const anonymous = isAnonymous(file);
  const program = process.fileOf(vma);
  return {
    object: program?.path ?? '',
    ino: program?.file.inode.ino ?? 0,
    start,
    end,
    perms: `${letter(VM_READ, 'r')}${letter(VM_WRITE, 'w')}${letter(VM_EXEC, 'x')}${(vmFlags & VM_MAYSHARE) !== 0 ? 's' : 'p'}`,
    offset: anonymous ? 0 : pgoff * pageSize,
    state: anonymous ? 'anonymous' : vmaState(vma),
    vmFlags: vmFlagNames(vmFlags),
    pages: program === undefined ? 0 : filePagesOf(vma, program, pageSize),
    directPages: runs.reduce((sum, { pages }) => sum + pages, 0),
  };
}

/** RAM and flash behind the file mappings: each page of the page cache, and each page of flash, counted once. */
function countBytes(process: UserProcess): Pick<ExecReport, 'ramBytes' | 'ram' | 'flashBytes'> {
  const { pageSize } = process.cpu;
  const frames = new Set<number>();
  const none = (): void => undefined;
  visitFilePages(process, { direct: (pfn) => frames.add(pfn), cached: none, copied: none });
  const ram = ramUse(process);
  const { text, rodata, relro, data } = ram;
  return { ramBytes: text + rodata + relro + data, ram, flashBytes: frames.size * pageSize };
}
