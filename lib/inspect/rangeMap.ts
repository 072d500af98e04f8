/**
 * A map from byte ranges to labels in which every byte has exactly one label.
 *
 * Claims may come in any order and may overlap; labels are ranked, and a byte belongs to the first-ranked label that
 * claims it.
 */

/** A run of bytes with one label: [start, end), in bytes. */
export interface LabelledRange<Label extends string> {
  readonly start: number;
  readonly end: number;
  readonly label: Label;
}

/** Ranges as pairs of numbers, [start, end) after [start, end): far smaller than objects. */
class RangeList {
  #numbers = new Float64Array(64);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  start(index: number): number {
    return this.#numbers[index * 2] ?? 0;
  }

  end(index: number): number {
    return this.#numbers[index * 2 + 1] ?? 0;
  }

  push(start: number, end: number): void {
    const last = this.#length - 1;
    // Blocks of one file mostly follow each other.
    if (last >= 0 && this.end(last) === start) {
      this.#numbers[last * 2 + 1] = end;
      return;
    }
    if (this.#length * 2 === this.#numbers.length) {
      const larger = new Float64Array(this.#numbers.length * 2);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    this.#numbers[this.#length * 2] = start;
    this.#numbers[this.#length * 2 + 1] = end;
    this.#length++;
  }

  /** The same bytes as ranges in order that neither overlap nor touch. */
  merged(): RangeList {
    const order = Uint32Array.from({ length: this.#length }, (_, index) => index);
    order.sort((a, b) => this.start(a) - this.start(b));
    const result = new RangeList();
    let start = -1;
    let end = -1;
    for (const index of order) {
      if (this.start(index) > end) {
        if (end > start) result.push(start, end);
        start = this.start(index);
        end = this.end(index);
      } else {
        end = Math.max(end, this.end(index));
      }
    }
    if (end > start) result.push(start, end);
    return result;
  }
}

/** Collects claims, then divides the bytes [0, size). */
export class RangeMap<Label extends string> {
  readonly #size: number;
  readonly #claims: ReadonlyMap<Label, RangeList>;

  /**
   * @param size bytes to be divided
   * @param ranking the labels, the one that wins over all others first
   */
  constructor(size: number, ranking: readonly Label[]) {
    this.#size = size;
    this.#claims = new Map(ranking.map((label) => [label, new RangeList()]));
  }

  /**
   * Claims the bytes [start, end).
   *
   * @returns how many of them are not there: behind `size`
   */
  claim(label: Label, start: number, end: number): number {
    if (end <= start) return 0;
    const cut = Math.min(end, this.#size);
    if (cut > start) this.#claims.get(label)?.push(start, cut);
    return end - Math.max(cut, start);
  }

  /** Every byte of [0, size) once: labelled ranges in order, `rest` where nobody claims. */
  ranges<Rest extends string>(rest: Rest): LabelledRange<Label | Rest>[] {
    let ranges: LabelledRange<Label | Rest>[] = this.#size > 0 ? [{ start: 0, end: this.#size, label: rest }] : [];
    for (const [label, claims] of this.#claims) {
      if (claims.length > 0) ranges = painted(ranges, rest, label, claims.merged());
    }
    return ranges;
  }
}

/** Gives `label` to the bytes that still have the label `rest`. */
function painted<Label extends string>(
  ranges: readonly LabelledRange<Label>[],
  rest: Label,
  label: Label,
  claims: RangeList,
): LabelledRange<Label>[] {
  const result: LabelledRange<Label>[] = [];
  let next = 0;
  for (const range of ranges) {
    if (range.label !== rest) {
      result.push(range);
      continue;
    }
    while (next < claims.length && claims.end(next) <= range.start) next++;
    let at = range.start;
    for (let index = next; index < claims.length && claims.start(index) < range.end; index++) {
      const start = Math.max(claims.start(index), range.start);
      const end = Math.min(claims.end(index), range.end);
      if (start > at) result.push({ start: at, end: start, label: rest });
      result.push({ start, end, label });
      at = end;
    }
    if (range.end > at) result.push({ start: at, end: range.end, label: rest });
  }
  return result;
}
