/**
 * The files of an image: a table that sorts and filters, and the same as a treemap. Programs and libraries, and data.
 */
import { printableName } from '../../format/names.ts';
import { size } from '../../base/words.ts';
import type { FileRow, Measure } from '../fileRows.ts';
import { fill, h } from './dom.ts';
import { RowList } from './rowList.ts';
import type { State } from './state.ts';
import { type AskTreemap, TreemapView } from './treemapView.ts';

/** Width of a letter of a path, in CSS pixels. */
const LETTER = 8.45;
interface Column {
  readonly key: keyof FileRow;
  readonly title: string;
  readonly text: (row: FileRow) => string;
}

const COLUMNS: readonly Column[] = [
  { key: 'path', title: 'path', text: ({ path }) => printableName(path) },
  {
    key: 'direct',
    title: 'pages from flash',
    text: ({ direct, blocks }) => (direct === 0 ? '–' : `${String(direct)}/${String(blocks)}`),
  },
  { key: 'flash', title: 'flash', text: ({ flash }) => (flash === 0 ? '–' : size(flash)) },
  { key: 'ram', title: 'RAM when touched', text: ({ ram }) => (ram === 0 ? '–' : size(ram)) },
];

const MEASURES: readonly (readonly [Measure, string])[] = [
  ['flash', 'flash'],
  ['ram', 'RAM when touched'],
  ['saved', 'RAM saved'],
];

/** The files as an element. */
export class Files {
  readonly element: HTMLElement;
  readonly #rows: readonly FileRow[];
  readonly #state: State;
  #shown: readonly FileRow[] = [];
  #sort: keyof FileRow = 'flash';
  #descending = true;
  #filter = '';
  #kind: 'all' | 'programs' | 'data' = 'all';
  #measure: Measure = 'flash';
  #selected: string | null = null;
  readonly #head = h('div', { class: 'tr th', role: 'row' });
  readonly #list: RowList;
  /** Letters of a path that have room. */
  #room = 0;
  readonly #scroll: HTMLElement;
  readonly #count = h('span', { class: 'muted' });
  readonly #treemap: TreemapView;
  /** All rows in the order of the table. */
  #sorted: readonly FileRow[] = [];

