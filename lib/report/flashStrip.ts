/** The bytes of an image as one strip of cells for a terminal, with its legend. */
import type { Account } from '../inspect/account.ts';
import { cellRow } from './cellRow.ts';
import { flashPages, packAccount } from './flashPages.ts';
import { TONES } from './palette.ts';
import { type Style, wrap } from './style.ts';
import { size } from '../base/words.ts';

const CELLS = 64;
const INDENT = 2;
/** Cells are whole multiples of this many bytes, of large files and of small ones. */
const STEP = 1024;
const SMALL_STEP = 64;

/** The strip and its legend, at most `width` columns wide; nothing for an empty file. */
export function flashStrip(account: Account, width: number, style: Style): string[] {
  const room = Math.max(8, Math.min(CELLS, width - INDENT));
  const step = account.fileBytes > room * STEP ? STEP : SMALL_STEP;
  const bytesPerCell = Math.ceil(account.fileBytes / room / step) * step;
  if (bytesPerCell === 0) return [];
  const { tones } = flashPages(packAccount(account), 0, bytesPerCell);
  const strip = Array.from(tones, (index) => TONES[index]).filter((tone) => tone !== undefined);
  const seen = TONES.filter((tone) => strip.includes(tone));
  const legend = seen.map(({ name, cell, title }) => `${cellRow([{ tone: name, cell }], style)} ${title}`);
  const words = `${legend.join(', ')}; each cell is ${size(bytesPerCell)}`;
  const indent = ' '.repeat(INDENT);
  return [
    `${indent}${cellRow(
      strip.map(({ name, cell }) => ({ tone: name, cell })),
      style,
    )}`,
    `${indent}${wrap(words, width - INDENT, indent)}`,
  ];
}
