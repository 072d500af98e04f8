/**
 * The flash map: an overview strip of the whole region, and a grid with one cell a page, addresses on one side and image
 * offsets on the other.
 */
import { printableName } from '../../format/names.ts';
import { hex } from '../../base/hex.ts';
import { size } from '../../base/words.ts';
import { TONES, toneIndex } from '../../report/palette.ts';
import type { FlashPages } from '../flashPages.ts';
import { type Layout, PIECE, piecesIn } from '../layout.ts';
import { fill, h, isDark, prepareCanvas } from './dom.ts';
import type { State } from './state.ts';

/** What the map shows. */
export interface FlashMapData {
  readonly pages: FlashPages;
  readonly layout: Layout;
  readonly physBase: number;
}

const STRIP_HEIGHT = 14;
const ADDRESS_WIDTH = 92;
const OFFSET_WIDTH = 76;
const MIN_CELL = 3;
const MAX_CELL = 28;
/** Height of the grid in CSS pixels; more rows scroll. */
const MAX_HEIGHT = 400;
const EMPTY = toneIndex('empty');
const PADDING = toneIndex('padding');

/** The map as an element, and how other views speak to it. */
export class FlashMap {
  readonly element: HTMLElement;
  readonly #canvas = h('canvas', { class: 'grid' });
  readonly #strip = h('canvas', { class: 'strip', 'aria-hidden': 'true' });
  readonly #scroll: HTMLElement;
  readonly #spacer = h('div', { class: 'spacer' });
  readonly #note = h('p', { class: 'note', 'aria-live': 'polite' });
  readonly #data: FlashMapData;
  readonly #state: State;
  /** Edge of a cell in CSS pixels, the gap included. */
  #cell = 9;
  /** Whether the reader has zoomed; until then cells fill the width. */
  #zoomed = false;
  #columns = 64;
  #cursor = 0;
  /** Pages of the selected file, as [first, last] runs. */
  #selected: readonly (readonly [number, number])[] = [];

