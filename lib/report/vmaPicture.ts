/** A mapping as text: one cell a page, or several pages a cell where it would get too tall. */
import type { MapVerdict } from '../verdict/mapVerdict.ts';
import { cellRow } from './cellRow.ts';
import { PAGE_STATES, pageState, type PageState } from './palette.ts';
import { type Style, wrap } from './style.ts';

const MAX_CELLS_PER_ROW = 64;
const MAX_ROWS = 16;
/** Equal rows that are folded into one and a "*", as hexdump does. */
const FOLDED_ROWS = 3;

/** The rows of the picture and its legend, at most `width` columns wide; nothing for a mapping all of one kind. */
export function vmaPicture(verdict: MapVerdict, width: number, style: Style): string[] {
  const pages = verdict.vmaPages ?? 0;
  const direct = verdict.directPages ?? 0;
  const behind = verdict.pagesBehindEnd ?? 0;
  if ([direct, behind, pages - direct - behind].filter((count) => count > 0).length < 2) return [];
  const labelWidth = String(pages).length;
  const room = width - labelWidth - 1;
  const cellsPerRow = Math.max(8, Math.min(MAX_CELLS_PER_ROW, room - (room % 8)));
  const pagesPerCell = Math.ceil(pages / (cellsPerRow * MAX_ROWS));
  const seen = new Set<PageState['name']>();
  const cells: PageState[] = [];
  for (let page = 0; page < pages; page += pagesPerCell) {
    const state = stateOf(verdict, page, Math.min(page + pagesPerCell, pages), pages - behind);
    seen.add(state.name);
    cells.push(state);
  }
  const rows: string[] = [];
  for (let at = 0; at < cells.length; at += cellsPerRow) rows.push(cellRow(cells.slice(at, at + cellsPerRow), style));
  const used = PAGE_STATES.filter((state) => seen.has(state.name)).map(
    (state) => `${cellRow([state], style)} ${state.title}`,
  );
  const scale = pagesPerCell === 1 ? [] : [`each cell is ${String(pagesPerCell)} pages`];
  return [
    ...labelled(rows, labelWidth, cellsPerRow * pagesPerCell),
    ...wrap([...used, ...scale].join(', '), width - labelWidth - 1, '')
      .split('\n')
      .map((line) => `${' '.repeat(labelWidth)} ${line}`),
  ];
}

/** What the pages [from, to) are, as one cell; pages from `end` on are past the end of the file. */
function stateOf(verdict: MapVerdict, from: number, to: number, end: number): PageState {
  let direct = 0;
  for (const run of verdict.direct) {
    direct += Math.max(0, Math.min(to, run.page + run.pages) - Math.max(from, run.page));
  }
  const name = direct === to - from ? 'direct' : direct > 0 ? 'partly' : from >= end ? 'past' : 'paged';
  return pageState(name);
}

/** Puts the number of its first page before each row, and folds rows that are the same. */
function labelled(rows: readonly string[], labelWidth: number, pagesPerRow: number): string[] {
  const lines: string[] = [];
  for (let at = 0; at < rows.length;) {
    const row = rows[at] ?? '';
    let next = at + 1;
    while (rows[next] === row) next++;
    const folded = next - at >= FOLDED_ROWS;
    const shown = folded ? at + 1 : next;
    for (let index = at; index < shown; index++)
      lines.push(`${String(index * pagesPerRow).padStart(labelWidth)} ${row}`);
    if (folded) lines.push(`${'*'.padStart(labelWidth)} (${String(next - at - 1)} more rows like this one)`);
    at = next;
  }
  return lines;
}
