/**
 * The files of an image: a table that sorts and filters, and the same as a treemap. Programs and libraries, and data.
 */
import { printableName } from '../../format/names.ts';
import { size } from '../../base/words.ts';
import type { FileRow, Measure } from '../fileRows.ts';
import { fill, h } from './dom.ts';
import type { State } from './state.ts';
import { type AskTreemap, TreemapView } from './treemapView.ts';

const ROW_HEIGHT = 33;
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
  readonly #body = h('div', { class: 'tbody' });
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
      this.#head,
      this.#body,
    );
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
    this.#scroll.addEventListener(
      'scroll',
      () => {
        this.#drawRows();
      },
      { passive: true },
    );
    new ResizeObserver(() => {
      this.#drawRows();
    }).observe(this.element);
    this.#order();
    this.#update();
  }

  /** Marks a file, and brings its row into view. */
  select(path: string | null): void {
    this.#selected = path;
    const at = this.#shown.findIndex((row) => row.path === path);
    if (at !== -1) {
      const top = at * ROW_HEIGHT;
      const { scrollTop, clientHeight } = this.#scroll;
      if (top < scrollTop || top + 2 * ROW_HEIGHT > scrollTop + clientHeight)
        this.#scroll.scrollTop = Math.max(0, top - clientHeight / 3);
    }
    this.#drawRows();
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
    this.#drawRows();
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

  /** Only the rows that can be seen are elements. */
  #drawRows(): void {
    const first = Math.max(0, Math.floor(this.#scroll.scrollTop / ROW_HEIGHT) - 4);
    const last = Math.min(this.#shown.length, first + Math.ceil(this.#scroll.clientHeight / ROW_HEIGHT) + 8);
    const room = Math.floor((this.#head.firstElementChild?.clientWidth ?? 0) / LETTER);
    this.#body.style.height = `${String(this.#shown.length * ROW_HEIGHT)}px`;
    fill(
      this.#body,
      ...this.#shown.slice(first, last).map((row, at) => {
        const isSelected = row.path === this.#selected;
        return h(
          'div',
          {
            class: `tr${isSelected ? ' selected' : ''}`,
            role: 'row',
            'aria-rowindex': first + at + 2,
            'aria-selected': isSelected ? 'true' : 'false',
            style: `top: ${String((first + at) * ROW_HEIGHT)}px`,
            click: () => {
              this.#state.select({ path: row.path, offset: null });
            },
          },
          ...COLUMNS.map(({ key, text }) => {
            const whole = text(row);
            return key === 'path'
              ? h('span', { class: `td ${key}`, role: 'cell', title: whole }, endOf(whole, room))
              : h('span', { class: `td ${key}`, role: 'cell' }, whole);
          }),
        );
      }),
    );
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

/** A path that does not fit is cut at its start: its end says more. */
const endOf = (path: string, room: number): string =>
  path.length <= room || room < 8 ? path : `…${path.slice(path.length - room + 1)}`;
