/**
 * The flash map in the page: the strip and the grid on canvases, moved by wheel, fingers and keys, with a search for paths
 * and addresses.
 */
import { type FlashPages } from '../../report/flashPages.ts';
import { TONES, type Tone } from '../../report/palette.ts';
import {
  columnLimits,
  drawGrid,
  drawStrip,
  fittingGrid,
  type FlashScene,
  type Grid,
  gridOf,
  pageAt,
  STRIP_HEIGHT,
  tonesOf,
} from '../draw/flashPicture.ts';
import { type Layout, PIECE, piecesIn } from '../layout.ts';
import { onThemeChange, openCanvas } from './canvas.ts';
import { fill, h } from './dom.ts';
import { pageWords } from './pageWords.ts';
import { PinchZoom } from './pinch.ts';
import { findPlace } from './search.ts';
import type { State } from './state.ts';

/** What the map shows. */
export interface FlashMapData {
  readonly pages: FlashPages;
  readonly layout: Layout;
  /** Physical address of the image's first byte; 0 for none. */
  readonly physBase: number;
}

/** How large a map is. */
export interface MapScale {
  /** Pages of the largest map: all have the cells that it needs. */
  readonly most: number;
  /** Of the grid, in CSS pixels. */
  readonly height: number;
}

/** Height of a grid in CSS pixels, of the only one and of one of two; more rows scroll. */
export const MAP_HEIGHT = 560;
export const SMALL_MAP_HEIGHT = 330;

/** The map as an element, and how other views speak to it. */
export class FlashMap {
  readonly element: HTMLElement;
  readonly #canvas = h('canvas', { class: 'grid' });
  readonly #strip = h('canvas', { class: 'strip' });
  /** What of the region the grid shows, on the strip. */
  readonly #window = h('span', { class: 'window' });
  readonly #scroll: HTMLElement;
  readonly #spacer = h('div', { class: 'spacer' });
  readonly #note = h('p', { class: 'note', 'aria-live': 'polite' });
  readonly #data: FlashMapData;
  readonly #state: State;
  readonly #scale: MapScale;
  readonly #zoomed: (columns: number) => void;
  #grid: Grid;
  /** Columns that the reader chose by zooming; null until then. */
  #columns: number | null = null;
  #cursor = 0;
  #selected: Uint8Array | null = null;
  #frame = 0;

  /** @param zoomed is called back with the columns that the reader zooms to */
  constructor(data: FlashMapData, state: State, title: string, scale: MapScale, zoomed: (columns: number) => void) {
    this.#data = data;
    this.#scale = scale;
    this.#zoomed = zoomed;
    this.#state = state;
    this.#grid = gridOf(data.pages.count, 320, 32);
    this.#scroll = h(
      'div',
      {
        class: 'map-scroll',
        tabindex: 0,
        role: 'application',
        'aria-label': `${title}: one cell a page; arrow keys move, Enter selects, plus and minus zoom`,
        keydown: (event) => {
          this.#key(event as KeyboardEvent);
        },
      },
      this.#spacer,
      this.#canvas,
    );
    this.element = h(
      'section',
      { class: 'flash-map' },
      h(
        'header',
        { class: 'row' },
        h('h2', {}, title),
        h(
          'span',
          { class: 'tools' },
          this.#search(title),
          this.#button('−', 'Zoom out', 2),
          this.#button('+', 'Zoom in', 0.5),
        ),
      ),
      h('div', { class: 'overview', 'aria-hidden': 'true' }, this.#strip, this.#window),
      this.#scroll,
      this.#note,
    );
    this.#listen();
  }

