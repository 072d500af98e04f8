/**
 * Executing an ELF program without an MMU: load_elf_fdpic_binary() of fs/binfmt_elf_fdpic.c, up to the first instruction.
 * What the interpreter then does, the mapping of libraries included, is the user's program and not looked at.
 */
import { CramfsError } from '../base/errors.ts';
import { PATH_MAX } from '../base/paths.ts';
import {
  type ElfHeaders,
  type ElfReader,
  type ElfSegment,
  ET_DYN,
  ET_EXEC,
  PF_R,
  PF_W,
  PF_X,
  PT_GNU_STACK,
  PT_INTERP,
  PT_LOAD,
  readElfHeaders,
} from '../elf/elf.ts';
import { isFdpic, loadsElfWithoutMmu, nommuArrangement } from '../elf/fdpic.ts';
import { roundUp } from '../base/pages.ts';
import type { Errno } from '../mm/errno.ts';
import type { Kernel } from '../mm/kernel.ts';
import { kernelRead } from '../mm/nommu/copy.ts';
import type { NommuProcess } from '../mm/nommu/process.ts';
import type { NommuFile } from '../mm/nommu/validate.ts';
import type { Release } from '../mm/release.ts';
import { VM_EXEC, VM_READ, VM_WRITE } from '../mm/vmFlags.ts';
import {
  type Executable,
  type ExecEnd,
  type ExecResult,
  killedBy,
  type NommuMapping,
  placeOf,
  readCode,
  running,
  unmapped,
} from './nommuProgram.ts';

/** Bytes of a stack where no file wants another size, and pages that a stack has at least. */
const DEFAULT_STACK = 131_072;
const MIN_STACK_PAGES = 2;

/** How the loader finds what it needs. */
export interface FdpicContext {
  readonly release: Release;
  /** open_exec(). */
  readonly open: (path: string) => Executable | Errno;
  /** elf_check_arch(): whether the CPU runs programs for a machine of a class. */
  readonly runs: (machine: number, bits: 32 | 64) => boolean;
}

/** An object in memory. */
interface Loaded {
  readonly mappings: readonly NommuMapping[];
  /** Address of a virtual address of the file; null for one in none of its segments. */
  readonly at: (vaddr: number) => number | null;
}

/**
 * Loads a program into a process that has nothing mapped.
 *
 * @throws CramfsError IO when the image's source fails
 */
export function execFdpic({ file }: Executable, process: NommuProcess, context: FdpicContext): ExecResult {
  const { kernel } = process.machine;
  const headers = headersOf(file, kernel, context);
  if (headers === null || (!isFdpic(headers) && headers.type !== ET_DYN)) return failed('ENOEXEC');
  const interpreter = openInterpreter(file, headers, kernel, context);
  if (typeof interpreter === 'string') return failed(interpreter);
  // From here on the old program is gone: what fails kills the process.
  const program = mapObject(file, headers, process);
  if ('outcome' in program) return program;
  const linker = interpreter === null ? null : mapObject(interpreter.file, interpreter.headers, process);
  if (linker !== null && 'outcome' in linker) return linker;
  const stack = mapStack(file, headers, interpreter?.headers ?? null, process);
  if ('outcome' in stack) return stack;
  const mappings = [...program.mappings, ...(linker?.mappings ?? []), stack];
  const text = program.mappings.find(({ part }) => part === 'text' || part === 'whole') ?? program.mappings[0];
  const entry = (linker ?? program).at((interpreter?.headers ?? headers).entry);
  if (text === undefined || entry === null) return killedBy('EFAULT');
  return running({
    text: text.part === 'whole' ? 'ram' : text.place,
    entry,
    vma: text.vma,
    mappings,
    interpreter: interpreter?.file.path ?? null,
  });
}

function failed(errno: Errno): ExecResult {
  return { outcome: 'failed', errno };
}

/** is_elf() and elf_fdpic_fetch_phdrs(); null for what this kernel does not take. */
function headersOf(file: NommuFile, kernel: Kernel, { release, runs }: FdpicContext): ElfHeaders | null {
  try {
    const headers = readElfHeaders(reader(file, kernel));
    const { type, machine, bits, littleEndian } = headers;
    const isTaken =
      (type === ET_EXEC || type === ET_DYN) && runs(machine, bits) && loadsElfWithoutMmu(headers, release);
    return isTaken && littleEndian === kernel.cpu.littleEndian ? headers : null;
  } catch (error) {
    if (!(error instanceof CramfsError) || error.code === 'IO') throw error;
    return null;
  }
}

function reader(file: NommuFile, kernel: Kernel): ElfReader {
  return {
    size: file.size,
    read: (offset, length) => {
      const bytes = new Uint8Array(Math.max(0, Math.min(length, file.size - offset)));
      return kernelRead(file, offset, bytes, kernel) === null ? bytes : new Uint8Array(0);
    },
  };
}

