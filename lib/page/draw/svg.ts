/** A picture as an SVG file: text of the file system is escaped, light and dark follow the reader's setting. */
import { TONES, type Tone } from '../../report/palette.ts';
import type { Ink, Surface, TextLook } from './surface.ts';

/** Colours besides the tones, in the light and the dark theme; the page's style sheet has the same. */
const INKS: Readonly<Record<Ink, readonly [light: string, dark: string]>> = {
  ink: ['#1b1f24', '#e8eaed'],
  muted: ['#59616b', '#a2abb5'],
  paper: ['#fcfcfa', '#14171b'],
  line: ['#e1e4e8', '#31373e'],
};

/** Collects a picture. */
export class SvgSurface implements Surface {
  readonly #parts: string[] = [];
  readonly #hatched = new Set<Tone['name']>();

  tone(name: Tone['name'], x: number, y: number, width: number, height: number, opacity = 1): void {
    const hatched = TONES.some((tone) => tone.name === name && tone.hatched);
    if (hatched) this.#hatched.add(name);
    const look = hatched ? `fill="url(#hatched-${name})"` : `class="${name}"`;
    this.#rect(look, x, y, width, height, opacity === 1 ? '' : ` opacity="${String(opacity)}"`);
  }

  block(ink: Ink, x: number, y: number, width: number, height: number): void {
    this.#rect(`class="${ink}"`, x, y, width, height);
  }

  frame(ink: Ink, x: number, y: number, width: number, height: number): void {
    this.#rect(`class="${ink}-frame"`, x + 1, y + 1, width - 2, height - 2);
  }

  text(text: string, x: number, y: number, { ink, size, align = 'left', mono = false, bold = false }: TextLook): void {
    const anchor = { left: '', center: ' text-anchor="middle"', right: ' text-anchor="end"' }[align];
    const classes = `${ink}${mono ? ' mono' : ''}${bold ? ' bold' : ''}`;
    this.#parts.push(
      `<text x="${short(x)}" y="${short(y + size * 0.35)}" font-size="${String(size)}" class="${classes}"${anchor}>${escaped(text)}</text>`,
    );
  }

  /** The file, so many pixels large. `title`: what it shows, for readers that do not see it. */
  file(width: number, height: number, title: string): string {
    const rules = (theme: 0 | 1): string =>
      [
        ...TONES.map((tone) => `.${tone.name}{fill:${theme === 0 ? tone.light : tone.dark}}`),
        ...Object.entries(INKS).map(
          ([ink, colours]) =>
            `.${ink}{fill:${colours[theme]}}.${ink}-frame{fill:none;stroke-width:2;stroke:${colours[theme]}}`,
        ),
      ].join('');
    const patterns = [...this.#hatched].map(
      (name) =>
        `<pattern id="hatched-${name}" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="5" height="5" class="${name}" opacity="0.45"/><rect width="2" height="5" class="${name}"/></pattern>`,
    );
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${String(width)} ${String(height)}" width="${String(width)}" height="${String(height)}" role="img">`,
      `<title>${escaped(title)}</title>`,
      `<style>text{font-family:system-ui,sans-serif;font-variant-numeric:tabular-nums}.mono{font-family:ui-monospace,'DejaVu Sans Mono',monospace}.bold{font-weight:600}${rules(0)}@media (prefers-color-scheme:dark){${rules(1)}}</style>`,
      ...(patterns.length === 0 ? [] : [`<defs>${patterns.join('')}</defs>`]),
      `<rect width="${String(width)}" height="${String(height)}" class="paper"/>`,
      ...this.#parts,
      '</svg>',
      '',
    ].join('\n');
  }

  #rect(look: string, x: number, y: number, width: number, height: number, more = ''): void {
    this.#parts.push(
      `<rect x="${short(x)}" y="${short(y)}" width="${short(width)}" height="${short(height)}" ${look}${more}/>`,
    );
  }
}

const short = (value: number): string => String(Math.round(value * 100) / 100);

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text for XML, which knows no control characters and no lone surrogates. */
function escaped(text: string): string {
  return text
    .replaceAll(/[&<>"]/g, (letter) => ENTITIES[letter] ?? '')
    .replaceAll(/[^\t\n\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd');
}
