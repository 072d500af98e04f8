/** The pages of a mapping on a canvas, the segments of a program above them, with a legend and the page that is pointed at. */
import { PAGE_STATES, pageState } from '../../report/palette.ts';
import { plural } from '../../base/words.ts';
import type { MapVerdict } from '../../verdict/mapVerdict.ts';
import {
  drawMapping,
  type MappingGrid,
  mappingGrid,
  mappingPageAt,
  type MappingScene,
  mappingScene,
} from '../draw/mappingPicture.ts';
import type { SegmentPages } from '../draw/segments.ts';
import { onThemeChange, openCanvas } from './canvas.ts';
import { fill, h } from './dom.ts';
import { swatch } from './flashMap.ts';

/** The picture as an element. */
export class MappingView {
  readonly element: HTMLElement;
  readonly #canvas = h('canvas', { class: 'cells', role: 'img' });
  readonly #note = h('p', { class: 'note', 'aria-live': 'polite' });
  readonly #legend = h('ul', { class: 'legend' });
  #scene: MappingScene | null = null;
  #grid: MappingGrid | null = null;
  #frame = 0;

  constructor() {
    this.element = h(
      'div',
      { class: 'vma' },
      h('div', { class: 'cells-scroll' }, this.#canvas),
      this.#legend,
      this.#note,
    );
    this.#canvas.addEventListener('mousemove', ({ offsetX, offsetY }) => {
      const page =
        this.#scene === null || this.#grid === null
          ? null
          : mappingPageAt(this.#grid, this.#scene.states.length, offsetX, offsetY);
      fill(this.#note, page === null ? '' : this.#words(page));
    });
    this.#canvas.addEventListener('mouseleave', () => {
      fill(this.#note);
    });
    new ResizeObserver(() => {
      this.#redraw();
    }).observe(this.element);
    onThemeChange(() => {
      this.#redraw();
    });
  }

  /** Shows a verdict. */
  show(verdict: MapVerdict, segments: readonly SegmentPages[]): void {
    const scene = mappingScene(verdict, segments);
    this.#scene = scene;
    this.element.hidden = scene === null;
    fill(this.#note);
    if (scene === null) return;
    const counts = new Map<string, number>();
    for (const state of scene.states) counts.set(state, (counts.get(state) ?? 0) + 1);
    const states = PAGE_STATES.filter(({ name }) => counts.has(name));
    const words = states.map(({ name, title }) => `${String(counts.get(name) ?? 0)} ${title}`);
    this.#canvas.setAttribute('aria-label', `Pages: ${words.join(', ')}`);
    const total = verdict.vmaPages ?? 0;
    fill(
      this.#legend,
      ...states.map(({ tone }, index) => h('li', {}, swatch({ name: tone }), words[index])),
      total > scene.states.length
        ? h('li', {}, `the first ${String(scene.states.length)} of ${plural(total, 'page')}`)
        : null,
    );
    this.#redraw();
  }

  #words(page: number): string {
    const scene = this.#scene;
    if (scene === null) return '';
    const { title } = pageState(scene.states[page] ?? 'paged');
    const segment = scene.segments[scene.segmentOf[page] ?? -1];
    const inSegment = segment === undefined ? '' : ` · segment ${segment.perms} ${segment.name}`;
    return `page ${String(scene.firstPage + page)} · ${title}${inSegment}`;
  }

  /** Draws with the next frame: what changes with the picture is laid out once. */
  #redraw(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  #draw(): void {
    const width = this.element.clientWidth;
    if (this.#scene === null || width === 0) return;
    this.#grid = mappingGrid(this.#scene, width);
    const surface = openCanvas(this.#canvas, width, this.#grid.height);
    if (surface !== null) drawMapping(surface, this.#scene, this.#grid);
  }
}
