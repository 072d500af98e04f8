/**
 * The way through the files that a survey has found worth a closer look: the programs among them are started first; then
 * files are taken as those have loaded them, rules are told, and everything is counted.
 */
import { type Boundless, CHECK_INCOMPLETE } from '../check/incomplete.ts';
import { CramfsError } from '../base/errors.ts';
import { CRAMFS_FLAG_FSID_VERSION_2 } from '../format/constants.ts';
import { type Block, blockCount, fileBlocks } from '../image/blocks.ts';
import type { CramfsImage, Inode } from '../image/image.ts';
import { Budget } from '../base/budget.ts';
import { blocksKey } from '../inspect/blockBudget.ts';
import { type Contents, contentsOf } from './contents.ts';
import type { AuditContext } from './context.ts';
import { comparePaths } from './pathOrder.ts';
import type { DeflateBlock } from './flashCost.ts';
import type { LoadedFiles } from './loadedFiles.ts';
import { ProgramRunner } from './programs.ts';
import type { AuditedFile, AuditedSegment, AuditNumbers } from './result.ts';
import { AUDIT_RULES } from './rules/index.ts';
import { stateOf } from './state.ts';
import {
  indirectBlocks,
  knownBlocks,
  makeSubject,
  type MappedSegment,
  type MappedSubject,
  type SubjectBlocks,
} from './subject.ts';
import type { SurveyedEntry } from './survey.ts';
import { type AuditVisitors, beginAuditRules } from './visitors.ts';

/** Block pointers that are looked at in any image; there are no more than a quarter of the bytes unless files share them. */
const FREE_POINTERS = 1 << 18;
/** What listed files and their segments may take, in bytes and roughly: in any image, for each of its bytes, and at most. */
const FREE_LISTED = 1 << 24;
const LISTED_PER_BYTE = 4;
const MAX_LISTED = 1 << 26;
const LISTED_BYTES = 512;
const SEGMENT_BYTES = 128;
/** An x for anybody. */
const ANY_X = 0o111;
/** Files whose contents are remembered, and segments that they may have. */
const MAX_CONTENTS = 4096;
const MAX_KEPT_SEGMENTS = 32;
/** Files between two reports of progress. */
const PROGRESS_STEP = 64;

/** What to look at, and whom to tell. */
export interface PassOptions {
  readonly alsoList: ((path: string) => boolean) | undefined;
  readonly deflate: DeflateBlock | undefined;
  readonly progress: ((done: number, total: number) => void) | undefined;
}

/** One audit's way through an image. */
export class TreePass {
  readonly #context: AuditContext;
  readonly #options: PassOptions;
  readonly #visitors: AuditVisitors;
  readonly #pointers: Budget;
  readonly #listed: Budget;
  /** The largest size seen for a pointer table: segments of files that share one count once. */
  readonly #tables = new Map<number, number>();
  readonly #files = new Map<string, AuditedFile>();
  readonly #contents = new Map<string, Contents>();
  readonly #segments = new WeakMap<readonly MappedSegment[], readonly AuditedSegment[]>();
  /** How starts of programs went, by the position of their inodes. */
  readonly #runs = new Map<number, NonNullable<AuditedFile['run']>>();
  #programs = 0;
  readonly #incompletenessTold = new Set<string>();
  readonly #text = { pages: 0, direct: 0 };
  readonly #rodata = { pages: 0, direct: 0 };

  constructor(context: AuditContext, options: PassOptions) {
    this.#context = context;
    this.#options = options;
    this.#visitors = beginAuditRules(AUDIT_RULES, context);
    const { size } = context.image.source;
    this.#pointers = new Budget(FREE_POINTERS + Math.ceil(size / 4));
    this.#listed = new Budget(Math.min(FREE_LISTED + LISTED_PER_BYTE * size, MAX_LISTED));
  }

