/**
 * What programs of a directory need: their interpreters, the libraries that the dynamic linker loads, the links on the way to
 * all of them, and the programs that scripts name.
 */
import { CramfsError } from '../base/errors.ts';
import { type ElfHeaders, ET_DYN, isElf, PT_INTERP } from '../elf/elf.ts';
import { elfHeaders } from './shrinkElf.ts';
import { isScript } from '../elf/script.ts';
import { type ExecReport, execProgram } from '../exec/execProgram.ts';
import type { NeededLibrary } from '../exec/dynamicLinker.ts';
import { CramfsImage } from '../image/image.ts';
import { type DirectoryEntry, type FileEntry, walkEntries } from '../mkfs/sourceTree.ts';
import { Board, type BoardFile } from '../verdict/board.ts';
import { treeImage } from './treeImage.ts';
import { followPath } from './treeLinks.ts';

/** What is asked for. */
export interface StageRequest {
  /** Paths in the tree: programs, libraries, other files, directories with all that is in them. */
  readonly roots: readonly string[];
  /** LD_LIBRARY_PATH. Default: not set. */
  readonly libraryPath?: string | undefined;
  /** Libraries that programs open with dlopen(). */
  readonly dlopen?: readonly string[] | undefined;
}

/**
 * Why a file is in the closure. `root`: it was named; `interpreter`: a dynamic linker; `library`: it is loaded; `script`: it
 * runs a script; `link`: it leads to another; `configuration`: the dynamic linker reads it.
 */
export type StageReason = 'root' | 'interpreter' | 'library' | 'script' | 'link' | 'configuration';

/** A file of the closure. */
export interface StagedFile {
  readonly path: string;
  readonly reason: StageReason;
  /** The root for which it is needed first; null for a root. */
  readonly by: string | null;
}

/** Something that is not there, or cannot be used. */
export interface StageProblem {
  /** The library, interpreter or root. */
  readonly name: string;
  /** What asks for it. */
  readonly by: string;
  /** In words. */
  readonly why: string;
  /** Directories that were searched. */
  readonly searched: readonly string[];
  /** Files of that name elsewhere in the tree, where nothing looks. */
  readonly elsewhere: readonly string[];
}

/** The closure. */
export interface Closure {
  /** In the order of their paths. */
  readonly files: readonly StagedFile[];
  readonly problems: readonly StageProblem[];
  /** What decides and is not modelled. */
  readonly uncertain: readonly string[];
}

/** What is left out when the search begins: caches, and lists of libraries for every program of the old root. */
const LEFT_OUT = new Set(['/etc/ld.so.cache', '/etc/ld.so.preload']);
/** Where env looks for programs. */
const ENV_PATH = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
/** Files that a problem names. */
const MAX_ELSEWHERE = 3;

/**
 * Finds the closure of roots.
 *
 * The dynamic linkers' own search decides, over the tree in place of an image; /etc/ld.so.cache and /etc/ld.so.preload are not
 * looked at, as the closure is to stand without them.
 *
 * @throws CramfsError NOT_FOUND for a root that is not there; LIMIT; IO
 */
export function findClosure(tree: DirectoryEntry, request: StageRequest): Closure {
  return new ClosureSearch(tree, request).run();
}

/** A program that was started, and the paths that were opened meanwhile. */
interface Started {
  readonly report: ExecReport;
  readonly opened: readonly string[];
}

/** A board that remembers which paths were opened. */
class RecordingBoard extends Board {
  readonly opened = new Set<string>();

  override open(path: string): BoardFile {
    if (LEFT_OUT.has(path)) throw new CramfsError('NOT_FOUND', { path });
    const file = super.open(path);
    this.opened.add(path);
    return file;
  }
}

class ClosureSearch {
  readonly #tree: DirectoryEntry;
  readonly #request: StageRequest;
  readonly #files = new Map<string, StagedFile>();
  readonly #problems = new Map<string, StageProblem>();
  readonly #uncertain = new Set<string>();
  readonly #boards = new Map<boolean, RecordingBoard>();
  readonly #queue: { readonly path: string; readonly by: string | null; readonly reason: StageReason }[] = [];
  readonly #seen = new Set<string>();
  /** Libraries that were named themselves: what they need is found by the linker of a program. */
  readonly #libraries: { readonly path: string; readonly headers: ElfHeaders }[] = [];
  readonly #linkers = new Map<string, string>();

