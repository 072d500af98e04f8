/**
 * Maps files on the board, within a budget.
 */
import { CramfsError } from '../base/errors.ts';
import type { LoadedSegment } from '../exec/loadedSegments.ts';
import type { Board } from '../verdict/board.ts';
import { mapOpenedFile } from '../verdict/mapFile.ts';
import type { MapVerdict } from '../verdict/mapVerdict.ts';
import type { MapDetail, MapRequest } from '../verdict/request.ts';
import { Budget } from '../base/budget.ts';
import type { FileAsLoaded, LoadedFiles } from './loadedFiles.ts';
import { planSegments, type SegmentPlan } from './segments.ts';
import { stateOf } from './state.ts';
import type { MappedSegment, MappedSubject, Subject } from './subject.ts';

/** What a mapping costs beside its pages, in pages. */
const CALL = 64;
/** Pages behind the end of the file that are looked at; a header can ask for any number of them. */
const MAX_BEHIND = 16;
/** Pages that may be mapped, and looked at, in any image; larger images may have more. */
const FREE_MAPPED = 1 << 20;
const FREE_SEEN = 1 << 14;

/** Maps files. */
export class Mapper {
  readonly #board: Board;
  readonly #mapped: Budget;
  readonly #seen: Budget;

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
   * The verdict on a mapping; null where the image is too damaged for one, or the budget is spent.
   *
   * @throws CramfsError IO
   */
  map(subject: Pick<Subject, 'file' | 'inode'>, request: MapRequest, detail: MapDetail = {}): MapVerdict | null {
    const { pageSize } = this.#board.cpu;
    const filePages = Math.ceil(subject.inode.size / pageSize);
    const asked = request.length === undefined ? filePages : Math.ceil(request.length / pageSize);
    const pages = Math.min(asked, filePages);
    if (!this.#mapped.spend(CALL + pages)) return null;
    if (detail.trace === true && (asked > filePages + MAX_BEHIND || !this.#seen.spend(asked))) return null;
    try {
      return mapOpenedFile(this.#board, subject.file, request, detail);
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
    const { pageSize } = this.#board.cpu;
    const { path, inode } = subject;
    const whole = inode.size === 0 || loaded === null ? null : this.map(subject, { path });
    const plans = planSegments(subject, pageSize, this.#board.kernel.nommu === undefined);
    if (loaded === null) {
      const segments = plans.map((plan) => ({ ...plan, verdict: null, state: null, directPages: 0, isMerged: false }));
      return { ...subject, whole, segments, isUsable: false };
    }
    if (this.#board.kernel.nommu !== undefined) {
      return { ...subject, whole, segments: plans.map((plan) => this.#mapByItself(subject, plan)), isUsable: true };
    }
    const found = this.#load(subject, loaded);
    const segments =
      found?.file.segments.map((segment) => this.#asLoaded(subject, segment)) ??
      plans.map((plan) => ({
        ...plan,
        verdict: this.map(subject, plan.request),
        state: null,
        directPages: 0,
        isMerged: false,
      }));
    return { ...subject, whole, segments, isUsable: found?.isUsable ?? plans.length === 0 };
  }

  #mapByItself(subject: Subject, plan: SegmentPlan): MappedSegment {
    const verdict = this.map(subject, plan.request);
    const state = verdict === null ? null : stateOf(verdict);
    const directPages = Math.min(plan.pages, verdict?.directPages ?? 0);
    return { ...plan, verdict, state, directPages, isMerged: false };
  }

  #load({ file, inode, contents }: Subject, loaded: LoadedFiles): FileAsLoaded | null {
    const known = loaded.known(inode.position);
    if (known !== null) return known;
    const pages = Math.ceil(inode.size / this.#board.cpu.pageSize);
    if (!('elf' in contents) || !this.#mapped.spend(CALL + pages)) return null;
    return loaded.alone(file, contents.elf, contents.isProgram);
  }

  #asLoaded(subject: Subject, { call, ...segment }: LoadedSegment): MappedSegment {
    const { pageSize } = this.#board.cpu;
    const { path, inode } = subject;
    const { firstPage, pages, perms } = segment;
    const own = { offset: firstPage * pageSize, length: pages * pageSize, prot: perms.replaceAll('-', '') };
    const { offset, length, prot } = call ?? own;
    // As long as the file and a little more: a header can ask for any length.
    const most = (Math.ceil(inode.size / pageSize) + MAX_BEHIND) * pageSize - offset;
    const request = { path, offset, length: Math.min(length, Math.max(most, pageSize)), prot };
    return { ...segment, request, verdict: this.map(subject, request) };
  }
}
