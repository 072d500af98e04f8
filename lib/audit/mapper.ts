/**
 * Maps files on the board, within a budget. What is found is remembered for the data of a file: another name for the same
 * data is mapped the same.
 */
import { CramfsError } from '../base/errors.ts';
import type { LoadedSegment } from '../exec/loadedSegments.ts';
import type { Board } from '../verdict/board.ts';
import type { Inode } from '../image/image.ts';
import { mapOpenedFile } from '../verdict/mapFile.ts';
import type { MapVerdict } from '../verdict/mapVerdict.ts';
import { Budget } from '../base/budget.ts';
import { blocksKey } from '../inspect/blockBudget.ts';
import type { FileAsLoaded, LoadedFiles } from './loadedFiles.ts';
import { planSegments, type SegmentPlan } from './segments.ts';
import { stateOf } from './state.ts';
import type { FilePart, MappedSegment, MappedSubject, Subject } from './subject.ts';

/** What a mapping costs beside its pages, in pages. */
const CALL = 64;
/** Pages behind the end of the file that are looked at; a header can ask for any number of them. */
const MAX_BEHIND = 16;
/** Pages that may be mapped, and looked at, in any image; larger images may have more. */
const FREE_MAPPED = 1 << 20;
const FREE_SEEN = 1 << 14;
/** Verdicts, and files with all their segments, that are remembered. */
const MAX_KNOWN = 512;
const MAX_KNOWN_FILES = 16;

/** How the data of a file is mapped. */
type MappedData = Pick<MappedSubject, 'whole' | 'segments' | 'isUsable'>;

/** Maps files. */
export class Mapper {
  readonly #board: Board;
  readonly #mapped: Budget;
  readonly #seen: Budget;
  readonly #verdicts = new Map<string, MapVerdict | null>();
  readonly #files = new Map<string, MappedData>();

  constructor(board: Board) {
    this.#board = board;
    const bytes = board.image.source.size;
    this.#mapped = new Budget(FREE_MAPPED + Math.ceil(bytes / 4));
    this.#seen = new Budget(FREE_SEEN + Math.ceil(bytes / 1024));
  }

  /** Pages that may be mapped in all, with the cost of the calls; null as long as there are some left. */
  get exhausted(): number | null {
    return this.#mapped.isSpent ? this.#mapped.limit : null;
  }

