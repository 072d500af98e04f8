/**
 * Programs, started on paper one after the other, and the memory that all of them take together.
 */
import { CramfsError } from '../base/errors.ts';
import { execProgram, type ExecReport } from '../exec/execProgram.ts';
import { MAX_FILE_PAGES, visitFilePages } from '../exec/filePages.ts';
import type { ExecEnd } from '../exec/nommuProgram.ts';
import { LoadedFiles } from './loadedFiles.ts';
import { NommuSystem } from '../exec/nommuSystem.ts';
import { NO_RAM, type RamUse } from '../exec/ramUse.ts';
import type { UserProcess } from '../exec/userProcess.ts';
import { fileBlock } from '../image/blocks.ts';
import type { Inode } from '../image/image.ts';
import { isNommuShared } from '../mm/vmFlags.ts';
import type { Board } from '../verdict/board.ts';
import { walk } from '../inspect/walk.ts';
import { Budget } from '../base/budget.ts';
import { contentsOf } from './contents.ts';

/** A program of the image. */
export interface Program {
  readonly path: string;
  readonly inode: Inode;
}

/** What starting a program comes to. */
export interface ProgramRun {
  /** "runs", or how it ends before its own first instruction: "failed", "killed", "exits", "bug", "limit". */
  readonly outcome: string;
  /** Why it does not run; "" where it does. */
  readonly why: string;
  readonly needed: ExecReport['needed'];
  /** Bytes of RAM for file mappings, and of flash in its memory. */
  readonly ramBytes: number;
  readonly ram: RamUse;
  readonly flashBytes: number;
}

/** What a start costs beside the pages of its mappings, in pages. */
const START = 1024;
const MAPPING = 64;
/** Pages that programs may map in all, in any image; larger images may have more. */
const FREE_PAGES = 1 << 20;

/** Starts programs, and keeps account of the memory that all of them use at once. */
export class ProgramRunner {
  readonly #board: Board;
  readonly #budget: Budget;
  /** Files as the programs have loaded them. */
  readonly loaded: LoadedFiles;
  /** Page frames of flash in any program's memory. */
  readonly #frames = new Set<number>();
  /** Page frames of flash whose content is in the page cache as well, because a mapping of it is not direct. */
  readonly #framesCached = new Set<number>();
  /** Pages of the page cache: inode number × MAX_FILE_PAGES + page. */
  readonly #cached = new Set<number>();
  #copies = 0;

  constructor(board: Board) {
    this.#board = board;
    this.loaded = new LoadedFiles(board);
    this.#budget = new Budget(FREE_PAGES + Math.ceil(board.image.source.size / 4));
  }

  /** The pages that programs may map in all; null as long as there are some left. */
  get exhausted(): number | null {
    return this.#budget.isSpent ? this.#budget.limit : null;
  }

