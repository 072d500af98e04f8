/** The treemap of the files on a canvas; a thread lays it out. */
import { printableName } from '../../format/names.ts';
import { size } from '../../base/words.ts';
import { BOX, type Treemap } from '../treemap.ts';
import { isDark, onThemeChange, openCanvas, toneColour } from './canvas.ts';
import { fill, h } from './dom.ts';
import type { FileRow, Measure } from '../fileRows.ts';
import type { TreemapRequest } from './layoutWorker.ts';

/** Has a treemap laid out. */
export type AskTreemap = (request: TreemapRequest) => Promise<Treemap>;

const HEIGHT = 340;
const FONT = '12px system-ui, sans-serif';
/** The least box that has a name in it. */
const NAMED_WIDTH = 48;
const NAMED_HEIGHT = 20;
const FADED = 0.45;

/** The treemap as an element. */
export class TreemapView {
  readonly element: HTMLElement;
  readonly #rows: readonly FileRow[];
  readonly #ask: AskTreemap;
  readonly #canvas = h('canvas', {
    class: 'treemap',
    role: 'img',
    'aria-label': 'Treemap of the files; the table lists the same',
  });
  readonly #tip = h('p', { class: 'note', 'aria-live': 'polite' });
  #shown: readonly FileRow[] = [];
  #measure: Measure = 'flash';
  #width = 0;
  #asked = 0;
  #treemap: Treemap = { boxes: new Float64Array(0), heads: [] };
  #selected: string | null = null;

  constructor(rows: readonly FileRow[], ask: AskTreemap, choose: (path: string) => void) {
    this.#rows = rows;
    this.#ask = ask;
    this.element = h('div', {}, this.#canvas, this.#tip);
    this.#canvas.addEventListener('mousemove', (event) => {
      const row = this.#rowAt(event);
      fill(this.#tip, row === undefined ? '' : `${printableName(row.path)} · ${size(row[this.#measure])}`);
    });
    this.#canvas.addEventListener('mouseleave', () => {
      fill(this.#tip);
    });
    this.#canvas.addEventListener('click', (event) => {
      const path = this.#rowAt(event)?.path;
      if (path !== undefined) choose(path);
    });
    new ResizeObserver(() => {
      if (this.#canvas.clientWidth !== this.#width) this.show(this.#shown, this.#measure);
    }).observe(this.element);
    onThemeChange(() => {
      this.#paint();
    });
  }

  /** Shows these files, their areas by a measure. */
  show(rows: readonly FileRow[], measure: Measure): void {
    this.#shown = rows;
    this.#measure = measure;
    this.#width = this.#canvas.clientWidth;
    if (this.#width === 0) return;
    const asked = ++this.#asked;
    void this.#ask({
      indices: Uint32Array.from(rows, ({ index }) => index),
      bytes: Float64Array.from(rows, (row) => row[measure]),
      width: this.#width,
      height: HEIGHT,
    }).then((treemap) => {
      // Answers to what is no longer asked are late.
      if (asked !== this.#asked) return;
      this.#treemap = treemap;
      this.#paint();
    });
  }

  /** Marks a file. */
  select(path: string | null): void {
    this.#selected = path;
    this.#paint();
  }

  #paint(): void {
    const context = this.#width === 0 ? undefined : openCanvas(this.#canvas, this.#width, HEIGHT)?.context;
    if (context === undefined) return;
    const { boxes, heads } = this.#treemap;
    const dark = isDark();
    const [direct, paged, rest] = [toneColour('direct'), toneColour('zlib'), toneColour('padding')];
    const anySelected = this.#shown.some(({ path }) => path === this.#selected);
    context.font = FONT;
    context.textBaseline = 'middle';
    for (let at = 0; at < boxes.length; at += BOX) {
      const [x0 = 0, y0 = 0, x1 = 0, y1 = 0, index = -1] = boxes.subarray(at, at + BOX);
      const row = this.#rows[index];
      const faded = anySelected && row?.path !== this.#selected;
      context.globalAlpha = faded ? FADED : 1;
      context.fillStyle = row === undefined ? rest : row.direct > 0 ? direct : paged;
      context.fillRect(x0, y0, x1 - x0, y1 - y0);
      context.globalAlpha = 1;
      if (x1 - x0 < NAMED_WIDTH || y1 - y0 < NAMED_HEIGHT) continue;
      // Black reads on every tone but the light theme's blue at full strength; in the dark theme faded tones need white.
      const onBlue = row !== undefined && row.direct > 0 && !dark && !faded;
      context.fillStyle = onBlue || (dark && faded) ? '#fff' : '#000';
      const name = row === undefined ? 'smaller files' : row.path.slice(row.path.lastIndexOf('/') + 1);
      clipped(context, printableName(name), x0 + 5, y0 + 11, x1 - 3);
    }
    context.fillStyle = getComputedStyle(this.#canvas).getPropertyValue('--muted');
    for (const { name, left, top, right } of heads) clipped(context, printableName(name), left + 2, top + 9, right - 2);
  }

  #rowAt({ offsetX, offsetY }: MouseEvent): FileRow | undefined {
    const { boxes } = this.#treemap;
    for (let at = 0; at < boxes.length; at += BOX) {
      const [x0 = 0, y0 = 0, x1 = 0, y1 = 0, index = -1] = boxes.subarray(at, at + BOX);
      if (offsetX >= x0 && offsetX < x1 && offsetY >= y0 && offsetY < y1) return this.#rows[index];
    }
    return undefined;
  }
}

/** Text cut short with an ellipsis before a right edge. */
function clipped(context: CanvasRenderingContext2D, text: string, x: number, y: number, right: number): void {
  let shown = text;
  while (shown.length > 1 && context.measureText(shown).width > right - x) shown = `${shown.slice(0, -2)}…`;
  if (shown.length > 2 || shown === text) context.fillText(shown, x, y);
}
