/**
 * The way through an image: its tree once, then its programs. Along it everything is counted, files that matter to a machine
 * are mapped, and rules are told.
 */
import type { FindingArguments } from '../check/codes.ts';
import { CramfsError } from '../errors.ts';
import { CRAMFS_FLAG_FSID_VERSION_2 } from '../format/constants.ts';
import { type Block, blockCount, fileBlocks } from '../image/blocks.ts';
import { Accountant } from '../inspect/account.ts';
import { isDirectPointer } from '../inspect/directRuns.ts';
import { walk, type WalkEntry } from '../inspect/walk.ts';
import { Budget } from './budget.ts';
import { contentsOf } from './contents.ts';
import type { AuditContext } from './context.ts';
import { comparePaths } from './pathOrder.ts';
import { type Program, ProgramRunner } from './programs.ts';
import type { AuditedFile, AuditNumbers } from './result.ts';
import { AUDIT_RULES } from './rules/index.ts';
import { stateOf } from './state.ts';
import { makeSubject, type MappedSubject } from './subject.ts';
import { type AuditVisitors, beginAuditRules } from './visitors.ts';

/** Block pointers that are looked at in any image; there are no more than a quarter of the bytes unless files share them. */
const FREE_POINTERS = 1 << 18;
/** What listed files may take, in bytes and roughly. */
const MAX_LISTED_BYTES = 1 << 27;
const LISTED_BYTES = 512;
/** Entries between two reports of progress. */
const PROGRESS_STEP = 1024;

/** What to look at, and whom to tell. */
export interface PassOptions {
  readonly alsoList: ((path: string) => boolean) | undefined;
  readonly progress: ((done: number, total: number) => void) | undefined;
}

/** One audit's way through an image. */
export class TreePass {
  readonly #context: AuditContext;
  readonly #options: PassOptions;
  readonly #visitors: AuditVisitors;
  readonly #accountant: Accountant;
  readonly #pointers: Budget;
  readonly #listed = new Budget(MAX_LISTED_BYTES);
  /** The largest size seen for a pointer table: files that share one count once. */
  readonly #tables = new Map<number, number>();
  readonly #files = new Map<string, AuditedFile>();
  readonly #programs: Program[] = [];
  readonly #incompletenessTold = new Set<string>();
  #regularFiles = 0;
  #contentBytes = 0;
  readonly #text = { pages: 0, direct: 0 };
  readonly #rodata = { pages: 0, direct: 0 };

  constructor(context: AuditContext, options: PassOptions) {
    this.#context = context;
    this.#options = options;
    this.#visitors = beginAuditRules(AUDIT_RULES, context);
    this.#accountant = new Accountant(context.image);
    this.#pointers = new Budget(FREE_POINTERS + Math.ceil(context.image.source.size / 4));
  }