  /** Marks the pages of a file, and brings that of its first block or the page of `offset` into view. */
  select(file: number | null, offset: number | null): void {
    const { pages, layout } = this.#data;
    this.#selected = null;
    let first = pages.count;
    let firstBlock = Infinity;
    if (file !== null) {
      const owner = layout.owners[file];
      const marks = new Uint8Array(pages.count);
      for (let at = 0; at < layout.pieces.length; at += PIECE) {
        if (layout.pieces[at + 2] !== owner) continue;
        const start = layout.pieces[at] ?? 0;
        const from = Math.floor(start / pages.pageSize);
        const to = Math.floor((start + (layout.pieces[at + 1] ?? 1) - 1) / pages.pageSize);
        marks.fill(1, from, to + 1);
        const block = layout.pieces[at + 3] ?? 0;
        if (block > firstBlock) continue;
        [first, firstBlock] = [from, block];
      }
      if (first < pages.count) this.#selected = marks;
    }
    const target = offset === null ? first : Math.floor(offset / pages.pageSize);
    if (target < pages.count) this.#goTo(target);
    else this.#redraw();
  }

  #button(text: string, label: string, factor: number): HTMLButtonElement {
    return h(
      'button',
      {
        type: 'button',
        title: label,
        'aria-label': label,
        click: () => {
          this.#zoom(factor);
        },
      },
      text,
    );
  }

  #search(title: string): HTMLElement {
    const field = h('input', {
      type: 'search',
      placeholder: 'Path or address',
      'aria-label': `Search the ${title.toLowerCase()} for a path or an address`,
    });
    return h(
      'form',
      {
        role: 'search',
        submit: (event) => {
          event.preventDefault();
          const { pages, layout, physBase } = this.#data;
          const place = findPlace(field.value, layout, physBase, pages, this.#state.selection.path);
          if (place === null) fill(this.#note, `Nothing found for "${field.value}"`);
          else this.#state.select(place);
        },
      },
      field,
    );
  }

  #listen(): void {
    this.#scroll.addEventListener('scroll', () => {
      this.#redraw();
    });
    this.#scroll.addEventListener(
      'wheel',
      (event) => {
        if (!event.ctrlKey && !event.metaKey) return;
        event.preventDefault();
        this.#zoom(event.deltaY < 0 ? 0.5 : 2, this.#pageAt(event.offsetX, event.offsetY));
      },
      { passive: false },
    );
    new PinchZoom(this.#canvas, (factor, x, y) => {
      this.#zoom(factor, this.#pageAt(x, y));
    });
    this.#canvas.addEventListener('mousemove', (event) => {
      const page = this.#pageAt(event.offsetX, event.offsetY);
      if (page !== null) this.#describe(page);
    });
    this.#canvas.addEventListener('mouseleave', () => {
      this.#describe(this.#cursor);
    });
    this.#canvas.addEventListener('click', (event) => {
      const page = this.#pageAt(event.offsetX, event.offsetY);
      if (page !== null) this.#choose(page);
    });
    this.#strip.addEventListener('click', (event) => {
      const share = event.offsetX / Math.max(1, this.#strip.clientWidth);
      this.#goTo(Math.min(this.#data.pages.count - 1, Math.floor(share * this.#data.pages.count)));
    });
    new ResizeObserver(() => {
      this.#layOut();
      this.#drawStrip();
    }).observe(this.element);
    onThemeChange(() => {
      this.#drawStrip();
      this.#redraw();
    });
  }

  #zoom(factor: number, around: number | null = this.#cursor): void {
    const [least, most] = columnLimits(this.#scroll.clientWidth);
    const columns = Math.max(least, Math.min(most, this.#grid.columns * factor));
    if (columns === this.#grid.columns) return;
    this.show(columns, around ?? this.#cursor);
    this.#zoomed(columns);
  }

  /** Shows so many columns, or as many as fit best; a page that is looked at stays where it is. */
  show(columns: number | null, page = this.#cursor): void {
    if (columns === this.#columns) return;
    const y = Math.floor(page / this.#grid.columns) * this.#grid.cellHeight - this.#scroll.scrollTop;
    this.#columns = columns;
    this.#layOut();
    this.#scroll.scrollTop = Math.floor(page / this.#grid.columns) * this.#grid.cellHeight - y;
    this.#redraw();
  }

  #layOut(): void {
    const width = this.#scroll.clientWidth;
    const { count } = this.#data.pages;
    const { most, height: available } = this.#scale;
    this.#grid = gridOf(count, width, this.#columnsIn(width, fittingGrid(most, width, available).columns));
    const height = this.#grid.rows * this.#grid.cellHeight;
    this.#spacer.style.height = `${String(height)}px`;
    this.#scroll.style.height = `${String(Math.min(available, height))}px`;
    this.#redraw();
  }

  /** The columns that were asked for, within what a width allows; `usual` where none were. */
  #columnsIn(width: number, usual: number): number {
    const [least, most] = columnLimits(width);
    if (this.#columns === null || Number.isNaN(this.#columns)) return usual;
    return Math.max(least, Math.min(most, 2 ** Math.round(Math.log2(Math.max(1, this.#columns)))));
  }

  #pageAt(x: number, y: number): number | null {
    return pageAt(this.#grid, this.#data.pages.count, x, y + this.#scroll.scrollTop);
  }

  #key(event: KeyboardEvent): void {
    const { columns } = this.#grid;
    const step = {
      ArrowLeft: -1,
      ArrowRight: 1,
      ArrowUp: -columns,
      ArrowDown: columns,
      PageUp: -columns * 8,
      PageDown: columns * 8,
      Home: -Infinity,
      End: Infinity,
    }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      this.#goTo(Math.max(0, Math.min(this.#data.pages.count - 1, this.#cursor + step)));
    } else if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      this.#choose(this.#cursor);
    } else if (event.key === '+' || event.key === '=') this.#zoom(0.5);
    else if (event.key === '-') this.#zoom(2);
  }

  #goTo(page: number): void {
    this.#cursor = page;
    const { columns, cellHeight } = this.#grid;
    const top = Math.floor(page / columns) * cellHeight;
    const { scrollTop, clientHeight } = this.#scroll;
    if (top < scrollTop || top + cellHeight > scrollTop + clientHeight) this.#scroll.scrollTop = top - clientHeight / 3;
    this.#describe(page);
    this.#redraw();
  }

  #choose(page: number): void {
    const { layout, pages } = this.#data;
    this.#cursor = page;
    const [piece] = piecesIn(layout, page * pages.pageSize, (page + 1) * pages.pageSize);
    const file = piece === undefined ? undefined : layout.pieces[piece * PIECE + 2];
    this.#state.select({
      path: file === undefined ? null : (layout.paths[file] ?? null),
      offset: page * pages.pageSize,
    });
  }

  /** What the page under the pointer or the cursor holds, in words. */
  #describe(page: number): void {
    const { pages, layout, physBase } = this.#data;
    fill(this.#note, pageWords(page, pages, layout, physBase));
  }

  /** Draws with the next frame, once however much changes. */
  #redraw(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  #draw(): void {
    const { clientWidth, clientHeight, scrollTop } = this.#scroll;
    const surface = openCanvas(this.#canvas, clientWidth, clientHeight);
    if (surface !== null) drawGrid(surface, this.#scene(), this.#grid, scrollTop, clientHeight);
    const all = this.#grid.rows * this.#grid.cellHeight;
    const share = (part: number): string => `${String((part / all) * 100)}%`;
    this.#window.hidden = all <= clientHeight;
    this.#window.style.left = share(scrollTop);
    this.#window.style.width = share(clientHeight);
  }

  #scene(): FlashScene {
    const { pages, physBase } = this.#data;
    return { pages, physBase, selected: this.#selected, cursor: this.#cursor };
  }

  /** The strip changes with the page's width and theme only. */
  #drawStrip(): void {
    const width = this.#strip.clientWidth;
    const surface = openCanvas(this.#strip, width, STRIP_HEIGHT);
    if (surface !== null) drawStrip(surface, this.#scene(), width);
  }
}

/** The legend: every tone that the maps have. */
export function legend(pages: readonly FlashPages[]): HTMLElement {
  return h('ul', { class: 'legend' }, ...tonesOf(pages).map((tone) => h('li', {}, swatch(tone), tone.title)));
}

/** A square in a tone's colour and hatching. */
export function swatch({ name }: Pick<Tone, 'name'>): HTMLElement {
  const hatched = TONES.some((tone) => tone.name === name && tone.hatched);
  return h('span', { class: `swatch tone-${name}${hatched ? ' hatched' : ''}` });
}
