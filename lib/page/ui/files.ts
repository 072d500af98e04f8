/**
 * The files of an image: a table that sorts and filters, and the same as a treemap. Programs and libraries, and data.
 */
import { hierarchy, treemap, type HierarchyRectangularNode } from 'd3-hierarchy';
import type { AuditedFile } from '../../audit/result.ts';
import { printableName } from '../../format/names.ts';
import { size } from '../../base/words.ts';
import { TONES, toneIndex } from '../../report/palette.ts';
import type { Layout } from '../layout.ts';
import { fill, h, isDark, prepareCanvas } from './dom.ts';
import type { State } from './state.ts';

/** A row of the table. Bytes. */
export interface FileRow {
  readonly index: number;
  readonly path: string;
  readonly program: boolean;
  readonly bytes: number;
  readonly flash: number;
  readonly direct: number;
  readonly blocks: number;
  /** RAM once everything is touched, as a program with all that it loads or as its own pages. */
  readonly ram: number;
  readonly saved: number;
}

/** Rows of all files of an image. */
export function fileRows(layout: Layout, audited: readonly AuditedFile[], pageSize: number): FileRow[] {
  const known = new Map(audited.map((file) => [file.path, file]));
  return layout.paths.map((path, index) => {
    const file = known.get(path);
    const blocks = layout.blocks[index] ?? 0;
    const direct = layout.directBlocks[index] ?? 0;
    const run = file?.run ?? null;
    return {
      index,
      path,
      program: file !== undefined && file.format !== 'data',
      bytes: layout.sizes[index] ?? 0,
      flash: layout.flash[index] ?? 0,
      direct,
      blocks,
      ram: run?.ramBytes ?? (blocks - direct) * pageSize,
      saved: run?.flashBytes ?? direct * pageSize,
    };
  });
}