function openInterpreter(
  file: NommuFile,
  { segments }: ElfHeaders,
  kernel: Kernel,
  context: FdpicContext,
): { readonly file: NommuFile; readonly headers: ElfHeaders } | Errno | null {
  const wanted = segments.find(({ type }) => type === PT_INTERP);
  if (wanted === undefined) return null;
  if (wanted.fileSize > PATH_MAX) return 'ENOMEM';
  if (wanted.fileSize < 2) return 'ENOENT';
  const bytes = reader(file, kernel).read(wanted.offset, wanted.fileSize);
  if (bytes.length < wanted.fileSize) return 'ENOEXEC';
  if (bytes[bytes.length - 1] !== 0) return 'ENOENT';
  const opened = context.open(new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0))));
  if (typeof opened === 'string') return opened;
  const headers = headersOf(opened.file, kernel, context);
  return headers === null ? 'ELIBBAD' : { file: opened.file, headers };
}

/** elf_fdpic_map_file(). */
function mapObject(file: NommuFile, headers: ElfHeaders, process: NommuProcess): Loaded | ExecEnd {
  const loads = headers.segments.flatMap((segment, index) => (segment.type === PT_LOAD ? [{ segment, index }] : []));
  if (loads.length === 0) return killedBy('ELIBBAD');
  return nommuArrangement(headers) === 'whole' ? mapWhole(file, loads, process) : mapSegments(file, loads, process);
}

interface Load {
  readonly segment: ElfSegment;
  readonly index: number;
}

/** elf_fdpic_map_file_constdisp_on_uclinux(): one piece of RAM for the whole span, filled by reading. */
function mapWhole(file: NommuFile, loads: readonly Load[], process: NommuProcess): Loaded | ExecEnd {
  let [base, top, fileBytes] = [Infinity, 0, 0];
  for (const { segment } of loads) {
    base = Math.min(base, segment.vaddr);
    top = Math.max(top, segment.vaddr + segment.memorySize);
    fileBytes += Math.min(segment.fileSize, segment.memorySize);
  }
  const memory = process.mmapAnonymous(top - base, VM_READ | VM_WRITE | VM_EXEC);
  if (!('vma' in memory)) return unmapped(memory);
  const { vma } = memory;
  for (const { segment } of loads) {
    const unread = readCode(file, segment.offset, segment.fileSize, vma, segment.vaddr - base, process);
    if (unread !== null) return killedBy(unread);
  }
  const bssBytes = Math.max(0, top - base - fileBytes);
  return {
    mappings: [{ part: 'whole', object: file.path, segment: null, vma, place: 'ram', bssBytes }],
    at: (vaddr) => (loads.some(({ segment }) => isIn(segment, vaddr)) ? vma.start + vaddr - base : null),
  };
}

/** elf_fdpic_map_file_by_direct_mmap(): one private mapping for each segment, of its size in memory. */
function mapSegments(file: NommuFile, loads: readonly Load[], process: NommuProcess): Loaded | ExecEnd {
  const { pageSize } = process.machine.kernel.cpu;
  const mappings: NommuMapping[] = [];
  const places: { readonly segment: ElfSegment; readonly start: number }[] = [];
  for (const { segment, index } of loads) {
    const { flags, offset, vaddr, fileSize, memorySize } = segment;
    const [read, write, exec] = [(flags & PF_R) !== 0, (flags & PF_W) !== 0, (flags & PF_X) !== 0];
    const within = vaddr % pageSize;
    const call = { length: memorySize + within, offset: offset - within, read, write, exec, type: 'private' } as const;
    const mapped = process.mmap(file, call);
    if (!('vma' in mapped)) return unmapped(mapped);
    const { vma } = mapped;
    const bssBytes = Math.max(0, memorySize - fileSize);
    // What is before the segment in its first page, if it can be written, and behind its bytes in the file is cleared.
    vma.region.copy?.fill(0, within + fileSize, within + memorySize);
    if (write) vma.region.copy?.fill(0, 0, within);
    const part = write ? 'data' : exec ? 'text' : 'rodata';
    mappings.push({ part, object: file.path, segment: index, vma, place: placeOf(vma), bssBytes });
    places.push({ segment, start: vma.start + within });
  }
  return {
    mappings,
    at: (vaddr) => {
      const place = places.find(({ segment }) => isIn(segment, vaddr));
      return place === undefined ? null : place.start + vaddr - place.segment.vaddr;
    },
  };
}

const isIn = ({ vaddr, memorySize }: ElfSegment, address: number): boolean =>
  address >= vaddr && address < vaddr + memorySize;

/** The stack: as large as PT_GNU_STACK of the program wants, or of its interpreter. */
function mapStack(
  file: NommuFile,
  program: ElfHeaders,
  interpreter: ElfHeaders | null,
  process: NommuProcess,
): NommuMapping | ExecEnd {
  const { pageSize } = process.machine.kernel.cpu;
  const [own, linkers] = [program, interpreter].map((headers) =>
    headers?.segments.findLast(({ type }) => type === PT_GNU_STACK),
  );
  const wanted = [own?.memorySize, linkers?.memorySize].find((size) => size !== undefined && size > 0);
  const size = Math.max(roundUp(wanted ?? DEFAULT_STACK, pageSize), MIN_STACK_PAGES * pageSize);
  const isExecutable = ((own ?? linkers)?.flags ?? 0) & PF_X;
  const memory = process.mmapAnonymous(size, VM_READ | VM_WRITE | (isExecutable === 0 ? 0 : VM_EXEC));
  if (!('vma' in memory)) return unmapped(memory);
  return { part: 'stack', object: file.path, segment: null, vma: memory.vma, place: 'ram', bssBytes: 0 };
}
