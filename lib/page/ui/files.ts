/**
 * The files of an image: a table that sorts and filters, and the same as a treemap. Programs and libraries, and data.
 */
import { printableName } from '../../format/names.ts';
import { size } from '../../base/words.ts';
import type { FileRow } from '../fileRows.ts';
import {
  type ColumnKey,
  filteredRows,
  type FilesView,
  KINDS,
  MEASURE_KEYS,
  sortedRows,
  USUAL_VIEW,
  viewOf,
  viewTexts,
} from '../filesView.ts';
import { fill, h } from './dom.ts';
import { RowList } from './rowList.ts';
import type { State } from './state.ts';
import { type AskTreemap, TreemapView } from './treemapView.ts';

/** Width of a letter of a path, in CSS pixels. */
const LETTER = 8.45;
interface Column {
  readonly key: ColumnKey;
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

const KIND_TITLES: Readonly<Record<FilesView['kind'], string>> = {
  all: 'all files',
  programs: 'programs and libraries',
  data: 'data',
};
const AREA_TITLES: Readonly<Record<FilesView['area'], string>> = {
  flash: 'flash',
  ram: 'RAM when touched',
  saved: 'RAM saved',
};

/** The files as an element. */
export class Files {
  readonly element: HTMLElement;
  readonly #rows: readonly FileRow[];
  readonly #state: State;
  #view: FilesView = USUAL_VIEW;
  /** All rows in the order of the table, and those of them that are shown. */
  #sorted: readonly FileRow[] = [];
  #shown: readonly FileRow[] = [];
  #selected: string | null = null;
  /** Letters of a path that have room. */
  #room = 0;
  readonly #head = h('div', { class: 'tr th', role: 'row' });
  readonly #list: RowList;
  readonly #scroll: HTMLElement;
  readonly #count = h('span', { class: 'muted' });
  readonly #treemap: TreemapView;
  readonly #filter: HTMLInputElement;
  readonly #kind: HTMLSelectElement;
  readonly #area: HTMLSelectElement;

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
        click: ({ target }) => {
          this.#click(target);
        },
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
    this.#filter = h('input', {
      type: 'search',
      placeholder: 'Filter by path',
      'aria-label': 'Filter files by path',
      input: () => {
        this.#look({ filter: this.#filter.value });
      },
    });
    this.#kind = choice('Kind of files', KINDS, KIND_TITLES, (kind) => {
      this.#look({ kind });
    });
    this.#area = choice('Area of the treemap', MEASURE_KEYS, AREA_TITLES, (area) => {
      this.#look({ area });
    });
    this.element = h(
      'section',
      { class: 'files' },
      h('header', { class: 'row' }, h('h2', {}, 'Files'), h('span', { class: 'tools' }, this.#kind, this.#filter)),
      h('p', { class: 'row treemap-head' }, h('label', {}, 'Area: ', this.#area), this.#count),
      this.#treemap.element,
      this.#scroll,
    );
    new ResizeObserver(() => {
      const room = Math.floor((this.#head.firstElementChild?.clientWidth ?? 0) / LETTER);
      if (room === this.#room) return;
      this.#room = room;
      this.#list.refill();
    }).observe(this.element);
    state.listenToLinks((details) => {
      this.#show(viewOf(details));
    });
  }

  /** Marks a file, and brings its row into view. */
  select(path: string | null): void {
    this.#selected = path;
    const at = this.#shown.findIndex((row) => row.path === path);
    if (at !== -1) this.#list.reveal(at);
    this.#list.refill();
    this.#treemap.select(path);
  }

  /** Shows what the reader chose, and keeps it in the link. */
  #look(changes: Partial<FilesView>): void {
    this.#show({ ...this.#view, ...changes });
    this.#state.set(viewTexts(this.#view));
  }

  #show(view: FilesView): void {
    const isOrdered = view.sort === this.#view.sort && view.descending === this.#view.descending;
    if (!isOrdered || this.#sorted.length === 0) this.#sorted = sortedRows(this.#rows, view);
    this.#view = view;
    this.#shown = filteredRows(this.#sorted, view);
    if (this.#filter.value !== view.filter) this.#filter.value = view.filter;
    this.#kind.value = view.kind;
    this.#area.value = view.area;
    fill(this.#count, `${String(this.#shown.length)} of ${String(this.#rows.length)} files`);
    fill(this.#head, ...COLUMNS.map((column) => this.#columnHead(column)));
    this.#scroll.setAttribute('aria-rowcount', String(this.#shown.length + 1));
    this.#list.show(this.#shown.length);
    this.#treemap.show(this.#shown, view.area);
  }

  #columnHead({ key, title }: Column): HTMLElement {
    const { sort, descending } = this.#view;
    const isSorted = key === sort;
    const order = descending ? 'descending' : 'ascending';
    const click = (): void => {
      this.#look({ sort: key, descending: isSorted ? !descending : key !== 'path' });
      // The heading was made anew: the focus stays on it.
      this.#head.querySelector<HTMLElement>(`.${key} .sort`)?.focus();
    };
    return h(
      'span',
      { class: `td ${key}`, role: 'columnheader', 'aria-sort': isSorted ? order : 'none' },
      h('button', { type: 'button', class: 'sort', click }, `${title}${isSorted ? (descending ? ' ↓' : ' ↑') : ''}`),
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

  #click(target: EventTarget | null): void {
    const element = target instanceof Element ? target.closest('.tbody .tr') : null;
    const row = this.#shown[Number(element?.getAttribute('aria-rowindex') ?? NaN) - 2];
    if (row !== undefined) this.#state.select({ path: row.path, offset: null });
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

/** A field that offers some names. */
function choice<Name extends string>(
  label: string,
  names: readonly Name[],
  titles: Readonly<Record<Name, string>>,
  choose: (name: Name) => void,
): HTMLSelectElement {
  const select = h(
    'select',
    {
      'aria-label': label,
      change: () => {
        const name = names[select.selectedIndex];
        if (name !== undefined) choose(name);
      },
    },
    ...names.map((value) => h('option', { value }, titles[value])),
  );
  return select;
}

/** A row without content. */
const rowElement = (): HTMLElement =>
  h('div', { class: 'tr', role: 'row' }, ...COLUMNS.map(({ key }) => h('span', { class: `td ${key}`, role: 'cell' })));

/** A path that does not fit is cut at its start: its end says more. */
const endOf = (path: string, room: number): string =>
  path.length <= room || room < 8 ? path : `…${path.slice(path.length - room + 1)}`;
