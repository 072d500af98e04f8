/**
 * The processes of a capture as the model of a board starts them.
 */
import { isElf } from '../../elf/elf.ts';
import { isLinkerName } from '../../exec/linkerKind.ts';
import { type ExecMapping, execProgram, type ExecReport } from '../../exec/execProgram.ts';
import { ProgramFile } from '../../exec/programFile.ts';
import type { ExecOutcome } from '../../exec/userProcess.ts';
import type { Board } from '../../verdict/board.ts';
import type { MapState } from '../../verdict/mapVerdict.ts';
import type { FileIndex } from '../fileIndex.ts';
import { firstPageOf, type SeenMapping } from '../mapsCapture.ts';
import type { SeenObject, SeenProcess } from './seenProcesses.ts';

/** A mapping of a file as the model has it. */
export interface PredictedMapping extends Omit<ExecMapping, 'object' | 'ino' | 'state'> {
  readonly state: MapState;
}

/** A file in the memory of a predicted process. */
export interface PredictedObject {
  readonly ino: number;
  /** In the order of addresses. */
  readonly mappings: readonly PredictedMapping[];
}

/** What the model says of a process. */
export interface Prediction {
  /** How its start ends; null where Linux does not mount the image. */
  readonly outcome: ExecOutcome | null;
  /** By path in the image. */
  readonly objects: ReadonlyMap<string, PredictedObject>;
  /** What decides and is not modelled. */
  readonly uncertain: readonly string[];
}

/** Programs that a dynamic linker is tried with, where it is the linker that was started. */
const MAX_TRIES = 16;

/**
 * Starts a process on a board as the capture shows it: libraries that it has and that its headers do not name were opened at
 * run time; other files are mapped one by one.
 *
 * @param files of the board's image
 * @throws CramfsError LIMIT, IO; damage of the tree on the way to a file
 */
export function predict(board: Board, files: FileIndex, seen: SeenProcess): Prediction {
  if (board.mount.mounted === null) return { outcome: null, objects: new Map(), uncertain: [] };
  const present = { ...seen, objects: seen.objects.filter(({ path }) => files.byPath(path) !== null) };
  if (files.byPath(seen.program) === null) return { outcome: null, objects: new Map(), uncertain: [] };
  const started = start(board, present, []);
  const libraries = present.objects
    .map(({ path }) => path)
    .filter((path) => !started.objects.has(path) && isLoadable(board, path));
  const { report, objects: loaded } = libraries.length === 0 ? started : start(board, present, libraries);
  const objects = new Map(loaded);
  for (const object of present.objects) {
    if (!objects.has(object.path)) objects.set(object.path, mapAlone(board, files, object));
  }
  return { outcome: report.outcome, objects, uncertain: report.uncertain };
}

interface Started {
  readonly report: ExecReport;
  readonly objects: ReadonlyMap<string, PredictedObject>;
}

/** Starts the program; a dynamic linker with the first of the other files that it can start. */
function start(board: Board, seen: SeenProcess, dlopen: readonly string[]): Started {
  const plain = startFinding(board, seen, [], dlopen);
  if (plain.report.outcome.kind === 'runs' || !isLinkerName(seen.program)) return plain;
  for (const { path } of seen.objects.slice(1, MAX_TRIES)) {
    const started = startFinding(board, seen, [path], dlopen);
    if (started.report.outcome.kind === 'runs') return started;
  }
  return plain;
}

/** Starts the program; where a library is not found, once more with the directories of those that the board shows. */
function startFinding(board: Board, seen: SeenProcess, args: readonly string[], dlopen: readonly string[]): Started {
  const first = startOnce(board, seen.program, args, dlopen, board.libraryPath);
  if (first.report.needed.every(({ path }) => path !== null)) return first;
  const directories = new Set(seen.objects.map(({ path }) => path.slice(0, path.lastIndexOf('/')) || '/'));
  const searched = [board.libraryPath, ...directories].filter((directory) => directory !== '');
  return startOnce(board, seen.program, args, dlopen, searched.join(':'));
}

function startOnce(
  board: Board,
  path: string,
  args: readonly string[],
  dlopen: readonly string[],
  ldLibraryPath: string,
): Started {
  const report = execProgram(board, { path, args, dlopen, ldLibraryPath });
  const objects = new Map<string, PredictedObject>();
  for (const { object, ino, state, ...mapping } of report.mappings) {
    if (state === 'anonymous') continue;
    objects.set(object, { ino, mappings: [...(objects.get(object)?.mappings ?? []), { ...mapping, state }] });
  }
  return { report, objects };
}

/** Whether a dynamic linker could load a file. */
function isLoadable(board: Board, path: string): boolean {
  const head = new ProgramFile(board, board.open(path), []).peek(0, 4);
  return head !== null && isElf(head);
}

/** The mappings of a file that no loader has made: each by itself. */
function mapAlone(board: Board, files: FileIndex, { path, mappings }: SeenObject): PredictedObject {
  const predicted = mappings.flatMap((mapping) => predictAlone(board, files, path, mapping) ?? []);
  return { ino: board.open(path).inode.ino, mappings: predicted };
}

function predictAlone(board: Board, files: FileIndex, path: string, seen: SeenMapping): PredictedMapping | null {
  const { pageSize, physBase } = board.machine;
  const { start, end, perms } = seen;
  const file = files.byPath(path);
  const first = file === null ? null : firstPageOf(seen, file, pageSize, physBase);
  if (first === null) return null;
  const shared = perms.endsWith('s');
  const prot = perms.slice(0, 3).replaceAll('-', '');
  const verdict = board.map({ path, offset: first * pageSize, length: end - start, prot, shared });
  if (verdict.kind !== 'mapped') return null;
  const { mapsOffset, state, vmFlags, directPages, vmaPages, pagesBehindEnd } = verdict;
  return { start, end, perms, offset: mapsOffset, state, vmFlags, pages: vmaPages - pagesBehindEnd, directPages };
}
