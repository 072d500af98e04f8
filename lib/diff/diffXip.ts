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
    const pageSizes = { a: this.#boards.a.cpu.pageSize, b: this.#boards.b.cpu.pageSize };
    return xipChanges(b.path, { a: a.audited, b: b.audited }, pageSizes, (side) =>
      this.#whole(side, side === 'a' ? a : b),
    );
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
const FREE_PAGES = 1 << 19;
const CALL = 64;

function pageBudget({ image }: Board): Budget {
  return new Budget(FREE_PAGES + Math.ceil(image.source.size / 4));
}

const NOTHING: Mapped = { state: null, ramBytes: 0 };

/**
 * What is mapped otherwise in two builds of a file.
 *
 * @param whole how the file is mapped as a whole, which is asked for files without segments
 */
export function xipChanges(
  path: string,
  { a, b }: Both<AuditedFile | null>,
  pageSizes: Both<number>,
  whole: (side: 'a' | 'b') => Mapped,
): XipChange[] {
  if (a === null && b === null) return [];
  const [segmentsA, segmentsB] = [a?.segments ?? [], b?.segments ?? []];
  if (segmentsA.length === 0 && segmentsB.length === 0) {
    const both = { a: whole('a'), b: whole('b') };
    return isOtherwise(both.a, both.b) ? [{ path, segment: null, lost: isLess(both), ...both }] : [];
  }
  const changes: XipChange[] = [];
  for (const kind of ['text', 'rodata', 'data'] as const) {
    const [listA, listB] = [segmentsA, segmentsB].map((list) => list.filter((segment) => segment.kind === kind));
    const count = Math.min(listA?.length ?? 0, listB?.length ?? 0);
    for (let number = 0; number < count; number++) {
      const both = { a: mapped(pageSizes.a, listA?.[number]), b: mapped(pageSizes.b, listB?.[number]) };
      if (isOtherwise(both.a, both.b)) {
        changes.push({ path, segment: { kind, number }, lost: isLess(both), ...both });
      }
    }
  }
  return changes;
}

/** Whether a program's start comes to something else; null where it does not. */
export function programChange(path: string, { a, b }: Both<AuditedFile | null>): ProgramChange | null {
  const [x, y] = [a?.run ?? null, b?.run ?? null];
  if (x === null || y === null || (x.outcome === y.outcome && x.ramBytes === y.ramBytes)) return null;
  return {
    path,
    a: { outcome: x.outcome, ramBytes: x.ramBytes },
    b: { outcome: y.outcome, ramBytes: y.ramBytes },
  };
}

/** Another state; of mappings that are direct in part, another part too. A file that grew is none. */
function isOtherwise(a: Mapped, b: Mapped): boolean {
  return a.state !== b.state || (a.state === 'mixedmap' && a.ramBytes !== b.ramBytes);
}

const RANK = { pfnmap: 3, mixedmap: 2, none: 1 } as const;

/** Whether it is mapped directly to a lesser part than before. */
function isLess({ a, b }: Both<Mapped>): boolean {
  const rank = ({ state }: Mapped): number => (state === null ? 0 : RANK[state]);
  return rank(b) < rank(a) || (rank(b) === rank(a) && b.ramBytes > a.ramBytes);
}

function mapped(pageSize: number, segment: AuditedSegment | undefined): Mapped {
  const { state = null, pages = 0, directPages = 0 } = segment ?? {};
  return { state, ramBytes: (pages - directPages) * pageSize };
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
