/**
 * A process that is being started: its address space, what is mapped in it, and the ways it can end before it runs.
 */
import { hex } from '../base/hex.ts';
import { CramfsError } from '../base/errors.ts';
import { roundUp } from '../base/pages.ts';
import { findBlock } from '../driver/readFolio.ts';
import { AddressSpace, type PageView } from '../mm/addressSpace.ts';
import type { Cpu, CpuName } from '../mm/cpu.ts';
import type { Errno } from '../mm/errno.ts';
import type { OpenFile } from '../mm/fileOperations.ts';
import type { Protection } from '../mm/operations/mprotect.ts';
import { type Vma, vmaPages } from '../mm/vma.ts';
import { VM_EXEC, VM_PFNMAP, VM_READ, VM_WRITE } from '../mm/vmFlags.ts';
import type { Board } from '../verdict/board.ts';
import { kernelOf } from '../verdict/process.ts';
import { type ElfHeaders, PF_R, PF_W, PF_X } from '../elf/elf.ts';
import type { ProgramFile } from './programFile.ts';

/** mmap() calls for one program: more than any honest one makes. */
export const MAX_MMAP_CALLS = 4096;
/** CPUs on which the fetch of an instruction from memory that is only readable faults its page in. */
const FAULTS_FIRST: readonly CpuName[] = ['x86-64', 'i386'];
/** vm.mmap_min_addr, below which a hint is not followed (round_hint_to_min()). */
const MMAP_MIN_ADDR = 65536;
/** Bytes of the stack once its arguments are on it: setup_arg_pages() adds 128 KiB to the page that they need. */
const STACK_SIZE = 132 * 1024;
/** Bytes within which a string of a process has to end. */
const MAX_STRING = 4096;

/** A signal that ends a process; SIGKILL comes with a corrupted page table. */
export type FatalSignal = 'SIGSEGV' | 'SIGBUS' | 'SIGKILL';

/** How the start of a program ends. */
export type ExecOutcome =
  /** It is at its own first instruction, all of its libraries in place. */
  | { readonly kind: 'runs' }
  /** execve() fails, and the caller goes on. */
  | { readonly kind: 'failed'; readonly errno: Errno; readonly cause: CramfsError | null; readonly why: string }
  /** A signal ends it. */
  | { readonly kind: 'killed'; readonly signal: FatalSignal; readonly why: string }
  /** The dynamic linker ends before the program begins: it gives up, or does what its options ask for (status 0). */
  | { readonly kind: 'exits'; readonly status: number; readonly why: string }
  /** The kernel dies. */
  | { readonly kind: 'bug'; readonly bug: string };

/** Unwinds the emulation to where the process ends. It never leaves the library. */
export class ProcessEnd extends Error {
  override readonly name = 'ProcessEnd';
  readonly outcome: ExecOutcome;

  constructor(outcome: ExecOutcome) {
    super(outcome.kind);
    this.outcome = outcome;
  }
}

/** Ends the process by a signal. */
export function killed(why: string, signal: FatalSignal = 'SIGSEGV'): never {
  throw new ProcessEnd({ kind: 'killed', signal, why });
}

/**
 * What mmap() makes of an address: a hint, which is followed where there is room; MAP_FIXED, which unmaps what is there;
 * MAP_FIXED_NOREPLACE, which fails with EEXIST where something is.
 */
export type Placement = 'hint' | 'fixed' | 'noreplace';

/** One mmap() of a file. Addresses and lengths in bytes. */
export interface FileMapping {
  /** Default, and 0 as a hint: wherever there is room. */
  readonly address?: number | undefined;
  readonly length: number;
  readonly offset: number;
  readonly protection: Protection;
  /** Default: "hint". */
  readonly placement?: Placement;
}

/** An ELF file in memory: a program, its interpreter or a library. */
export interface LoadedObject {
  readonly file: ProgramFile;
  readonly headers: ElfHeaders;
  /** What is added to a virtual address of the file. */
  readonly bias: number;
}

/** A call of mmap() for a file that succeeded, and the address that it returned. */
export interface MadeMapping extends Pick<FileMapping, 'length' | 'offset' | 'protection'> {
  readonly file: ProgramFile;
  readonly start: number;
  /** Whether it became a part of a mapping beside it: such a mapping is never handed to the file system. */
  readonly isMerged: boolean;
}

/** PF_R, PF_W and PF_X as mmap() takes them. */
export function protectionOf(flags: number): Protection {
  return { read: (flags & PF_R) !== 0, write: (flags & PF_W) !== 0, exec: (flags & PF_X) !== 0 };
}

/** A process whose memory a program is loaded into. */
export class UserProcess {
  readonly board: Board;
  readonly cpu: Cpu;
  readonly mm: AddressSpace;
  readonly log: string[];
  /** Personality READ_IMPLIES_EXEC: whatever can be read can be executed. */
  readImpliesExec = false;
  /** All ELF files that were loaded completely, in the order of loading. */
  readonly objects: LoadedObject[] = [];
  /** The calls of mmap() that mapped files, in the order of the calls. */
  readonly calls: MadeMapping[] = [];
  readonly #files = new Map<OpenFile, ProgramFile>();
  /** What was mapped and not looked at yet; `pgoff` is the file's page that was asked for. */
  #unread: { readonly start: number; readonly end: number; readonly pgoff: number }[] = [];
  #made = 0;

