/** A mapping as text: one cell a page, or several pages a cell where it would get too tall. */
import type { MapVerdict } from '../verdict/mapVerdict.ts';

const CELLS_PER_ROW = 64;
const MAX_ROWS = 16;

type Cell = '#' | '.' | '-' | '+';
const LEGEND: Readonly<Record<Cell, string>> = {
  '#': 'direct',
  '.': 'paged',
  '-': 'behind the end of the file',
  '+': 'direct and paged',
};

/** The rows of the picture and its legend; nothing for a mapping all of one kind. */
export function vmaPicture(verdict: MapVerdict): string[] {
  const pages = verdict.vmaPages ?? 0;
  const cells = pageCells(verdict, pages);
  if (new Set(cells).size < 2) return [];
  const perCell = Math.ceil(pages / (CELLS_PER_ROW * MAX_ROWS));
  const folded = perCell === 1 ? cells : fold(cells, perCell);
  const rows: string[] = [];
  const perRow = CELLS_PER_ROW * perCell;
  const labelWidth = String(pages).length;
  for (let at = 0; at < folded.length; at += CELLS_PER_ROW) {
    const label = String((at / CELLS_PER_ROW) * perRow).padStart(labelWidth);
    rows.push(`${label} ${folded.slice(at, at + CELLS_PER_ROW).join('')}`);
  }
  const used = (['#', '+', '.', '-'] as const).filter((cell) => folded.includes(cell));
  const scale = perCell === 1 ? '' : `; each cell is ${String(perCell)} pages`;
  rows.push(`${' '.repeat(labelWidth)} ${used.map((cell) => `${cell} ${LEGEND[cell]}`).join('  ')}${scale}`);
  return rows;
}

function pageCells(verdict: MapVerdict, pages: number): Cell[] {
  const cells = new Array<Cell>(pages).fill('.');
  cells.fill('-', pages - (verdict.pagesBehindEnd ?? 0));
  for (const run of verdict.direct) cells.fill('#', run.page, run.page + run.pages);
  return cells;
}

function fold(cells: readonly Cell[], perCell: number): Cell[] {
  const folded: Cell[] = [];
  for (let at = 0; at < cells.length; at += perCell) {
    const group = cells.slice(at, at + perCell);
    const [first = '.'] = group;
    const same = group.every((cell) => cell === first);
    folded.push(same ? first : group.includes('#') ? '+' : '.');
  }
  return folded;
}
