/**
 * A long table of which only the rows that can be seen are elements. Elements of rows that leave are filled anew for those
 * that come, in the order of the table.
 */
import { h } from './dom.ts';

/** Height of a row in CSS pixels; the style sheet has the same. */
export const ROW_HEIGHT = 33;
/** Rows above and below what can be seen. */
const SPARE = 4;

/** Fills an element with the row of an index. */
export type FillRow = (element: HTMLElement, index: number) => void;

/** The rows as an element. */
export class RowList {
  readonly element = h('div', { class: 'tbody', role: 'rowgroup' });
  readonly #scroll: HTMLElement;
  readonly #make: () => HTMLElement;
  readonly #fill: FillRow;
  #count = 0;
  #height = 0;
  /** Index of the first row that is an element, and the elements in order. */
  #first = 0;
  #rows: HTMLElement[] = [];

  /**
   * @param scroll what scrolls the rows
   * @param make an element for a row, without content
   */
  constructor(scroll: HTMLElement, make: () => HTMLElement, fill: FillRow) {
    this.#scroll = scroll;
    this.#make = make;
    this.#fill = fill;
    scroll.addEventListener(
      'scroll',
      () => {
        this.#draw();
      },
      { passive: true },
    );
    new ResizeObserver(() => {
      this.#height = scroll.clientHeight;
      this.#draw();
    }).observe(scroll);
  }

  /** Shows so many rows, all filled anew. */
  show(count: number): void {
    if (count !== this.#count) this.element.style.height = `${String(count * ROW_HEIGHT)}px`;
    this.#count = count;
    this.refill();
    this.#draw();
  }

  /** Fills the rows that are elements anew. */
  refill(): void {
    this.#rows.forEach((row, at) => {
      if (this.#first + at < this.#count) this.#place(row, this.#first + at);
    });
  }

  /** Scrolls as far as a row's being seen needs. */
  reveal(index: number): void {
    const top = index * ROW_HEIGHT;
    const { scrollTop } = this.#scroll;
    if (top < scrollTop || top + 2 * ROW_HEIGHT > scrollTop + this.#height)
      this.#scroll.scrollTop = Math.max(0, top - this.#height / 3);
  }

  #draw(): void {
    const first = Math.max(0, Math.floor(this.#scroll.scrollTop / ROW_HEIGHT) - SPARE);
    const last = Math.min(this.#count, first + Math.ceil(this.#height / ROW_HEIGHT) + 2 * SPARE);
    const stays = (at: number): boolean => this.#first + at >= first && this.#first + at < last;
    const free = this.#rows.filter((_row, at) => !stays(at));
    const kept = this.#rows.filter((_row, at) => stays(at));
    const from = kept.length === 0 ? last : Math.max(first, this.#first);
    const until = from + kept.length;
    const made = (index: number): HTMLElement => {
      const row = free.pop() ?? this.#make();
      this.#place(row, index);
      return row;
    };
    const above = range(first, from).map(made);
    const below = range(until, last).map(made);
    for (const row of free) row.remove();
    if (above.length > 0) this.element.prepend(...above);
    if (below.length > 0) this.element.append(...below);
    this.#first = first;
    this.#rows = [...above, ...kept, ...below];
  }

  #place(row: HTMLElement, index: number): void {
    row.style.transform = `translateY(${String(index * ROW_HEIGHT)}px)`;
    this.#fill(row, index);
  }
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from) }, (_, at) => from + at);
