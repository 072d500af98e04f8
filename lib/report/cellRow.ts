/** A row of cells on a terminal. */
import type { Tone } from './palette.ts';
import type { Style } from './style.ts';

/** A cell and its tone. */
export interface Cell {
  readonly tone: Tone['name'];
  readonly cell: string;
}

/** Cells next to each other, those of a tone painted together. */
export function cellRow(cells: readonly Cell[], style: Style): string {
  let row = '';
  for (let at = 0; at < cells.length;) {
    const { tone = 'empty' } = cells[at] ?? {};
    let text = '';
    for (; cells[at]?.tone === tone; at++) text += cells[at]?.cell ?? '';
    row += style.tone(tone, text);
  }
  return row;
}