const ROW_HEIGHT = 33;
const TREEMAP_HEIGHT = 340;
type Measure = 'flash' | 'ram' | 'saved';
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
  readonly #canvas = h('canvas', {
    class: 'treemap',
    role: 'img',
    'aria-label': 'Treemap of the files; the table lists the same',
  });
  readonly #tip = h('p', { class: 'note', 'aria-live': 'polite' });
  #leaves: HierarchyRectangularNode<Node>[] = [];

  constructor(rows: readonly FileRow[], state: State) {
    this.#rows = rows;
    this.#state = state;
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
      this.#drawTreemap();
    });
    this.element = h(
      'section',
      { class: 'files' },
      h('header', { class: 'row' }, h('h2', {}, 'Files'), h('span', { class: 'tools' }, kind, filter)),
      h('p', { class: 'row treemap-head' }, h('label', {}, 'Area: ', measure), this.#count),
      this.#canvas,
      this.#tip,
      this.#scroll,
    );
    this.#scroll.addEventListener('scroll', () => {
      this.#drawRows();
    });
    this.#canvas.addEventListener('mousemove', (event) => {
      const leaf = this.#leafAt(event);
      fill(
        this.#tip,
        leaf === undefined ? '' : `${printableName(leaf.data.row?.path ?? leaf.data.name)} · ${size(leaf.value ?? 0)}`,
      );
    });
    this.#canvas.addEventListener('click', (event) => {
      const path = this.#leafAt(event)?.data.row?.path;
      if (path !== undefined) this.#state.select({ path, offset: null });
    });
    new ResizeObserver(() => {
      this.#drawTreemap();
      this.#drawRows();
    }).observe(this.element);
    window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
      this.#drawTreemap();
    });
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
    this.#paintTreemap();
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

  #update(): void {
    const wanted = this.#filter.toLowerCase();
    const rows = this.#rows.filter(
      ({ path, program }) =>
        (this.#kind === 'all' || (this.#kind === 'programs') === program) && path.toLowerCase().includes(wanted),
    );
    const key = this.#sort;
    const sign = this.#descending ? -1 : 1;
    rows.sort((a, b) => {
      const [x, y] = [a[key], b[key]];
      return x < y ? -sign : x > y ? sign : a.index - b.index;
    });
    this.#shown = rows;
    fill(this.#count, `${String(rows.length)} of ${String(this.#rows.length)} files`);
    this.#drawHead();
    this.#drawRows();
    this.#drawTreemap();
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
          ...COLUMNS.map(({ key, text }) =>
            h('span', { class: `td ${key}`, role: 'cell', title: key === 'path' ? text(row) : undefined }, text(row)),
          ),
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

  #drawTreemap(): void {
    const width = this.#canvas.clientWidth;
    if (width === 0) return;
    const root = hierarchy(tree(this.#shown, this.#measure), ({ children }) => children)
      .sum(({ row, rest }) => (row === undefined ? rest : row[this.#measure]))
      .sort((a, b) => (b.value ?? 0) - (a.value ?? 0));
    const laidOut = treemap<Node>().size([width, TREEMAP_HEIGHT]).paddingInner(1).round(true)(root);
    this.#leaves = laidOut.leaves().filter(({ x0, x1, y0, y1 }) => x1 - x0 >= 1 && y1 - y0 >= 1);
    this.#paintTreemap();
  }

  #paintTreemap(): void {
    const width = this.#canvas.clientWidth;
    if (width === 0) return;
    const context = prepareCanvas(this.#canvas, width, TREEMAP_HEIGHT);
    if (context === null) return;
    const colours = (['direct', 'zlib', 'padding'] as const).map((name) => {
      const { light = '', dark = '' } = TONES[toneIndex(name)] ?? {};
      return isDark() ? dark : light;
    });
    const anySelected = this.#leaves.some(({ data }) => data.row?.path === this.#selected);
    context.font = '12px system-ui, sans-serif';
    context.textBaseline = 'top';
    for (const { x0, x1, y0, y1, data } of this.#leaves) {
      const { row } = data;
      context.globalAlpha = anySelected && row?.path !== this.#selected ? 0.5 : 1;
      context.fillStyle = (row === undefined ? colours[2] : row.direct > 0 ? colours[0] : colours[1]) ?? '';
      context.fillRect(x0, y0, x1 - x0, y1 - y0);
      if (x1 - x0 < 56 || y1 - y0 < 20) continue;
      context.globalAlpha = 1;
      context.save();
      context.beginPath();
      context.rect(x0, y0, x1 - x0 - 4, y1 - y0);
      context.clip();
      // Black on every tone but the light theme's blue.
      context.fillStyle =
        row !== undefined && row.direct > 0 && !isDark() && !(anySelected && row.path !== this.#selected)
          ? '#fff'
          : '#000';
      context.fillText(printableName(data.name), x0 + 5, y0 + 5);
      context.restore();
    }
    context.globalAlpha = 1;
  }

  #leafAt({ offsetX, offsetY }: MouseEvent): HierarchyRectangularNode<Node> | undefined {
    return this.#leaves.find(({ x0, x1, y0, y1 }) => offsetX >= x0 && offsetX < x1 && offsetY >= y0 && offsetY < y1);
  }
}

/** A directory or a file of the treemap; `rest` is what files too small to be drawn come to. */
interface Node {
  readonly name: string;
  readonly row?: FileRow | undefined;
  readonly rest: number;
  readonly children?: Node[] | undefined;
}

/** Files in a treemap; the others of a directory share one box. */
const MAX_LEAVES = 4000;

function tree(rows: readonly FileRow[], measure: Measure): Node {
  const large = [...rows].sort((a, b) => b[measure] - a[measure]);
  const shown = large.slice(0, MAX_LEAVES);
  const rest = large.slice(MAX_LEAVES).reduce((sum, row) => sum + row[measure], 0);
  const root: Node = { name: '/', rest: 0, children: [] };
  const folders = new Map<string, Node>([['', root]]);
  const folder = (path: string): Node => {
    const known = folders.get(path);
    if (known !== undefined) return known;
    const cut = path.lastIndexOf('/');
    const made: Node = { name: path.slice(cut + 1), rest: 0, children: [] };
    folders.set(path, made);
    folder(path.slice(0, Math.max(0, cut))).children?.push(made);
    return made;
  };
  for (const row of shown) {
    if (row[measure] === 0) continue;
    const cut = row.path.lastIndexOf('/');
    folder(row.path.slice(0, Math.max(0, cut))).children?.push({ name: row.path.slice(cut + 1), row, rest: 0 });
  }
  if (rest > 0) root.children?.push({ name: 'smaller files', rest });
  return root;
}
