/**
 * A program in memory without an MMU: what was mapped and allocated for it, and what execve() came to.
 */
import type { Errno } from '../mm/errno.ts';
import { ERRNO_NUMBERS } from '../mm/errno.ts';
import { kernelRead } from '../mm/nommu/copy.ts';
import type { NommuMmapResult, NommuProcess } from '../mm/nommu/process.ts';
import type { NommuRegion } from '../mm/nommu/regions.ts';
import type { NommuFile } from '../mm/nommu/validate.ts';
import type { NommuVma } from '../mm/nommu/vmaTree.ts';

/** Where the text of a program is: in flash, in a copy of the file's pages, or in RAM together with the data. */
export type TextPlace = 'flash' | 'copy' | 'ram';

/** What a piece of memory is for; `whole`: text and data of an object together. */
export type NommuPart = 'text' | 'rodata' | 'data' | 'whole' | 'stack';

/** One mapping of a program. Bytes. */
export interface NommuMapping {
  readonly part: NommuPart;
  /** Path of the object that it is of; the program's for its stack. */
  readonly object: string;
  /** Index of the program header of an ELF file; null where it is not one segment. */
  readonly segment: number | null;
  readonly vma: NommuVma;
  readonly place: TextPlace;
  /** Of its bytes, those that the file does not have (bss); 0 for a stack. */
  readonly bssBytes: number;
}

/** A program whose start comes to the first instruction. */
export interface RunningProgram {
  readonly outcome: 'runs';
  readonly text: TextPlace;
  /** Address of the first instruction, of the interpreter where there is one. */
  readonly entry: number;
  /** The mapping that has the text. */
  readonly vma: NommuVma;
  /** All that was mapped and allocated, in order. */
  readonly mappings: readonly NommuMapping[];
  /** Path of the ELF interpreter; null where the program names none. */
  readonly interpreter: string | null;
  readonly memory: NommuMemory;
}

/** How execve() ended. */
export type ExecResult =
  | RunningProgram
  /** execve() failed, and the caller goes on. */
  | { readonly outcome: 'failed'; readonly errno: Errno }
  /** It failed when the old program was gone: SIGSEGV. */
  | { readonly outcome: 'killed'; readonly signal: number; readonly errno: Errno }
  | { readonly outcome: 'bug'; readonly bug: string };

/** A start that does not come to the first instruction. */
export type ExecEnd = Exclude<ExecResult, RunningProgram>;

/** An executable file. */
export interface Executable {
  readonly file: NommuFile;
  /** st_mode; the caller is root, who needs any of the three x bits. */
  readonly mode: number;
  readonly regular: boolean;
}

/** Memory that a start takes, in bytes of whole pages. What several mappings share counts once. */
export interface NommuMemory {
  /** RAM: read-only segments, and text, that are copied. */
  readonly copies: number;
  /** RAM: data and bss, and all of what is loaded as a whole. */
  readonly data: number;
  /** RAM: the stack, where it is a piece of its own. */
  readonly stack: number;
  /** Flash that is used in place. */
  readonly flash: number;
}

const SIGSEGV = 11;

/** The end of execve() when the old program is gone. */
export function killedBy(errno: Errno): ExecEnd {
  return { outcome: 'killed', signal: SIGSEGV, errno };
}

/** killedBy() with the line that the bFLT loader logs. */
export function killedFlat(process: NommuProcess, what: string, errno: Errno): ExecEnd {
  process.machine.kernel.log.push(`binfmt_flat: ${what}, errno -${String(ERRNO_NUMBERS[errno])}`);
  return killedBy(errno);
}

/** The end of execve() that a failed mmap() is. */
export function unmapped(result: Exclude<NommuMmapResult, { readonly vma: NommuVma }>): ExecEnd {
  return 'bug' in result ? { outcome: 'bug', bug: result.bug } : killedBy(result.errno);
}

/** read_code(): bytes of the file into anonymous memory. */
export function readCode(
  file: NommuFile,
  position: number,
  length: number,
  { region: { copy } }: NommuVma,
  at: number,
  process: NommuProcess,
): Errno | null {
  if (copy === null || length === 0) return null;
  return kernelRead(file, position, copy.subarray(at, at + length), process.machine.kernel);
}

/** Where a mapping of a file has come to lie. */
export const placeOf = (vma: NommuVma): TextPlace => (vma.region.copy === null ? 'flash' : 'copy');

/** A start that comes to the first instruction. */
export function running(program: Omit<RunningProgram, 'outcome' | 'memory'>): RunningProgram {
  return { outcome: 'runs', ...program, memory: memoryOf(program.mappings) };
}

function memoryOf(mappings: readonly NommuMapping[]): NommuMemory {
  const memory = { copies: 0, data: 0, stack: 0, flash: 0 };
  const counted = new Set<NommuRegion>();
  for (const { part, place, vma } of mappings) {
    if (place === 'flash' || counted.has(vma.region)) continue;
    counted.add(vma.region);
    const kind = part === 'stack' ? 'stack' : part === 'text' || part === 'rodata' ? 'copies' : 'data';
    memory[kind] += vma.end - vma.start;
  }
  memory.flash = covered(mappings.filter(({ place }) => place === 'flash').map(({ vma }) => vma));
  return memory;
}

/** Bytes that lie in at least one of the ranges. */
function covered(ranges: readonly { readonly start: number; readonly end: number }[]): number {
  let [bytes, reached] = [0, 0];
  for (const { start, end } of [...ranges].sort((a, b) => a.start - b.start)) {
    bytes += Math.max(0, end - Math.max(start, reached));
    reached = Math.max(reached, end);
  }
  return bytes;
}
