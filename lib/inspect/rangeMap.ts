/**
 * A map from byte ranges to labels in which every byte has exactly one label.
 *
 * Claims may come in any order and may overlap; labels are ranked, and a byte belongs to the first-ranked label that
 * claims it. Images have hundreds of thousands of ranges: they are numbers in arrays, and objects only on the way out.
 */
import { withRoom } from '../base/bytes.ts';

/** A run of bytes with one label: [start, end), in bytes. */
export interface LabelledRange<Label extends string> {
  readonly start: number;
  readonly end: number;
  readonly label: Label;
}

/** Numbers of a range: its start, its end, and what it is. */
const FIELDS = 3;
/** Numbers that a list that is not empty has room for at least. */
const FIRST_ROOM = 64 * FIELDS;

/** Ranges as triples of numbers, [start, end) and a tag, one after the other. */
class RangeList {
  /** Without room at first: of the labels of an image few are claimed. */
  #numbers = new Float64Array(0);
  #length = 0;
  #isInOrder = true;

  get length(): number {
    return this.#length;
  }

  start(index: number): number {
    return this.#numbers[index * FIELDS] ?? 0;
  }

  end(index: number): number {
    return this.#numbers[index * FIELDS + 1] ?? 0;
  }

  tag(index: number): number {
    return this.#numbers[index * FIELDS + 2] ?? 0;
  }

  push(start: number, end: number, tag: number): void {
    const last = this.#length - 1;
    if (last >= 0) {
      const lastEnd = this.end(last);
      // Blocks of one file mostly follow each other.
      if (lastEnd === start && this.tag(last) === tag) {
        this.#numbers[last * FIELDS + 1] = end;
        return;
      }
      if (start < lastEnd) this.#isInOrder = false;
    }
    const at = this.#length * FIELDS;
    if (at === this.#numbers.length) this.#numbers = withRoom(this.#numbers, at === 0 ? FIRST_ROOM : at + FIELDS);
    this.#numbers[at] = start;
    this.#numbers[at + 1] = end;
    this.#numbers[at + 2] = tag;
    this.#length++;
  }

  /** The same bytes, all of one tag, as ranges in order that neither overlap nor touch. */
  merged(): RangeList {
    if (this.#isInOrder) return this;
    const result = new RangeList();
    const tag = this.tag(0);
    let start = -1;
    let end = -1;
    for (const index of this.#order()) {
      if (this.start(index) > end) {
        if (end > start) result.push(start, end, tag);
        start = this.start(index);
        end = this.end(index);
      } else {
        end = Math.max(end, this.end(index));
      }
    }
    if (end > start) result.push(start, end, tag);
    return result;
  }

  /** The indices of the ranges by start. */
  #order(): Uint32Array {
    const length = this.#length;
    if (length > MAX_PACKED) {
      const order = Uint32Array.from({ length }, (_, index) => index);
      return order.sort((a, b) => this.start(a) - this.start(b));
    }
    // Start and index in one number: numbers are sorted ten times as fast as by a function.
    const packed = new Float64Array(length);
    for (let index = 0; index < length; index++) packed[index] = this.start(index) * MAX_PACKED + index;
    packed.sort();
    return Uint32Array.from(packed, (value) => value % MAX_PACKED);
  }
}

/** Starts have 32 bits, so that this many indices fit beside them in a number. */
const MAX_PACKED = 2 ** 21;

/** Collects claims, then divides the bytes [0, size). */
export class RangeMap<Label extends string> {
  readonly #size: number;
  readonly #labels: readonly Label[];
  readonly #claims: ReadonlyMap<Label, { readonly tag: number; readonly list: RangeList }>;

  /**
   * @param size bytes to be divided; claims begin below 2^32
   * @param ranking the labels, the one that wins over all others first
   */
  constructor(size: number, ranking: readonly Label[]) {
    this.#size = size;
    this.#labels = ranking;
    this.#claims = new Map(ranking.map((label, tag) => [label, { tag, list: new RangeList() }]));
  }

  /**
   * Claims the bytes [start, end).
   *
   * @returns how many of them are not there: behind `size`
   */
  claim(label: Label, start: number, end: number): number {
    if (end <= start) return 0;
    const cut = Math.min(end, this.#size);
    const claims = this.#claims.get(label);
    if (cut > start) claims?.list.push(start, cut, claims.tag);
    return end - Math.max(cut, start);
  }

  /** Every byte of [0, size) once: each labelled range in order, `rest` where nobody claims. */
  forEach<Rest extends string>(rest: Rest, visit: (start: number, end: number, label: Label | Rest) => void): void {
    let taken = new RangeList();
    for (const { list } of this.#claims.values()) if (list.length > 0) taken = painted(taken, list.merged());
    let at = 0;
    for (let index = 0; index < taken.length; index++) {
      const start = taken.start(index);
      if (start > at) visit(at, start, rest);
      at = taken.end(index);
      visit(start, at, this.#labels[taken.tag(index)] ?? rest);
    }
    if (this.#size > at) visit(at, this.#size, rest);
  }

  /** The same as a list. */
  ranges<Rest extends string>(rest: Rest): LabelledRange<Label | Rest>[] {
    const ranges: LabelledRange<Label | Rest>[] = [];
    this.forEach(rest, (start, end, label) => {
      ranges.push({ start, end, label });
    });
    return ranges;
  }
}

/**
 * The ranges taken already, and those of the claims where nothing is taken. Both lists are in order, without overlaps.
 * `taken` may become the result.
 */
function painted(taken: RangeList, claims: RangeList): RangeList {
  // Makers write inodes, then pointers, then data: mostly there is nothing to divide.
  if (taken.length > 0 && taken.end(taken.length - 1) <= claims.start(0)) {
    for (let index = 0; index < claims.length; index++) {
      taken.push(claims.start(index), claims.end(index), claims.tag(index));
    }
    return taken;
  }
  const result = new RangeList();
  let next = 0;
  let takenEnd = 0;
  const keep = (): void => {
    takenEnd = taken.end(next);
    result.push(taken.start(next), takenEnd, taken.tag(next));
    next++;
  };
  for (let index = 0; index < claims.length; index++) {
    const end = claims.end(index);
    while (next < taken.length && taken.end(next) <= claims.start(index)) keep();
    let at = Math.max(claims.start(index), takenEnd);
    while (next < taken.length && taken.start(next) < end) {
      const before = taken.start(next);
      if (before > at) result.push(at, before, claims.tag(index));
      keep();
      at = Math.max(at, takenEnd);
    }
    if (end > at) result.push(at, end, claims.tag(index));
  }
  while (next < taken.length) keep();
  return result;
}