  /**
   * Goes the way.
   *
   * @throws CramfsError IO
   */
  run(): { readonly files: readonly AuditedFile[]; readonly numbers: AuditNumbers } {
    const { survey, board, refusal } = this.#context;
    const { special, candidates, files } = survey;
    for (let index = 0; index < special.length; index++) this.#visitors.special(survey.entry(special, index));
    const runner = new ProgramRunner(board);
    if (refusal === null) this.#runPrograms(runner);
    const loaded = refusal === null ? runner.loaded : null;
    for (let index = 0; index < candidates.length; index++) {
      if (index % PROGRESS_STEP === 0) this.#options.progress?.(index, candidates.length);
      this.#look(survey.entry(candidates, index), loaded);
    }
    if (this.#options.alsoList !== undefined) {
      for (let index = 0; index < files.length; index++) this.#lookIfWanted(survey.entry(files, index), loaded);
    }
    const numbers = this.#numbers(runner);
    this.#visitors.end(numbers);
    return { files: [...this.#files.values()].sort((a, b) => comparePaths(a.path, b.path)), numbers };
  }

  /** Looks at a file that no machine cares about, and somebody else does. */
  #lookIfWanted(entry: SurveyedEntry, loaded: LoadedFiles | null): void {
    const path = entry.path();
    if (!this.#files.has(path) && this.#options.alsoList?.(path) === true) this.#look(entry, loaded);
  }

  /** Maps and lists a file if it matters to a machine, or to somebody else. */
  #look(entry: SurveyedEntry, loaded: LoadedFiles | null): void {
    const { inode } = entry;
    const { mapper } = this.#context;
    const contents = this.#contentsOf(inode);
    const blocks = this.#blocks(entry);
    const isLoadable = 'elf' in contents && contents.elf.segments.length > 0;
    const matters = blocks.directBlocks > 0 || contents.isProgram || isLoadable || 'flat' in contents;
    if (!matters && this.#options.alsoList === undefined) return;
    const path = entry.path();
    if (!matters && this.#options.alsoList?.(path) !== true) return;
    const segments = 'elf' in contents ? contents.elf.segments.length : 0;
    if (!this.#listed.spend(LISTED_BYTES + SEGMENT_BYTES * segments + path.length)) {
      this.#incomplete(entry, 'programs', this.#files.size);
      return;
    }
    const subject = makeSubject(path, inode, contents, blocks);
    const mapped = mapper.mapAll(subject, loaded);
    if (mapper.exhausted !== null) this.#incomplete(entry, 'mapped pages', mapper.exhausted);
    this.#countSegments(mapped);
    this.#files.set(path, this.#listedFile(mapped));
    if (contents.isProgram) this.#programs++;
    this.#visitors.mapped(mapped);
  }

  #listedFile({ path, inode, contents, blockCount, directBlocks, whole, segments }: MappedSubject): AuditedFile {
    // Names of the same data have the same segments.
    const known = this.#segments.get(segments) ?? segments.map(listedSegment);
    this.#segments.set(segments, known);
    return {
      path,
      size: inode.size,
      mode: inode.mode,
      format: contents.format,
      state: whole === null ? null : stateOf(whole),
      directPages: Math.min(blockCount, whole?.directPages ?? 0),
      blocks: blockCount,
      directBlocks,
      segments: known,
      run: this.#runs.get(inode.position) ?? null,
    };
  }

  /** What a file is; of files that share their data, the first is looked into. */
  #contentsOf(inode: Inode): Contents {
    const { image, board } = this.#context;
    const key = `${blocksKey(inode)} ${String(inode.mode & ANY_X)}`;
    const known = this.#contents.get(key);
    if (known !== undefined) return known;
    const contents = contentsOf(image, inode, board.kernel.nommu === undefined);
    if (this.#contents.size >= MAX_CONTENTS) this.#contents.clear();
    if (!('elf' in contents) || contents.elf.segments.length <= MAX_KEPT_SEGMENTS) this.#contents.set(key, contents);
    return contents;
  }

  /** The blocks of a file; none where there are more than any honest image has. */
  #blocks(entry: SurveyedEntry): SubjectBlocks {
    const { image, survey } = this.#context;
    const { inode } = entry;
    const count = inode.offset === 0 ? 0 : blockCount(inode.size, image.pageSize);
    const isWithin = count === 0 || this.#pointers.spend(count);
    if (!isWithin) this.#incomplete(entry, 'block pointers', this.#pointers.limit);
    if (count === 0 || !isWithin) return knownBlocks([], image.pageSize);
    const make = (): Block[] => readableBlocks(image, inode);
    return survey.isPlain ? indirectBlocks(count, make) : knownBlocks(make(), image.pageSize);
  }

  #countSegments({ segments, inode, isUsable }: MappedSubject): void {
    const outcome = this.#runs.get(inode.position)?.outcome ?? 'runs';
    if (outcome !== 'runs' || !isUsable || !this.#isNew(inode)) return;
    for (const { kind, pages, directPages } of segments) {
      if (kind === 'data') continue;
      const sum = kind === 'text' ? this.#text : this.#rodata;
      sum.pages += pages;
      sum.direct += directPages;
    }
  }

  /** Whether a file is not just another name for the data of one before it. */
  #isNew({ ino, size }: Inode): boolean {
    if ((this.#tables.get(ino) ?? 0) >= size) return false;
    this.#tables.set(ino, size);
    return true;
  }

  /** Starts the programs among the candidates. */
  #runPrograms(runner: ProgramRunner): void {
    const { survey } = this.#context;
    const { candidates } = survey;
    for (let index = 0; index < candidates.length; index++) {
      const { inode, path } = survey.entry(candidates, index);
      // Linux does not execute a file that has no x bit at all.
      if ((inode.mode & ANY_X) === 0 || this.#runs.has(inode.position) || !this.#contentsOf(inode).isProgram) continue;
      const program = { path: path(), inode };
      const run = runner.start(program);
      if (run === null) break;
      const { outcome, ramBytes, ram, flashBytes } = run;
      this.#runs.set(inode.position, { outcome, ramBytes, ram, flashBytes });
      this.#visitors.program(program, run);
    }
    if (runner.exhausted !== null) this.#incomplete(null, 'programs', runner.exhausted);
  }

  #numbers(runner: ProgramRunner): AuditNumbers {
    const { image, board, survey } = this.#context;
    const { pageSize } = board.cpu;
    const { deflate } = this.#options;
    return {
      imageBytes: image.hasFlag(CRAMFS_FLAG_FSID_VERSION_2) ? image.superblock.size : image.source.size,
      fileBytes: image.source.size,
      flash: survey.account,
      contentBytes: survey.tally.contentBytes,
      paddingBytes: survey.account.find(({ label }) => label === 'padding')?.bytes ?? 0,
      directCompressedBytes: deflate === undefined ? null : survey.direct.compressedBytes(image.source, deflate),
      files: survey.tally.files,
      programs: this.#programs,
      programsStarting: [...this.#runs.values()].filter(({ outcome }) => outcome === 'runs').length,
      textBytes: this.#text.pages * pageSize,
      textDirectBytes: this.#text.direct * pageSize,
      readOnlyBytes: (this.#text.pages + this.#rodata.pages) * pageSize,
      readOnlyDirectBytes: (this.#text.direct + this.#rodata.direct) * pageSize,
      ramBytes: runner.ramBytes,
      ramSavedBytes: runner.ramSavedBytes,
    };
  }

  /** Says once that something was too much to be looked at. */
  #incomplete(entry: SurveyedEntry | null, what: Boundless, limit: number): void {
    if (this.#incompletenessTold.has(what)) return;
    this.#incompletenessTold.add(what);
    const place = { path: entry?.path ?? null, offset: entry?.inode.position ?? null };
    this.#context.findings.add(CHECK_INCOMPLETE, place, { what, limit });
  }
}

/** The blocks of a file, as far as they can be read. */
function readableBlocks(image: CramfsImage, inode: Inode): Block[] {
  const blocks: Block[] = [];
  try {
    for (const block of fileBlocks(image, inode)) blocks.push(block);
  } catch (error) {
    if (!(error instanceof CramfsError) || error.code === 'IO') throw error;
  }
  return blocks;
}

/** A segment as the result lists it. */
function listedSegment(mapped: MappedSegment): AuditedSegment {
  const { segment, kind, perms, firstPage, pages, directPages, fileBytes, state } = mapped;
  return { segment, kind, perms, firstPage, pages, directPages, fileBytes, state };
}
