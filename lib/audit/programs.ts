/**
 * Programs, started on paper one after the other, and the memory that all of them take together.
 */
import { CramfsError } from '../base/errors.ts';
import { execProgram, type ExecReport } from '../exec/execProgram.ts';
import { MAX_FILE_PAGES, visitFilePages } from '../exec/filePages.ts';
import type { ExecResult } from '../exec/flatLoader.ts';
import { NommuSystem } from '../exec/nommuSystem.ts';
import type { UserProcess } from '../exec/userProcess.ts';
import { blockCount, fileBlock } from '../image/blocks.ts';
import type { Inode } from '../image/image.ts';
import type { Board } from '../verdict/board.ts';
import { Budget } from '../base/budget.ts';

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
  readonly flashBytes: number;
}

/** What a start costs beside the pages of its mappings, in pages. */
const START = 256;
const MAPPING = 16;
/** Pages that programs may map in all, in any image; larger images may have more. */
const FREE_PAGES = 1 << 22;

/** Starts programs, and keeps account of the memory that all of them use at once. */
export class ProgramRunner {
  readonly #board: Board;
  readonly #budget: Budget;
  /** Page frames of flash in any program's memory. */
  readonly #frames = new Set<number>();
  /** Page frames of flash whose content is in the page cache as well, because a mapping of it is not direct. */
  readonly #framesCached = new Set<number>();
  /** Pages of the page cache: inode number × MAX_FILE_PAGES + page. */
  readonly #cached = new Set<number>();
  #copies = 0;

  constructor(board: Board) {
    this.#board = board;
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
      return this.#board.kernel.nommu === undefined ? this.#exec(program) : this.#execFlat(program);
    } catch (error) {
      if (!(error instanceof CramfsError) || error.code === 'IO') throw error;
      const outcome = error.code === 'LIMIT' ? 'limit' : 'failed';
      return { outcome, why: error.message, needed: [], ramBytes: 0, flashBytes: 0 };
    }
  }

  #exec({ path }: Program): ProgramRun {
    const { outcome, needed, ramBytes, flashBytes, mappings } = execProgram(this.#board, {
      path,
      observe: (process) => {
        this.#take(process);
      },
    });
    const { pageSize } = this.#board.cpu;
    this.#budget.spend(mappings.reduce((sum, { start, end }) => sum + MAPPING + (end - start) / pageSize, 0));
    const why = 'why' in outcome ? outcome.why : 'bug' in outcome ? outcome.bug : '';
    return { outcome: outcome.kind, why, needed, ramBytes, flashBytes };
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

  /** A bFLT program without an MMU: its text is a mapping; its data is read into memory that is nobody else's. */
  #execFlat({ path, inode }: Program): ProgramRun {
    const { pageSize } = this.#board.cpu;
    const { result, log } = new NommuSystem(this.#board).exec(path);
    const none = { needed: [], ramBytes: 0, flashBytes: 0 };
    if (result.outcome !== 'runs') {
      return { outcome: result.outcome, why: log.at(-1) ?? endOf(result), ...none };
    }
    const { text, vma } = result;
    const pages = Math.min((vma.end - vma.start) / pageSize, blockCount(inode.size, pageSize));
    this.#budget.spend(pages);
    if (text === 'flash') {
      // Text need not begin at a page boundary, so that a frame here is any address divided by the page size.
      for (let page = 0; page < pages; page++) this.#frames.add(vma.start / pageSize + page);
      return { outcome: 'runs', why: '', ...none, flashBytes: pages * pageSize };
    }
    this.#copies += pages;
    return { outcome: 'runs', why: '', ...none, ramBytes: pages * pageSize };
  }
}

/** How a start ends of which the kernel logs nothing. */
function endOf(result: Exclude<ExecResult, { readonly outcome: 'runs' }>): string {
  switch (result.outcome) {
    case 'bug':
      return result.bug;
    case 'failed':
      return result.errno;
    case 'killed':
      return `signal ${String(result.signal)}`;
  }
}
