/** What pictures are drawn on: a canvas in a page, or an SVG file. */
import type { Tone } from '../../report/palette.ts';

/** Colours besides the tones: text, text of less weight, the background, thin lines. */
export type Ink = 'ink' | 'muted' | 'paper' | 'line';

/** How text is drawn. Its y is the middle of the line. */
export interface TextLook {
  readonly ink: Ink;
  /** Font size in pixels. */
  readonly size: number;
  readonly align?: 'left' | 'right' | 'center' | undefined;
  readonly mono?: boolean | undefined;
  readonly bold?: boolean | undefined;
}

/** Lengths are pixels, y grows downwards. */
export interface Surface {
  /** A filled rectangle; hatched tones are hatched. `opacity` is 0 to 1. */
  tone(name: Tone['name'], x: number, y: number, width: number, height: number, opacity?: number): void;
  /** A filled rectangle without hatching. */
  block(ink: Ink, x: number, y: number, width: number, height: number): void;
  /** The edge of a rectangle, two pixels thick, inside it. */
  frame(ink: Ink, x: number, y: number, width: number, height: number): void;
  text(text: string, x: number, y: number, look: TextLook): void;
}
