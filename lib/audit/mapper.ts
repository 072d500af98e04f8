/**
 * Maps files on the board, within a budget.
 */
import { CramfsError } from '../base/errors.ts';
import type { Board } from '../verdict/board.ts';
import { mapOpenedFile } from '../verdict/mapFile.ts';
import type { MapVerdict } from '../verdict/mapVerdict.ts';
import type { MapDetail, MapRequest } from '../verdict/request.ts';
import { Budget } from '../base/budget.ts';
import { planSegments } from './segments.ts';
import type { MappedSegment, MappedSubject, Subject } from './subject.ts';

/** What a mapping costs beside its pages, in pages. */
const CALL = 64;
/** Pages behind the end of the file that are looked at; a header can ask for any number of them. */
const MAX_BEHIND = 16;
/** Pages that may be mapped, and looked at, in any image; larger images may have more. */
const FREE_MAPPED = 1 << 22;
const FREE_SEEN = 1 << 15;

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
   * Maps a file as a whole, and each of its segments, unless nothing can be mapped.
   *
   * @throws CramfsError IO
   */
  mapAll(subject: Subject, isMounted: boolean): MappedSubject {
    const { pageSize } = this.#board.cpu;
    const { path, inode } = subject;
    return {
      ...subject,
      whole: inode.size === 0 || !isMounted ? null : this.map(subject, { path }),
      segments: planSegments(subject, pageSize).map((plan): MappedSegment => {
        const verdict = isMounted ? this.map(subject, plan.request) : null;
        return {
          ...plan,
          verdict,
          directPages: (verdict?.icache ?? null) === null ? Math.min(plan.pages, verdict?.directPages ?? 0) : 0,
        };
      }),
    };
  }
}
