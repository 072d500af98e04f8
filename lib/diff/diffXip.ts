/** What two builds of a file do in memory. */
import { Budget } from '../base/budget.ts';
import { CramfsError } from '../base/errors.ts';
import { blockCount } from '../image/blocks.ts';
import type { Inode } from '../image/image.ts';
import type { Board } from '../verdict/board.ts';
import type { Both, Mapped, ProgramChange, XipChange } from './diffResult.ts';
import type { AuditedFile, AuditedSegment } from '../audit/result.ts';
import { stateOf } from '../audit/state.ts';

/** A file of one image. */
export interface XipFile {
  readonly path: string;
  readonly inode: Inode;
  /** As the audit lists it; null where it does not, because none of it is direct. */
  readonly audited: AuditedFile | null;
}

/** Compares what is mapped; whole files are mapped once for each inode number, and within a budget. */
export class XipComparison {
  readonly #boards: Both<Board>;
  readonly #known = { a: new Map<string, Mapped>(), b: new Map<string, Mapped>() };
  readonly #budgets: Both<Budget>;

  constructor(boards: Both<Board>) {
    this.#boards = boards;
    this.#budgets = { a: pageBudget(boards.a), b: pageBudget(boards.b) };
  }

  /** What is mapped otherwise: segments of programs and libraries by kind, of other files the whole file. */
  changes(a: XipFile, b: XipFile): XipChange[] {
    return xipChanges(a, b, this.#boards, (side, file) => this.#whole(side, file));
  }

  #whole(side: 'a' | 'b', file: XipFile): Mapped {
    const { ino, size } = file.inode;
    const key = `${ino} ${size}`;
    const known = this.#known[side].get(key);
    if (known !== undefined) return known;
    const board = this.#boards[side];
    const isAffordable = this.#budgets[side].spend(CALL + blockCount(size, board.cpu.pageSize));
    const mapped = isAffordable ? wholeFile(file, board) : NOTHING;
    this.#known[side].set(key, mapped);
    return mapped;
  }
}

/** Pages that may be mapped in any image, and what a mapping costs beside its pages; larger images may have more. */
const FREE_PAGES = 1 << 21;
const CALL = 64;

function pageBudget({ image }: Board): Budget {
  return new Budget(FREE_PAGES + Math.ceil(image.source.size / 4));
}

const NOTHING: Mapped = { state: null, ramBytes: 0 };

function xipChanges(
  a: XipFile,
  b: XipFile,
  boards: Both<Board>,
  whole: (side: 'a' | 'b', file: XipFile) => Mapped,
): XipChange[] {
  if (a.audited === null && b.audited === null) return [];
  const { path } = b;
  const [segmentsA, segmentsB] = [a.audited?.segments ?? [], b.audited?.segments ?? []];
  if (segmentsA.length === 0 && segmentsB.length === 0) {
    const both = { a: whole('a', a), b: whole('b', b) };
    return isOtherwise(both.a, both.b) ? [{ path, segment: null, ...both }] : [];
  }
  const changes: XipChange[] = [];
  for (const kind of ['text', 'rodata', 'data'] as const) {
    const [listA, listB] = [segmentsA, segmentsB].map((list) => list.filter((segment) => segment.kind === kind));
    const count = Math.min(listA?.length ?? 0, listB?.length ?? 0);
    for (let number = 0; number < count; number++) {
      const [x, y] = [mapped(boards.a, listA?.[number]), mapped(boards.b, listB?.[number])];
      if (isOtherwise(x, y)) changes.push({ path, segment: { kind, number }, a: x, b: y });
    }
  }
  return changes;
}

/** Whether a program's start comes to something else; null where it does not. */
export function programChange(a: XipFile, b: XipFile): ProgramChange | null {
  const [x, y] = [a.audited?.run ?? null, b.audited?.run ?? null];
  if (x === null || y === null || (x.outcome === y.outcome && x.ramBytes === y.ramBytes)) return null;
  return {
    path: b.path,
    a: { outcome: x.outcome, ramBytes: x.ramBytes },
    b: { outcome: y.outcome, ramBytes: y.ramBytes },
  };
}

/** Another state; of mappings that are direct in part, another part too. A file that grew is none. */
function isOtherwise(a: Mapped, b: Mapped): boolean {
  return a.state !== b.state || (a.state === 'mixedmap' && a.ramBytes !== b.ramBytes);
}

function mapped(board: Board, segment: AuditedSegment | undefined): Mapped {
  const { state = null, pages = 0, directPages = 0 } = segment ?? {};
  return { state, ramBytes: (pages - directPages) * board.cpu.pageSize };
}

function wholeFile({ path, inode }: XipFile, board: Board): Mapped {
  const { pageSize } = board.cpu;
  const pages = blockCount(inode.size, pageSize);
  if (pages === 0) return NOTHING;
  try {
    const verdict = board.map({ path });
    const direct = stateOf(verdict) === 'pfnmap' ? pages : (verdict.directPages ?? 0);
    return { state: stateOf(verdict), ramBytes: (pages - Math.min(pages, direct)) * pageSize };
  } catch (error) {
    if (!(error instanceof CramfsError) || error.code === 'IO') throw error;
    return NOTHING;
  }
}