  /** RAM for file mappings when all programs run at once: shared pages once, copies each. */
  get ramBytes(): number {
    return (this.#copies + this.#cached.size) * this.#board.cpu.pageSize;
  }

  /** RAM that they would take beyond that without direct pages. */
  get ramSavedBytes(): number {
    let saved = this.#frames.size;
    for (const frame of this.#framesCached) if (this.#frames.has(frame)) saved--;
    return saved * this.#board.cpu.pageSize;
  }

  /**
   * Starts a program; null when the budget is spent.
   *
   * @throws CramfsError IO
   */
  start(program: Program): ProgramRun | null {
    if (!this.#budget.spend(START)) return null;
    try {
      return this.#board.kernel.nommu === undefined ? this.#exec(program) : this.#execWithoutMmu(program);
    } catch (error) {
      if (!(error instanceof CramfsError) || error.code === 'IO') throw error;
      const outcome = error.code === 'LIMIT' ? 'limit' : 'failed';
      return { outcome, why: error.message, needed: [], ramBytes: 0, ram: NO_RAM, flashBytes: 0 };
    }
  }

  #exec({ path }: Program): ProgramRun {
    let process: UserProcess | null = null as UserProcess | null;
    const observe = (observed: UserProcess): void => {
      process = observed;
    };
    const report = execProgram(this.#board, { path, observe });
    const { outcome, needed, ramBytes, ram, flashBytes, mappings } = report;
    this.loaded.take(report);
    if (process !== null && outcome.kind === 'runs') this.#take(process);
    const { pageSize } = this.#board.cpu;
    this.#budget.spend(mappings.reduce((sum, { start, end }) => sum + MAPPING + (end - start) / pageSize, 0));
    const why = 'why' in outcome ? outcome.why : 'bug' in outcome ? outcome.bug : '';
    return { outcome: outcome.kind, why, needed, ramBytes, ram, flashBytes };
  }

  #take(process: UserProcess): void {
    visitFilePages(process, {
      direct: (pfn) => this.#frames.add(pfn),
      cached: (inode, page) => {
        this.#addCached(inode, page);
      },
      copied: () => this.#copies++,
    });
  }

  #addCached(inode: Inode, page: number): void {
    const key = inode.ino * MAX_FILE_PAGES + page;
    if (this.#cached.has(key)) return;
    this.#cached.add(key);
    const frame = this.#frameOf(inode, page);
    if (frame !== null) this.#framesCached.add(frame);
  }

  /** The page frame that a mapping of a page could show; null for one that is not stored as it is. */
  #frameOf(inode: Inode, page: number): number | null {
    const { image, memory, cpu } = this.#board;
    const { kind, start } = fileBlock(image, inode, page);
    return kind === 'direct' ? (memory.base + start) / cpu.pageSize : null;
  }

  /** Without an MMU: what is not in flash is RAM at once; data and stack are nobody else's, copies of the file shared. */
  #execWithoutMmu({ path }: Program): ProgramRun {
    const { pageSize } = this.#board.cpu;
    const { result, log } = new NommuSystem(this.#board, { mountPoint: '' }).exec(path);
    const none = { needed: [], ramBytes: 0, ram: NO_RAM, flashBytes: 0 };
    if (result.outcome !== 'runs') {
      return { outcome: result.outcome, why: log.at(-1) ?? endOf(result), ...none };
    }
    for (const { place, vma } of result.mappings) {
      const pages = (vma.end - vma.start) / pageSize;
      this.#budget.spend(MAPPING + pages);
      if (place === 'flash') {
        // A mapping need not begin at a page boundary, so that a frame here is any address divided by the page size.
        for (let page = 0; page < pages; page++) this.#frames.add(vma.start / pageSize + page);
      } else if (place === 'copy' && isNommuShared(vma.vmFlags) && vma.file !== null) {
        for (let page = 0; page < pages; page++) this.#cached.add(vma.file.ino * MAX_FILE_PAGES + vma.pgoff + page);
      } else {
        this.#copies += pages;
      }
    }
    const { copies, data, stack, flash } = result.memory;
    const ram = { ...NO_RAM, text: copies, data, bss: stack };
    return { ...none, outcome: 'runs', why: '', ramBytes: copies + data + stack, ram, flashBytes: flash };
  }
}

/**
 * Starts all programs of an image with an MMU, and gives its files as they were loaded.
 *
 * @throws CramfsError IO
 */
export function startPrograms(board: Board): LoadedFiles {
  const { image } = board;
  const runner = new ProgramRunner(board);
  for (const { path, inode } of walk(image, { onProblem: () => undefined })) {
    if (inode.type !== 'file' || !contentsOf(image, inode, true).isProgram) continue;
    if (runner.start({ path, inode }) === null) break;
  }
  return runner.loaded;
}

/** How a start ends of which the kernel logs nothing. */
function endOf(result: ExecEnd): string {
  switch (result.outcome) {
    case 'bug':
      return result.bug;
    case 'failed':
      return result.errno;
    case 'killed':
      return `signal ${String(result.signal)} (${result.errno})`;
  }
}