  constructor(data: FlashMapData, state: State, title: string) {
    this.#data = data;
    this.#state = state;
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
          this.#button('−', 'Zoom out', () => {
            this.#zoom(-1);
          }),
          this.#button('+', 'Zoom in', () => {
            this.#zoom(1);
          }),
        ),
      ),
      this.#strip,
      this.#scroll,
      this.#note,
    );
    this.#scroll.addEventListener('scroll', () => {
      this.#draw();
    });
    this.#scroll.addEventListener(
      'wheel',
      (event) => {
        if (!event.ctrlKey && !event.metaKey) return;
        event.preventDefault();
        this.#zoom(event.deltaY < 0 ? 1 : -1);
      },
      { passive: false },
    );
    this.#canvas.addEventListener('mousemove', (event) => {
      const page = this.#pageAt(event);
      if (page !== null) this.#describe(page);
    });
    this.#canvas.addEventListener('mouseleave', () => {
      this.#describe(this.#cursor);
    });
    this.#canvas.addEventListener('click', (event) => {
      const page = this.#pageAt(event);
      if (page !== null) this.#choose(page);
    });
    this.#strip.addEventListener('click', (event) => {
      const share = event.offsetX / Math.max(1, this.#strip.clientWidth);
      this.#show(Math.floor(share * this.#data.pages.count));
    });
    new ResizeObserver(() => {
      this.#layOut();
    }).observe(this.element);
    window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
      this.#draw();
    });
  }

  /** Marks the pages of a file, and brings the first of them or the page of `offset` into view. */
  select(file: number | null, offset: number | null): void {
    const { pages, layout } = this.#data;
    const runs: [number, number][] = [];
    if (file !== null) {
      for (let at = 0; at < layout.pieces.length; at += PIECE) {
        if (layout.pieces[at + 2] !== file) continue;
        const start = layout.pieces[at] ?? 0;
        const first = Math.floor(start / pages.pageSize);
        const last = Math.floor((start + (layout.pieces[at + 1] ?? 1) - 1) / pages.pageSize);
        const previous = runs.at(-1);
        if (previous !== undefined && first <= previous[1] + 1) previous[1] = Math.max(previous[1], last);
        else runs.push([first, last]);
      }
    }
    this.#selected = runs;
    const target = offset === null ? runs[0]?.[0] : Math.floor(offset / pages.pageSize);
    if (target !== undefined) this.#show(target);
    else this.#draw();
  }

  #button(text: string, label: string, press: () => void): HTMLButtonElement {
    return h('button', { type: 'button', title: label, 'aria-label': label, click: press }, text);
  }

  #zoom(direction: number): void {
    this.#zoomed = true;
    this.#cell = Math.max(MIN_CELL, Math.min(MAX_CELL, this.#cell + direction * (this.#cell < 8 ? 1 : 3)));
    this.#layOut();
    this.#show(this.#cursor);
  }

  /** Rulers need room; narrow pages go without. */
  get #rulers(): boolean {
    return this.element.clientWidth >= 560;
  }

  #layOut(): void {
    const width = this.#scroll.clientWidth - (this.#rulers ? ADDRESS_WIDTH + OFFSET_WIDTH : 0);
    if (!this.#zoomed) this.#cell = usualCell(width, this.#data.pages.count);
    // A row is a whole number of 16 pages, so that rows are equal parts of erase blocks.
    const fit = Math.max(8, Math.floor(width / this.#cell));
    this.#columns = fit >= 16 ? fit - (fit % 16) : 8;
    const height = this.#rows * this.#cell;
    this.#spacer.style.height = `${String(height)}px`;
    this.#scroll.style.height = `${String(Math.min(MAX_HEIGHT, height + 2))}px`;
    this.#draw();
  }

  get #rows(): number {
    return Math.ceil(this.#data.pages.count / this.#columns);
  }

  #pageAt(event: MouseEvent): number | null {
    const left = this.#rulers ? ADDRESS_WIDTH : 0;
    const column = Math.floor((event.offsetX - left) / this.#cell);
    const row = Math.floor((event.offsetY + this.#scroll.scrollTop) / this.#cell);
    if (column < 0 || column >= this.#columns) return null;
    const page = row * this.#columns + column;
    return page < this.#data.pages.count ? page : null;
  }

  #key(event: KeyboardEvent): void {
    const step = {
      ArrowLeft: -1,
      ArrowRight: 1,
      ArrowUp: -this.#columns,
      ArrowDown: this.#columns,
      PageUp: -this.#columns * 8,
      PageDown: this.#columns * 8,
      Home: -Infinity,
      End: Infinity,
    }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      this.#show(Math.max(0, Math.min(this.#data.pages.count - 1, this.#cursor + step)));
    } else if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      this.#choose(this.#cursor);
    } else if (event.key === '+' || event.key === '=') this.#zoom(1);
    else if (event.key === '-') this.#zoom(-1);
  }

  #show(page: number): void {
    this.#cursor = page;
    const top = Math.floor(page / this.#columns) * this.#cell;
    const { scrollTop, clientHeight } = this.#scroll;
    if (top < scrollTop || top + this.#cell > scrollTop + clientHeight) this.#scroll.scrollTop = top - clientHeight / 3;
    this.#describe(page);
    this.#draw();
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
    const start = page * pages.pageSize;
    const found = piecesIn(layout, start, start + pages.pageSize, 4);
    const names = found.map((piece) => {
      const file = layout.pieces[piece * PIECE + 2] ?? 0;
      return `${printableName(layout.paths[file] ?? '')} block ${String(layout.pieces[piece * PIECE + 3] ?? 0)}`;
    });
    const tone = TONES[pages.tones[page] ?? EMPTY]?.title ?? '';
    const address = physBase === 0 ? '' : `${hex(physBase + start)} · `;
    fill(
      this.#note,
      `${address}offset ${hex(start)} · ${tone}${names.length === 0 ? '' : ` · ${names.slice(0, 3).join(', ')}${names.length > 3 ? ', …' : ''}`}`,
    );
  }

  #colour(tone: number): string {
    const { light = '', dark = '' } = TONES[tone] ?? {};
    return isDark() ? dark : light;
  }

  #draw(): void {
    this.#drawStrip();
    const { pages, physBase } = this.#data;
    const width = this.#scroll.clientWidth;
    const height = Math.min(this.#scroll.clientHeight, Math.max(this.#cell, this.#rows * this.#cell));
    const context = prepareCanvas(this.#canvas, width, height);
    if (context === null) return;
    const left = this.#rulers ? ADDRESS_WIDTH : 0;
    const top = this.#scroll.scrollTop;
    const styles = getComputedStyle(this.element);
    const muted = styles.getPropertyValue('--muted');
    const ink = styles.getPropertyValue('--ink');
    context.font = '12px ui-monospace, monospace';
    context.textBaseline = 'middle';
    const anySelected = this.#selected.length > 0;
    const firstRow = Math.floor(top / this.#cell);
    const lastRow = Math.min(this.#rows - 1, Math.floor((top + height) / this.#cell));
    let labelled = -Infinity;
    for (let row = firstRow; row <= lastRow; row++) {
      const y = row * this.#cell - top;
      if (this.#rulers && y - labelled >= 18 && y >= 0 && y + this.#cell <= height + 1) {
        labelled = y;
        const offset = row * this.#columns * pages.pageSize;
        context.fillStyle = muted;
        context.textAlign = 'right';
        const middle = Math.max(7, y + this.#cell / 2);
        context.fillText(physBase === 0 ? '' : hex(physBase + offset), ADDRESS_WIDTH - 10, middle);
        context.textAlign = 'left';
        context.fillText(offset === 0 ? '+0' : `+${size(offset)}`, left + this.#columns * this.#cell + 8, middle);
      }
      for (let column = 0; column < this.#columns; column++) {
        const page = row * this.#columns + column;
        if (page >= pages.count) break;
        this.#drawCell(context, page, left + column * this.#cell, y, anySelected);
      }
    }
    const [x, y] = [
      left + (this.#cursor % this.#columns) * this.#cell,
      Math.floor(this.#cursor / this.#columns) * this.#cell - top,
    ];
    context.strokeStyle = ink;
    context.lineWidth = 2;
    context.strokeRect(x, y, this.#cell - 1, this.#cell - 1);
  }

  #drawCell(context: CanvasRenderingContext2D, page: number, x: number, y: number, anySelected: boolean): void {
    const { pages } = this.#data;
    const tone = pages.tones[page] ?? EMPTY;
    const edge = this.#cell > 4 ? this.#cell - 1 : this.#cell;
    const isSelected = this.#selected.some(([first, last]) => page >= first && page <= last);
    context.globalAlpha = anySelected && !isSelected ? 0.5 : 1;
    const { hatched = false } = TONES[tone] ?? {};
    const solid =
      tone === EMPTY || tone === PADDING || edge < 6 ? edge : Math.max(2, ((pages.fill[page] ?? 0) / 255) * edge);
    if (solid < edge) {
      context.fillStyle = this.#colour(EMPTY);
      context.fillRect(x, y, edge, edge);
    }
    context.fillStyle = this.#colour(tone);
    if (hatched && edge >= 6) {
      context.globalAlpha *= 0.45;
      context.fillRect(x, y, edge, edge);
      context.globalAlpha = anySelected && !isSelected ? 0.5 : 1;
      context.strokeStyle = this.#colour(tone);
      context.lineWidth = 1;
      context.beginPath();
      context.moveTo(x, y + edge);
      context.lineTo(x + edge, y);
      context.stroke();
    } else context.fillRect(x, y + edge - solid, edge, solid);
    context.globalAlpha = 1;
  }

  #drawStrip(): void {
    const { pages } = this.#data;
    const width = this.#strip.clientWidth;
    const context = prepareCanvas(this.#strip, width, STRIP_HEIGHT);
    if (context === null) return;
    for (let x = 0; x < width; x++) {
      const from = Math.floor((x / width) * pages.count);
      const to = Math.max(from + 1, Math.floor(((x + 1) / width) * pages.count));
      const counts = new Uint32Array(TONES.length);
      for (let page = from; page < to; page++) {
        const tone = pages.tones[page] ?? EMPTY;
        counts[tone] = (counts[tone] ?? 0) + 1;
      }
      context.fillStyle = this.#colour(counts.indexOf(Math.max(...counts)));
      context.fillRect(x, 0, 1, STRIP_HEIGHT);
    }
    const seen = this.#rows * this.#cell;
    if (seen <= this.#scroll.clientHeight) return;
    context.strokeStyle = getComputedStyle(this.element).getPropertyValue('--ink');
    context.lineWidth = 2;
    const { scrollTop, clientHeight } = this.#scroll;
    context.strokeRect(
      (scrollTop / seen) * width + 1,
      1,
      Math.max(4, (clientHeight / seen) * width - 2),
      STRIP_HEIGHT - 2,
    );
  }
}

/** The largest cells with which all pages fit, from a row of 64 in the whole width down to what can still be seen. */
function usualCell(width: number, pages: number): number {
  const widest = Math.max(MIN_CELL, Math.min(MAX_CELL, Math.floor(width / (width < 400 ? 32 : 64))));
  for (let cell = widest; cell > 6; cell--) {
    const fit = Math.floor(width / cell);
    const columns = fit >= 16 ? fit - (fit % 16) : 8;
    if (Math.ceil(pages / columns) * cell <= MAX_HEIGHT) return cell;
  }
  return Math.min(widest, 6);
}

/** The legend: every tone that the map has. */
export function legend({ tones }: FlashPages): HTMLElement {
  const seen = new Set(tones);
  return h(
    'ul',
    { class: 'legend' },
    ...TONES.flatMap((tone, index) =>
      seen.has(index)
        ? [h('li', {}, h('span', { class: `swatch tone-${tone.name}${tone.hatched ? ' hatched' : ''}` }), tone.title)]
        : [],
    ),
  );
}