  constructor(tree: DirectoryEntry, request: StageRequest) {
    this.#tree = tree;
    this.#request = request;
  }

  run(): Closure {
    for (const path of this.#request.roots) {
      if (followPath(this.#tree, path) === null)
        throw new CramfsError('NOT_FOUND', { path, what: 'no such file or directory in the tree' });
      this.#queue.push({ path, by: null, reason: 'root' });
    }
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      this.#take(next.path, next.by, next.reason);
    }
    for (const { path, headers } of this.#libraries) this.#listLibrary(path, headers);
    const files = [...this.#files.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
    return { files, problems: [...this.#problems.values()], uncertain: [...this.#uncertain] };
  }

  /** Adds a file with the links on the way to it; what it needs is looked for once. */
  #take(path: string, by: string | null, reason: StageReason): void {
    const found = this.#add(path, by, reason);
    if (found === null || this.#seen.has(found)) return;
    this.#seen.add(found);
    const { entry } = followPath(this.#tree, found) ?? {};
    if (entry?.type === 'directory') {
      for (const { path: below, entry: each } of walkEntries(entry)) {
        const at = `${found === '/' ? '' : found}${below}`;
        // What is in a directory below is on the way already.
        if (each.type === 'directory') this.#seen.add(at);
        this.#queue.push({ path: at, by: null, reason: 'root' });
      }
    } else if (entry?.type === 'file') this.#follow(found, entry);
  }

  /** Adds a path and its links. Returns where it leads. */
  #add(path: string, by: string | null, reason: StageReason): string | null {
    const found = followPath(this.#tree, path);
    if (found === null) return null;
    for (const link of found.links) this.#note(link, 'link', by);
    this.#note(found.path, reason, by);
    return found.path;
  }

  #note(path: string, reason: StageReason, by: string | null): void {
    const known = this.#files.get(path);
    if (known === undefined || (reason === 'root' && known.reason !== 'root'))
      this.#files.set(path, { path, reason, by });
  }

  /** Follows what a regular file needs. */
  #follow(path: string, entry: FileEntry): void {
    const head = entry.content.size < 4 ? new Uint8Array(0) : entry.content.read();
    if (isScript(head)) {
      if ((entry.mode & 0o111) !== 0) this.#start(path, true);
      return;
    }
    if (!isElf(head)) return;
    const headers = elfHeaders(head);
    if (headers === null) return;
    const hasInterpreter = headers.segments.some(({ type }) => type === PT_INTERP);
    if (headers.type === ET_DYN && !hasInterpreter) this.#libraries.push({ path, headers });
    else if ((entry.mode & 0o111) !== 0) this.#start(path, headers.littleEndian);
  }

  #start(path: string, littleEndian: boolean): void {
    const started = this.#exec(path, [], littleEndian);
    const { report } = started;
    const program = report.objects[0]?.path ?? path;
    for (const script of report.scripts) this.#queue.push({ path: script, by: path, reason: 'script' });
    if (report.scripts.length > 0) {
      this.#startedByScript(path, report);
      return;
    }
    const { interpreter } = report;
    if (interpreter === null) {
      if (report.outcome.kind === 'failed') this.#failed(path, report);
      return;
    }
    if (this.#add(interpreter, path, 'interpreter') === null) {
      this.#problem({ name: interpreter, by: path, why: 'the dynamic linker is missing', searched: [] });
      return;
    }
    if (report.header !== null) this.#linkers.set(formOf(report.header), interpreter);
    this.#addObjects(started, program);
    // A linker that misses a library stops there; asked for a list it goes on.
    const isMissing = report.needed.some((each) => each.path === null);
    const complete = isMissing ? this.#exec(interpreter, ['--list', path], littleEndian) : started;
    if (isMissing) this.#addObjects(complete, program);
    this.#ended(path, complete.report);
    const all = new Map([...report.needed, ...complete.report.needed].map((each) => [each.name, each]));
    for (const library of all.values()) this.#needed(library, path);
  }

  /** What runs a script: its interpreter, and the program that env is to find. */
  #startedByScript(path: string, { scripts, argv }: ExecReport): void {
    const [interpreter = '', name] = argv;
    if (followPath(this.#tree, interpreter) === null) {
      this.#problem({
        name: interpreter,
        by: scripts[0] ?? path,
        why: 'the interpreter of a script is missing',
        searched: [],
      });
      return;
    }
    this.#queue.push({ path: interpreter, by: path, reason: 'script' });
    if (!/(?:^|\/)env$/.test(interpreter) || name === undefined || name === path) return;
    const wanted = name === '-S' ? undefined : name.split(' ')[0];
    const found = ENV_PATH.map((directory) => `${directory}/${wanted ?? ''}`).find((each) => {
      return wanted !== undefined && followPath(this.#tree, each)?.entry.type === 'file';
    });
    if (found !== undefined) this.#queue.push({ path: found, by: path, reason: 'script' });
    else this.#problem({ name: wanted ?? name, by: path, why: 'env does not find it', searched: ENV_PATH });
  }

  /** A linker that does not get to its end has not loaded everything. A missing library is reported as that. */
  #ended(path: string, { outcome, needed }: ExecReport): void {
    const isEnd = outcome.kind === 'runs' || (outcome.kind === 'exits' && outcome.status === 0);
    if (isEnd || needed.some((library) => library.path === null || library.problem !== null)) return;
    this.#uncertain.add(
      `${path} does not start, so that more may be needed: ${'why' in outcome ? outcome.why : outcome.kind}`,
    );
  }

