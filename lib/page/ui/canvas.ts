/** A picture on a canvas, in the colours of the reader's theme. */
import { TONES, type Tone, toneNamed } from '../../report/palette.ts';
import type { Ink, Surface, TextLook } from '../draw/surface.ts';

/** Edge of a tile of hatching, in pixels. */
const TILE = 6;

const DARK = typeof window === 'undefined' ? null : window.matchMedia('(prefers-color-scheme: dark)');

/** Whether the page is shown in dark colours. */
export const isDark = (): boolean => DARK?.matches ?? false;

/** Calls back when the theme changes, also for print. */
export function onThemeChange(redraw: () => void): void {
  DARK?.addEventListener('change', redraw);
}

/** The colour of a tone in the theme that is shown. */
export function toneColour(name: Tone['name']): string {
  const { light, dark } = toneNamed(name);
  return isDark() ? dark : light;
}

/** Canvases that were drawn on before. */
const surfaces = new WeakMap<HTMLCanvasElement, CanvasSurface>();

/**
 * A canvas of so many CSS pixels, sharp on every screen, cleared; null where the browser has none.
 */
export function openCanvas(canvas: HTMLCanvasElement, width: number, height: number): CanvasSurface | null {
  const scale = window.devicePixelRatio || 1;
  const [wide, high] = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
  if (canvas.width !== wide) canvas.width = wide;
  if (canvas.height !== high) canvas.height = high;
  const styled = `${String(height)}px`;
  if (canvas.style.height !== styled) canvas.style.height = styled;
  let surface = surfaces.get(canvas);
  if (surface === undefined) {
    const context = canvas.getContext('2d');
    if (context === null) return null;
    surface = new CanvasSurface(context, canvas);
    surfaces.set(canvas, surface);
  }
  surface.clear(scale, width, height);
  return surface;
}

/** Draws at once. */
export class CanvasSurface implements Surface {
  readonly context: CanvasRenderingContext2D;
  readonly #element: Element;
  /** Colours and patterns of the theme that was shown when they were made. */
  readonly #fills = new Map<string, string | CanvasPattern>();
  #isDark = isDark();

  constructor(context: CanvasRenderingContext2D, element: Element) {
    this.context = context;
    this.#element = element;
  }

  /** An empty canvas, its units CSS pixels. */
  clear(scale: number, width: number, height: number): void {
    if (this.#isDark !== isDark()) this.#fills.clear();
    this.#isDark = isDark();
    this.context.setTransform(scale, 0, 0, scale, 0, 0);
    this.context.clearRect(0, 0, width, height);
  }

  tone(name: Tone['name'], x: number, y: number, width: number, height: number, opacity = 1): void {
    const { context } = this;
    context.globalAlpha = opacity;
    context.fillStyle = this.#fill(name);
    context.fillRect(x, y, width, height);
    context.globalAlpha = 1;
  }

  block(ink: Ink, x: number, y: number, width: number, height: number): void {
    this.context.fillStyle = this.#ink(ink);
    this.context.fillRect(x, y, width, height);
  }

  frame(ink: Ink, x: number, y: number, width: number, height: number): void {
    this.context.strokeStyle = this.#ink(ink);
    this.context.lineWidth = 2;
    this.context.strokeRect(x + 1, y + 1, width - 2, height - 2);
  }

  text(text: string, x: number, y: number, { ink, size, align = 'left', mono = false, bold = false }: TextLook): void {
    const { context } = this;
    context.font = `${bold ? '600 ' : ''}${String(size)}px ${mono ? "ui-monospace, 'DejaVu Sans Mono', monospace" : 'system-ui, sans-serif'}`;
    context.textBaseline = 'middle';
    context.textAlign = align;
    context.fillStyle = this.#ink(ink);
    context.fillText(text, x, y);
  }

  #ink(ink: Ink): string {
    const known = this.#fills.get(ink);
    if (typeof known === 'string') return known;
    const colour = getComputedStyle(this.#element).getPropertyValue(`--${ink}`).trim();
    this.#fills.set(ink, colour);
    return colour;
  }

  #fill(name: Tone['name']): string | CanvasPattern {
    const known = this.#fills.get(name);
    if (known !== undefined) return known;
    const colour = toneColour(name);
    const { hatched = false } = TONES.find((tone) => tone.name === name) ?? {};
    const fill = hatched ? (hatching(this.context, colour) ?? colour) : colour;
    this.#fills.set(name, fill);
    return fill;
  }
}

/** Diagonal lines on a quieter ground. */
function hatching(context: CanvasRenderingContext2D, colour: string): CanvasPattern | null {
  const tile = document.createElement('canvas');
  tile.width = TILE;
  tile.height = TILE;
  const on = tile.getContext('2d');
  if (on === null) return null;
  on.fillStyle = colour;
  on.globalAlpha = 0.45;
  on.fillRect(0, 0, TILE, TILE);
  on.globalAlpha = 1;
  on.strokeStyle = colour;
  on.lineWidth = 1.5;
  on.beginPath();
  for (const shift of [-TILE, 0, TILE]) {
    on.moveTo(shift, TILE);
    on.lineTo(shift + TILE, 0);
  }
  on.stroke();
  return context.createPattern(tile, 'repeat');
}