  /**
   * The verdict on a mapping, as for any name of the data; null where the image is too damaged for one, or the budget is
   * spent.
   *
   * @throws CramfsError IO
   */
  map(subject: Pick<Subject, 'file' | 'inode' | 'path'>, part: FilePart): MapVerdict | null {
    const { offset = 0, length = '', prot = 'r', shared = false } = part;
    const key = `${dataKey(subject.inode)} ${String(offset)} ${String(length)} ${prot} ${String(shared)}`;
    const known = this.#verdicts.get(key);
    if (known !== undefined) return known;
    if (!this.#mapped.spend(CALL + this.#pagesOf(subject, part).shown)) return null;
    const verdict = this.#mapNow(subject, part, false);
    remember(this.#verdicts, key, verdict, MAX_KNOWN);
    return verdict;
  }

  /**
   * The verdict on a mapping with what each page of it shows; null as well where there are too many pages to look at.
   *
   * @throws CramfsError IO
   */
  lookAt(subject: Pick<Subject, 'file' | 'inode' | 'path'>, part: FilePart): MapVerdict | null {
    const { asked, inFile, shown } = this.#pagesOf(subject, part);
    if (!this.#mapped.spend(CALL + shown)) return null;
    if (asked > inFile + MAX_BEHIND || !this.#seen.spend(asked)) return null;
    return this.#mapNow(subject, part, true);
  }

  /** Pages of the mapping, of the file, and of the file in the mapping at most. */
  #pagesOf({ inode }: Pick<Subject, 'inode'>, { length }: FilePart) {
    const { pageSize } = this.#board.cpu;
    const inFile = Math.ceil(inode.size / pageSize);
    const asked = length === undefined ? inFile : Math.ceil(length / pageSize);
    return { asked, inFile, shown: Math.min(asked, inFile) };
  }

  #mapNow({ file, path }: Pick<Subject, 'file' | 'path'>, part: FilePart, trace: boolean): MapVerdict | null {
    try {
      return mapOpenedFile(this.#board, file, { ...part, path }, { trace });
    } catch (error) {
      if (!(error instanceof CramfsError) || error.code === 'IO') throw error;
      return null;
    }
  }

  /**
   * Maps a file as a whole, and takes its segments as they are loaded; without an MMU, as they are mapped. Nothing of it
   * where nothing can be mapped.
   *
   * @param loaded what programs have loaded; null where the image is not mounted
   * @throws CramfsError IO
   */
  mapAll(subject: Subject, loaded: LoadedFiles | null): MappedSubject {
    const known = loaded?.known(subject.inode.position) ?? null;
    // Programs load files by their names; all names that none loads are alike.
    if (known !== null) return withMappings(subject, this.#mapData(subject, loaded, known));
    const key = dataKey(subject.inode);
    const found = this.#files.get(key);
    if (found !== undefined) return withMappings(subject, found);
    const mapped = this.#mapData(subject, loaded, null);
    remember(this.#files, key, mapped, MAX_KNOWN_FILES);
    return withMappings(subject, mapped);
  }

  #mapData(subject: Subject, loaded: LoadedFiles | null, known: FileAsLoaded | null): MappedData {
    const { pageSize } = this.#board.cpu;
    const hasMmu = this.#board.kernel.nommu === undefined;
    const plans = (): SegmentPlan[] => planSegments(subject, pageSize, hasMmu);
    const unknown = { verdict: null, state: null, directPages: 0, isMerged: false };
    if (loaded === null) {
      return { whole: null, segments: plans().map((plan) => ({ ...plan, ...unknown })), isUsable: false };
    }
    const whole = subject.inode.size === 0 ? null : this.map(subject, {});
    if (!hasMmu) {
      return { whole, segments: plans().map((plan) => this.#mapByItself(subject, plan)), isUsable: true };
    }
    const found = known ?? this.#loadAlone(subject, loaded);
    if (found !== null) {
      const segments = found.file.segments.map((segment) => this.#asLoaded(subject, segment));
      return { whole, segments, isUsable: found.isUsable };
    }
    const segments = plans().map((plan) => ({ ...plan, ...unknown, verdict: this.map(subject, plan.request) }));
    return { whole, segments, isUsable: segments.length === 0 };
  }

  #mapByItself(subject: Subject, plan: SegmentPlan): MappedSegment {
    const verdict = this.map(subject, plan.request);
    const state = verdict === null ? null : stateOf(verdict);
    const directPages = Math.min(plan.pages, verdict?.directPages ?? 0);
    return { ...plan, verdict, state, directPages, isMerged: false };
  }

  #loadAlone({ file, inode, contents }: Subject, loaded: LoadedFiles): FileAsLoaded | null {
    const pages = Math.ceil(inode.size / this.#board.cpu.pageSize);
    if (!('elf' in contents) || !this.#mapped.spend(CALL + pages)) return null;
    return loaded.alone(file, contents.elf, contents.isProgram);
  }

  #asLoaded(subject: Subject, loaded: LoadedSegment): MappedSegment {
    const { pageSize } = this.#board.cpu;
    const { inode } = subject;
    // Key by key: images have thousands of segments, and a spread costs more than all the rest.
    const { segment, kind, perms, firstPage, pages, fileBytes, directPages, state, isMerged } = loaded;
    const own = { offset: firstPage * pageSize, length: pages * pageSize, prot: perms.replaceAll('-', '') };
    const { offset, length, prot } = loaded.call ?? own;
    // As long as the file and a little more: a header can ask for any length.
    const most = (Math.ceil(inode.size / pageSize) + MAX_BEHIND) * pageSize - offset;
    const request = { offset, length: Math.min(length, Math.max(most, pageSize)), prot };
    // Writable segments cannot be direct, so no verdict has to explain that; but on some CPUs setting their entries flushes caches.
    const isJudged = kind !== 'data' || this.#board.cpu.flushesIcache;
    const verdict = isJudged ? this.map(subject, request) : null;
    return { segment, kind, perms, firstPage, pages, fileBytes, directPages, state, isMerged, request, verdict };
  }
}

function withMappings(subject: Subject, { whole, segments, isUsable }: MappedData): MappedSubject {
  const { path, inode, file, contents, blockCount, blocks, runs, directBlocks } = subject;
  return { path, inode, file, contents, blockCount, blocks, runs, directBlocks, whole, segments, isUsable };
}

/** The same for all names of the same data, for which the kernel and loaders do the same: some look at the mode. */
export function dataKey(inode: Inode): string {
  return `${blocksKey(inode)} ${String(inode.mode)}`;
}

function remember<V>(map: Map<string, V>, key: string, value: V, most: number): void {
  if (map.size >= most) map.clear();
  map.set(key, value);
}