  #failed(path: string, { outcome }: ExecReport): void {
    if (outcome.kind === 'failed') this.#uncertain.add(`${path} does not start (${outcome.errno}): ${outcome.why}`);
  }

  /** What a library that was named itself needs, found by a linker that some program names. */
  #listLibrary(path: string, headers: ElfHeaders): void {
    const linker = this.#linkers.get(formOf(headers));
    if (linker === undefined) {
      this.#uncertain.add(`${path}: what it needs is not known, as no program names a dynamic linker for it`);
      return;
    }
    if (this.#files.get(linker)?.path === path) return;
    const listed = this.#exec(linker, ['--list', path], headers.littleEndian);
    this.#addObjects(listed, path);
    this.#ended(path, listed.report);
    for (const library of listed.report.needed) this.#needed(library, path);
  }

  #exec(path: string, args: readonly string[], littleEndian: boolean): Started {
    const board = this.#board(littleEndian);
    board.opened.clear();
    const { libraryPath, dlopen } = this.#request;
    const report = execProgram(board, { path, args, ldLibraryPath: libraryPath, dlopen });
    for (const each of report.uncertain) this.#uncertain.add(`${path}: ${each}`);
    return { report, opened: [...board.opened] };
  }

  #board(littleEndian: boolean): RecordingBoard {
    let board = this.#boards.get(littleEndian);
    if (board === undefined) {
      const image = CramfsImage.open(treeImage(this.#tree, littleEndian), { pageSize: 4096 });
      board = new RecordingBoard(image);
      this.#boards.set(littleEndian, board);
    }
    return board;
  }

  /** Adds the files that were loaded, by every path by which they were opened. */
  #addObjects({ report, opened }: Started, by: string): void {
    const { objects, argv, interpreter } = report;
    const loaded = new Set(objects.map(({ path }) => path));
    const linker = followPath(this.#tree, interpreter ?? argv[0] ?? '')?.path;
    for (const path of opened) {
      const to = followPath(this.#tree, path)?.path;
      if (to === undefined) continue;
      if (/^(?:.*\/)?etc\/ld-musl-[^/]*[.]path$/.test(to)) this.#add(path, by, 'configuration');
      else if (loaded.has(to)) this.#add(path, by, to === linker ? 'interpreter' : 'library');
    }
  }

  #needed({ name, path, neededBy, problem, searched }: NeededLibrary, by: string): void {
    if (path !== null && problem === null) return;
    const why = path === null ? 'it is missing' : `${path}: ${problem ?? ''}`;
    this.#problem({ name, by: neededBy.startsWith('/') ? neededBy : by, why, searched });
  }

  #problem(problem: Omit<StageProblem, 'elsewhere'>): void {
    if (this.#problems.has(problem.name)) return;
    const name = problem.name.slice(problem.name.lastIndexOf('/') + 1);
    const elsewhere: string[] = [];
    for (const { path, entry } of walkEntries(this.#tree)) {
      if (elsewhere.length < MAX_ELSEWHERE && entry.type !== 'directory' && path.endsWith(`/${name}`))
        elsewhere.push(path);
    }
    this.#problems.set(problem.name, { ...problem, elsewhere });
  }
}

const formOf = ({ machine, bits, littleEndian }: Pick<ElfHeaders, 'machine' | 'bits' | 'littleEndian'>): string =>
  `${machine} ${bits} ${String(littleEndian)}`;