  /**
   * Goes the way.
   *
   * @throws CramfsError IO
   */
  run(): { readonly files: readonly AuditedFile[]; readonly numbers: AuditNumbers } {
    const { image } = this.#context;
    let done = 0;
    // Damage of the tree is what a check finds.
    for (const entry of walk(image, { onProblem: () => undefined })) {
      if (++done % PROGRESS_STEP === 0) this.#options.progress?.(done, image.superblock.files);
      if (entry.parent !== null) this.#accountant.entry(entry.inode);
      this.#visitors.entry(entry);
      const { type } = entry.inode;
      if (type === 'file' || type === 'symlink') this.#file(entry);
    }
    const runner = new ProgramRunner(this.#context.board);
    if (this.#context.refusal === null) this.#runPrograms(runner);
    const numbers = this.#numbers(runner);
    this.#visitors.end(numbers);
    return { files: [...this.#files.values()].sort((a, b) => comparePaths(a.path, b.path)), numbers };
  }

  #file(entry: WalkEntry): void {
    const { inode } = entry;
    this.#contentBytes += inode.size;
    const isRegular = inode.type === 'file';
    if (isRegular) this.#regularFiles++;
    // A file with data and offset 0 points at the superblock, which is damage.
    if (inode.size === 0 || inode.offset === 0) {
      if (isRegular) this.#look(entry, [], true);
      return;
    }
    const isNew = (this.#tables.get(inode.ino) ?? 0) < inode.size;
    const blocks = this.#blocks(entry, isNew);
    if (!isRegular) return;
    if (isNew) this.#visitors.blocks(entry, blocks);
    this.#look(entry, blocks, isNew);
  }

  /** The blocks of a file, as far as they can be read; none where there are more than any honest image has. */
  #blocks(entry: WalkEntry, isNew: boolean): Block[] {
    const { inode } = entry;
    const { image } = this.#context;
    const count = blockCount(inode.size, image.pageSize);
    const blocks: Block[] = [];
    if (!this.#pointers.spend(count)) {
      this.#incomplete(entry, 'block pointers', this.#pointers.limit);
      return blocks;
    }
    if (isNew) {
      this.#tables.set(inode.ino, inode.size);
      this.#accountant.pointers(inode, count);
    }
    try {
      for (const block of fileBlocks(image, inode)) {
        blocks.push(block);
        if (isNew && block.length <= 2 * image.pageSize) this.#accountant.block(block, isDirectPointer(block));
      }
    } catch (error) {
      if (!(error instanceof CramfsError) || error.code === 'IO') throw error;
    }
    return blocks;
  }

  /** Maps and lists a file if it matters. `isNew`: it is not another name for the data of a file before it. */
  #look(entry: WalkEntry, blocks: readonly Block[], isNew: boolean): void {
    const { inode } = entry;
    const { image, board, refusal, mapper } = this.#context;
    const contents = contentsOf(image, inode, board.kernel.nommu === undefined);
    const hasDirect = blocks.some(({ kind }) => kind === 'direct');
    const isLoadable = 'elf' in contents && contents.elf.segments.length > 0;
    const alsoListed = this.#options.alsoList?.(entry.path) === true;
    if (!hasDirect && !contents.isProgram && !isLoadable && !alsoListed) return;
    const { path } = entry;
    if (!this.#listed.spend(LISTED_BYTES + path.length)) {
      this.#incomplete(entry, 'programs', Math.floor(this.#listed.limit / LISTED_BYTES));
      return;
    }
    const subject = makeSubject(path, inode, contents, blocks, image.pageSize);
    const mapped: MappedSubject = mapper.mapAll(subject, refusal === null);
    if (mapper.exhausted !== null) this.#incomplete(entry, 'mapped pages', mapper.exhausted);
    if (isNew) this.#countSegments(mapped);
    this.#files.set(path, listed(mapped));
    if (contents.isProgram) this.#programs.push({ path, inode });
    this.#visitors.mapped(mapped);
  }

  #countSegments({ segments }: MappedSubject): void {
    for (const { kind, pages, directPages } of segments) {
      if (kind === 'data') continue;
      const sum = kind === 'text' ? this.#text : this.#rodata;
      sum.pages += pages;
      sum.direct += directPages;
    }
  }

  #runPrograms(runner: ProgramRunner): void {
    for (const program of this.#programs) {
      const run = runner.start(program);
      if (run === null) break;
      const { outcome, ramBytes, flashBytes } = run;
      const file = this.#files.get(program.path);
      if (file !== undefined) this.#files.set(program.path, { ...file, run: { outcome, ramBytes, flashBytes } });
      this.#visitors.program(program, run);
    }
    if (runner.exhausted !== null) this.#incomplete(null, 'programs', runner.exhausted);
  }

  #numbers(runner: ProgramRunner): AuditNumbers {
    const { image, board } = this.#context;
    const { pageSize } = board.cpu;
    const account = this.#accountant.account();
    return {
      imageBytes: image.hasFlag(CRAMFS_FLAG_FSID_VERSION_2) ? image.superblock.size : image.source.size,
      fileBytes: account.fileBytes,
      flash: account.lines,
      contentBytes: this.#contentBytes,
      paddingBytes: account.lines.find(({ label }) => label === 'padding')?.bytes ?? 0,
      files: this.#regularFiles,
      programs: this.#programs.length,
      textBytes: this.#text.pages * pageSize,
      textDirectBytes: this.#text.direct * pageSize,
      readOnlyBytes: (this.#text.pages + this.#rodata.pages) * pageSize,
      readOnlyDirectBytes: (this.#text.direct + this.#rodata.direct) * pageSize,
      ramBytes: runner.ramBytes,
      ramSavedBytes: runner.ramSavedBytes,
    };
  }

  /** Says once that something was too much to be looked at. */
  #incomplete(entry: WalkEntry | null, what: FindingArguments['CHECK_INCOMPLETE']['what'], limit: number): void {
    if (this.#incompletenessTold.has(what)) return;
    this.#incompletenessTold.add(what);
    const place = { path: entry === null ? null : () => entry.path, offset: entry?.inode.position ?? null };
    this.#context.findings.add('image/check-incomplete', place, { what, limit });
  }
}

/** A file as the result lists it. */
function listed({ path, inode, contents, blocks, directBlocks, whole, segments }: MappedSubject): AuditedFile {
  return {
    path,
    size: inode.size,
    mode: inode.mode,
    format: contents.format,
    state: whole === null ? null : stateOf(whole),
    blocks: blocks.length,
    directBlocks,
    segments: segments.map(({ segment, kind, perms, firstPage, pages, directPages, fileBytes, verdict }) => ({
      segment,
      kind,
      perms,
      firstPage,
      pages,
      directPages,
      fileBytes,
      state: verdict === null ? null : stateOf(verdict),
    })),
    run: null,
  };
}