  constructor(rows: readonly FileRow[], state: State, ask: AskTreemap) {
    this.#rows = rows;
    this.#state = state;
    this.#treemap = new TreemapView(rows, ask, (path) => {
      state.select({ path, offset: null });
    });
    this.#scroll = h(
      'div',
      {
        class: 'table-scroll',
        tabindex: 0,
        role: 'table',
        'aria-label': 'Files',
        'aria-rowcount': rows.length + 1,
        keydown: (event) => {
          this.#key(event as KeyboardEvent);
        },
      },
      h('div', { role: 'rowgroup', class: 'thead' }, this.#head),
    );
    this.#list = new RowList(this.#scroll, rowElement, (element, index) => {
      this.#fillRow(element, index);
    });
    this.#scroll.append(this.#list.element);
    this.#scroll.addEventListener('click', ({ target }) => {
      const index = target instanceof Element ? target.closest('.tbody .tr')?.getAttribute('aria-rowindex') : null;
      const row = this.#shown[Number(index ?? NaN) - 2];
      if (row !== undefined) state.select({ path: row.path, offset: null });
    });
    const filter = h('input', {
      type: 'search',
      placeholder: 'Filter by path',
      'aria-label': 'Filter files by path',
      input: () => {
        this.#filter = filter.value;
        this.#update();
      },
    });
    const kind = this.#choice(
      'Kind of files',
      [
        ['all', 'all files'],
        ['programs', 'programs and libraries'],
        ['data', 'data'],
      ],
      (value) => {
        this.#kind = value as 'all' | 'programs' | 'data';
        this.#update();
      },
    );
    const measure = this.#choice('Area of the treemap', MEASURES, (value) => {
      this.#measure = value as Measure;
      this.#treemap.show(this.#shown, this.#measure);
    });
    this.element = h(
      'section',
      { class: 'files' },
      h('header', { class: 'row' }, h('h2', {}, 'Files'), h('span', { class: 'tools' }, kind, filter)),
      h('p', { class: 'row treemap-head' }, h('label', {}, 'Area: ', measure), this.#count),
      this.#treemap.element,
      this.#scroll,
    );
    new ResizeObserver(() => {
      const room = Math.floor((this.#head.firstElementChild?.clientWidth ?? 0) / LETTER);
      if (room === this.#room) return;
      this.#room = room;
      this.#list.refill();
    }).observe(this.element);
    this.#order();
    this.#update();
  }

  /** Marks a file, and brings its row into view. */
  select(path: string | null): void {
    this.#selected = path;
    const at = this.#shown.findIndex((row) => row.path === path);
    if (at !== -1) this.#list.reveal(at);
    this.#list.refill();
    this.#treemap.select(path);
  }

  #choice(
    label: string,
    options: readonly (readonly [string, string])[],
    choose: (value: string) => void,
  ): HTMLSelectElement {
    const select = h(
      'select',
      {
        'aria-label': label,
        change: () => {
          choose(select.value);
        },
      },
      ...options.map(([value, text]) => h('option', { value }, text)),
    );
    return select;
  }

  /** Sorts all rows; filtering keeps the order. */
  #order(): void {
    const key = this.#sort;
    const sign = this.#descending ? -1 : 1;
    this.#sorted = [...this.#rows].sort((a, b) => {
      const [x, y] = [a[key], b[key]];
      return x < y ? -sign : x > y ? sign : a.index - b.index;
    });
  }

  #update(): void {
    const wanted = this.#filter.toLowerCase();
    this.#shown = this.#sorted.filter(
      ({ path, program }) =>
        (this.#kind === 'all' || (this.#kind === 'programs') === program) &&
        (wanted === '' || path.toLowerCase().includes(wanted)),
    );
    fill(this.#count, `${String(this.#shown.length)} of ${String(this.#rows.length)} files`);
    this.#drawHead();
    this.#list.show(this.#shown.length);
    this.#treemap.show(this.#shown, this.#measure);
  }

  #drawHead(): void {
    fill(
      this.#head,
      ...COLUMNS.map(({ key, title }) =>
        h(
          'span',
          {
            class: `td ${key}`,
            role: 'columnheader',
            'aria-sort': key === this.#sort ? (this.#descending ? 'descending' : 'ascending') : 'none',
          },
          h(
            'button',
            {
              type: 'button',
              class: 'sort',
              click: () => {
                this.#descending = key === this.#sort ? !this.#descending : key !== 'path';
                this.#sort = key;
                this.#order();
                this.#update();
              },
            },
            `${title}${key === this.#sort ? (this.#descending ? ' ↓' : ' ↑') : ''}`,
          ),
        ),
      ),
    );
  }

  #fillRow(element: HTMLElement, index: number): void {
    const row = this.#shown[index];
    if (row === undefined) return;
    const isSelected = row.path === this.#selected;
    element.classList.toggle('selected', isSelected);
    element.setAttribute('aria-selected', String(isSelected));
    element.setAttribute('aria-rowindex', String(index + 2));
    COLUMNS.forEach(({ key, text }, at) => {
      const cell = element.children[at];
      const whole = text(row);
      if (cell === undefined) return;
      if (key === 'path') cell.setAttribute('title', whole);
      cell.textContent = key === 'path' ? endOf(whole, this.#room) : whole;
    });
  }

  #key(event: KeyboardEvent): void {
    const at = this.#shown.findIndex(({ path }) => path === this.#selected);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: this.#shown.length - 1 }[event.key];
    if (next === undefined || (event.target instanceof HTMLButtonElement && event.key !== 'ArrowDown')) return;
    event.preventDefault();
    const row = this.#shown[Math.max(0, Math.min(this.#shown.length - 1, next))];
    if (row !== undefined) this.#state.select({ path: row.path, offset: null });
  }
}

/** A row without content. */
const rowElement = (): HTMLElement =>
  h('div', { class: 'tr', role: 'row' }, ...COLUMNS.map(({ key }) => h('span', { class: `td ${key}`, role: 'cell' })));

/** A path that does not fit is cut at its start: its end says more. */
const endOf = (path: string, room: number): string =>
  path.length <= room || room < 8 ? path : `…${path.slice(path.length - room + 1)}`;