  constructor(board: Board, cpu: Cpu, log: string[]) {
    this.board = board;
    this.cpu = cpu;
    this.log = log;
    this.mm = new AddressSpace(kernelOf(board, cpu, log, null));
  }

  /** setup_arg_pages(): the stack, at the top of the address space. */
  mapStack(exec: boolean): void {
    const size = roundUp(STACK_SIZE, this.cpu.pageSize);
    this.mmapAnonymous(this.cpu.taskSize - size, size, { read: true, write: true, exec });
  }

  /** create_elf_tables(): whether arguments and auxiliary vector can be written, at the top of the stack. */
  canWriteStack(): boolean {
    return ((this.vmaAt(this.cpu.taskSize - this.cpu.pageSize)?.vmFlags ?? 0) & VM_WRITE) !== 0;
  }

  /** The file behind a mapping; undefined for anonymous memory. */
  fileOf(vma: Vma): ProgramFile | undefined {
    return this.#files.get(vma.file);
  }

  /**
   * mmap() of a file, private.
   *
   * @returns the address, or why not
   * @throws ProcessEnd where the kernel dies; CramfsError LIMIT, IO
   */
  mmap(file: ProgramFile, mapping: FileMapping): number | Errno {
    this.#count();
    this.#files.set(file.openFile, file);
    const { length, offset, protection, placement = 'hint' } = mapping;
    const address = this.#place(mapping.address, length, placement);
    if (typeof address === 'string') return address;
    const { read, write, exec } = this.#effective(protection);
    const result = this.mm.mmap(file.openFile, {
      read,
      write,
      exec,
      shared: false,
      address,
      length,
      offset,
      fixed: placement === 'fixed',
    });
    if ('errno' in result) return result.errno;
    if ('bug' in result) throw new ProcessEnd({ kind: 'bug', bug: result.bug });
    // A mapping that merged begins where its neighbour does.
    const start = address ?? result.vma.start;
    const { pageSize } = this.cpu;
    const end = start + roundUp(length, pageSize);
    const isMerged = result.vma.start < start || result.vma.end > end;
    this.calls.push({ length, offset, protection, file, start, isMerged });
    this.#unread.push({ start, end, pgoff: offset / pageSize });
    return start;
  }

  /** mmap() of anonymous memory at an address, over whatever is there. Null, or why not. */
  mmapAnonymous(address: number, length: number, protection: Protection): Errno | null {
    this.#count();
    const result = this.mm.mmapAnonymous({ ...this.#effective(protection), address, length, fixed: true });
    if ('errno' in result) return result.errno;
    if ('bug' in result) throw new ProcessEnd({ kind: 'bug', bug: result.bug });
    return null;
  }

  mprotect(address: number, length: number, protection: Protection): Errno | null {
    const result = this.mm.mprotectRange(address, length, this.#effective(protection));
    if (typeof result === 'object' && result !== null) throw new ProcessEnd({ kind: 'bug', bug: result.bug });
    return result;
  }

  /** Notes that a file has been loaded: all of its segments are mapped. */
  addObject(object: LoadedObject): LoadedObject {
    this.objects.push(object);
    return object;
  }

  /** The mapping at an address. */
  vmaAt(address: number): Vma | undefined {
    return this.mm.vmaAt(address);
  }

  /** The page that the CPU gets when it executes at an address. */
  fetch(address: number): PageView {
    const vma = this.vmaAt(address);
    const isExecutable = ((vma?.vmFlags ?? 0) & VM_EXEC) !== 0;
    // access_error() of x86: a page that is not there yet is brought in before anybody looks whether it can be executed.
    const isBroughtIn = FAULTS_FIRST.includes(this.cpu.name) && ((vma?.vmFlags ?? 0) & (VM_READ | VM_WRITE)) !== 0;
    if (vma === undefined || !(isExecutable || isBroughtIn)) return { touch: 'SIGSEGV' };
    const view = this.mm.fetchPage(vma, Math.floor((address - vma.start) / this.cpu.pageSize));
    return view.touch === 'ok' && !isExecutable ? { touch: 'SIGSEGV' } : view;
  }

  /**
   * Bytes of memory as the process reads them, cut short where nothing is mapped any more.
   *
   * @throws ProcessEnd where the touch of a page ends the process
   */
  read(address: number, length: number): Uint8Array {
    const { pageSize } = this.cpu;
    const pieces: number[] = [];
    for (let at = address; at < address + length;) {
      const vma = this.vmaAt(at);
      if (vma === undefined) break;
      const page = Math.floor((at - vma.start) / pageSize);
      const view = this.mm.readPage(vma, page);
      if (view.touch !== 'ok') {
        killed(`it reads at ${hex(at)}, and cannot`, view.touch === 'killed' ? 'SIGKILL' : view.touch);
      }
      const within = at - vma.start - page * pageSize;
      const to = Math.min(pageSize, within + address + length - at);
      for (let byte = within; byte < to; byte++) pieces.push(view.bytes?.[byte] ?? 0);
      at += to - within;
    }
    return Uint8Array.from(pieces);
  }

  /**
   * A string of memory, without its NUL; null where there is none within 4096 bytes. Pages behind the NUL are not touched.
   *
   * @throws ProcessEnd as {@link read}
   */
  readString(address: number): string | null {
    const { pageSize } = this.cpu;
    const pieces: number[] = [];
    while (pieces.length < MAX_STRING) {
      const at = address + pieces.length;
      const bytes = this.read(at, Math.min(MAX_STRING - pieces.length, pageSize - (at % pageSize)));
      if (bytes.length === 0) return null;
      const nul = bytes.indexOf(0);
      for (const byte of nul === -1 ? bytes : bytes.subarray(0, nul)) pieces.push(byte);
      if (nul !== -1) return new TextDecoder().decode(Uint8Array.from(pieces));
    }
    return null;
  }

  /** Zeroes memory up to the end of its page. False where it cannot be written. */
  clearToPageEnd(address: number): boolean {
    const { pageSize } = this.cpu;
    const within = address % pageSize;
    if (within === 0) return true;
    const vma = this.vmaAt(address);
    if (vma === undefined) return false;
    const page = Math.floor((address - vma.start) / pageSize);
    return this.mm.write(vma, page, within, new Uint8Array(pageSize - within)) === 'ok';
  }

  /**
   * The process goes on to use what was mapped: headers, symbol tables, code. It ends where a page shows something else
   * than the file has there.
   *
   * @throws ProcessEnd
   */
  useMappings(): void {
    const unread = this.#unread.reverse();
    this.#unread = [];
    const { pageSize } = this.cpu;
    for (const vma of this.mm.vmas) {
      const file = this.fileOf(vma);
      const asked = unread.find(({ start, end }) => start < vma.end && vma.start < end);
      if (file !== undefined && asked !== undefined) {
        this.#requireOwnBytes(vma, file, asked.pgoff + (vma.start - asked.start) / pageSize);
      }
    }
  }

  /** @param pgoff the page of the file that should be the first of the mapping */
  #requireOwnBytes(vma: Vma, file: ProgramFile, pgoff: number): void {
    const { pageSize } = this.cpu;
    const pages = Math.min(vmaPages(vma, pageSize), Math.ceil(file.size / pageSize) - pgoff);
    const fs = this.board.mounted();
    const wrong = (page: number): never => {
      const which = `page ${String(pgoff + page)} of ${file.path}`;
      // An address beyond the CPU's bits: the touch itself is fatal, and no handler can catch it.
      if (this.mm.fetchPage(vma, page).touch === 'killed') killed(`${which} has a corrupt page table entry`, 'SIGKILL');
      return killed(`${which} shows other bytes than the file has there`);
    };
    let present = 0;
    for (const run of this.mm.pageTable.directRuns(vma.start / pageSize, Math.max(0, pages))) {
      present += run.pages;
      for (let page = 0; page < run.pages; page++) {
        const block = findBlock(fs, file.file.inode, pgoff + run.page + page);
        const stored = this.board.memory.base + block.start;
        if (!block.uncompressed || (run.pfn + page) * pageSize !== stored) wrong(run.page + page);
      }
    }
    // Pages without an entry are filled from vm_pgoff, which in a mapping of page frames is the first frame's number.
    if ((vma.vmFlags & VM_PFNMAP) !== 0 && present < pages && vma.pgoff !== pgoff) wrong(present);
  }

  /** get_unmapped_area(): the address that mmap() takes; undefined for wherever there is room. */
  #place(address: number | undefined, length: number, placement: Placement): number | undefined | Errno {
    if (address === undefined || placement === 'fixed') return address;
    const isFree = (start: number): boolean => {
      const end = start + roundUp(length, this.cpu.pageSize);
      return end <= this.cpu.taskSize && !this.mm.vmas.some((vma) => vma.start < end && start < vma.end);
    };
    if (placement === 'noreplace') {
      // What does not fit into the address space at all is refused first.
      const isInside = address >= 0 && address + roundUp(length, this.cpu.pageSize) <= this.cpu.taskSize;
      return isInside && !isFree(address) ? 'EEXIST' : address;
    }
    const hint = address > 0 ? Math.max(address, MMAP_MIN_ADDR) : 0;
    return hint > 0 && isFree(hint) ? hint : undefined;
  }

  #effective(protection: Protection): Protection {
    return this.readImpliesExec && protection.read ? { ...protection, exec: true } : protection;
  }

  #count(): void {
    if (++this.#made <= MAX_MMAP_CALLS) return;
    throw new CramfsError('LIMIT', {
      expected: `at most ${String(MAX_MMAP_CALLS)} calls of mmap() to start a program`,
      found: 'more',
    });
  }
}
