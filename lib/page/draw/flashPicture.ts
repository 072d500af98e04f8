/**
 * The flash map as a picture: a strip of the whole region, and a grid with one cell a page. The same code draws the page's
 * canvas and stills.
 */
import { hex } from '../../base/hex.ts';
import type { FlashPages } from '../../report/flashPages.ts';
import { TONES, type Tone, toneIndex } from '../../report/palette.ts';
import { size } from '../../base/words.ts';
import type { Surface } from './surface.ts';

/** Height of the strip in pixels. */
export const STRIP_HEIGHT = 14;
/** Below this width there is no room for addresses and offsets. */
const RULERS_FROM = 560;
const ADDRESS_WIDTH = 92;
const OFFSET_WIDTH = 76;
/** Font of the rulers, and the distance of their lines. */
const RULER_FONT = 12;
const RULER_STEP = 20;
const MIN_CELL = 3;
const MAX_CELL = 24;
/** Cells below this edge have no gaps and are not filled in part. */
const DETAILED_CELL = 6;
const FADED = 0.4;
const EMPTY = toneIndex('empty');
const PADDING = toneIndex('padding');

/** Where the cells of a grid are. Pixels. */
export interface Grid {
  /** A power of two, so that rows are round numbers of bytes. */
  readonly columns: number;
  readonly rows: number;
  /** Width of a cell, with a fraction: the columns fill the width. */
  readonly cellWidth: number;
  /** Height of a cell, a whole number. */
  readonly cellHeight: number;
  /** Left edge of the grid. */
  readonly left: number;
  readonly rulers: boolean;
}

/** What is drawn. */
export interface FlashScene {
  readonly pages: FlashPages;
  /** Physical address of the first page; 0 for none. */
  readonly physBase: number;
  /** 1 for pages that are selected; null where nothing is. */
  readonly selected: Uint8Array | null;
  /** The page with the cursor; null for none. */
  readonly cursor: number | null;
}

/** The grid of so many columns in a width. */
export function gridOf(pages: number, width: number, columns: number): Grid {
  const rulers = width >= RULERS_FROM;
  const left = rulers ? ADDRESS_WIDTH : 0;
  const cellWidth = (width - (rulers ? ADDRESS_WIDTH + OFFSET_WIDTH : 0)) / columns;
  return {
    columns,
    rows: Math.ceil(pages / columns),
    cellWidth,
    cellHeight: Math.max(MIN_CELL, Math.round(cellWidth)),
    left,
    rulers,
  };
}

/** The fewest columns that a width may have, and the most. */
export function columnLimits(width: number): readonly [number, number] {
  const inner = width >= RULERS_FROM ? width - ADDRESS_WIDTH - OFFSET_WIDTH : width;
  return [8, Math.max(8, 2 ** Math.floor(Math.log2(inner / MIN_CELL)))];
}

/** The grid with the largest cells with which all pages fit into a height; where they cannot, cells that are easy to see. */
export function fittingGrid(pages: number, width: number, height: number): Grid {
  const [least, most] = columnLimits(width);
  let readable: Grid | null = null;
  for (let columns = least; columns <= most; columns *= 2) {
    const grid = gridOf(pages, width, columns);
    if (grid.cellWidth > MAX_CELL) continue;
    if (grid.cellWidth < DETAILED_CELL) break;
    readable = grid;
    if (grid.rows * grid.cellHeight <= height) break;
  }
  return readable ?? gridOf(pages, width, most);
}

/** The page at a point of the grid, `y` from its first row; null where there is none. */
export function pageAt(
  { columns, cellWidth, cellHeight, left }: Grid,
  pages: number,
  x: number,
  y: number,
): number | null {
  const column = Math.floor((x - left) / cellWidth);
  if (column < 0 || column >= columns || y < 0) return null;
  const page = Math.floor(y / cellHeight) * columns + column;
  return page < pages ? page : null;
}

/** Draws the rows of a grid that are within [top, top + height), its first visible row at y = 0. */
export function drawGrid(surface: Surface, scene: FlashScene, grid: Grid, top: number, height: number): void {
  const { pages } = scene;
  const { columns, rows, cellHeight } = grid;
  const firstRow = Math.max(0, Math.floor(top / cellHeight));
  const lastRow = Math.min(rows - 1, Math.floor((top + height - 1) / cellHeight));
  let labelled = -Infinity;
  for (let row = firstRow; row <= lastRow; row++) {
    const y = row * cellHeight - top;
    if (grid.rulers && y >= 0 && y - labelled >= RULER_STEP && y + cellHeight <= height + 1) {
      labelled = y;
      drawRuler(surface, scene, grid, row, y);
    }
    drawRow(surface, scene, grid, row * columns, Math.min(pages.count, (row + 1) * columns), y);
  }
  if (cellHeight >= DETAILED_CELL) drawGaps(surface, grid, firstRow, lastRow, top);
  const { cursor } = scene;
  if (cursor !== null) {
    const [from, to] = edges(grid, cursor % columns);
    const y = Math.floor(cursor / columns) * cellHeight - top;
    if (y > -cellHeight && y < height) surface.frame('ink', from - 1, y - 1, to - from + 1, cellHeight + 1);
  }
}

/** Left and right edge of a column, on whole pixels. */
function edges({ left, cellWidth }: Grid, column: number, count = 1): readonly [number, number] {
  return [left + Math.round(column * cellWidth), left + Math.round((column + count) * cellWidth)];
}

function drawRuler(surface: Surface, { pages, physBase }: FlashScene, grid: Grid, row: number, y: number): void {
  const offset = row * grid.columns * pages.pageSize;
  const middle = Math.max(RULER_FONT / 2 + 1, y + grid.cellHeight / 2);
  const look = { ink: 'muted', size: RULER_FONT, mono: true } as const;
  if (physBase !== 0) surface.text(hex(physBase + offset), grid.left - 10, middle, { ...look, align: 'right' });
  const [, right] = edges(grid, grid.columns - 1);
  surface.text(offset === 0 ? '+0' : `+${size(offset)}`, right + 8, middle, look);
}

/** The cells of a row: those next to each other that look the same are one rectangle. */
function drawRow(surface: Surface, scene: FlashScene, grid: Grid, first: number, end: number, y: number): void {
  const { pages, selected } = scene;
  const height = grid.cellHeight;
  const detailed = height >= DETAILED_CELL;
  for (let page = first; page < end;) {
    const tone = pages.tones[page] ?? EMPTY;
    const isWhole = !detailed || tone === EMPTY || tone === PADDING;
    const fill = isWhole ? 255 : (pages.fill[page] ?? 0);
    const mark = selected?.[page];
    let next = page + 1;
    while (
      next < end &&
      (pages.tones[next] ?? EMPTY) === tone &&
      (isWhole || (pages.fill[next] ?? 0) === fill) &&
      selected?.[next] === mark
    )
      next++;
    const [from, to] = edges(grid, page - first, next - page);
    const opacity = mark === 0 ? FADED : 1;
    const solid = fill === 255 ? height : Math.max(2, Math.round((fill / 255) * height));
    if (solid < height) surface.tone('padding', from, y, to - from, height - solid, opacity);
    surface.tone(nameOf(tone), from, y + height - solid, to - from, solid, opacity);
    page = next;
  }
}

/** Lines of the background between cells. */
function drawGaps(surface: Surface, grid: Grid, firstRow: number, lastRow: number, top: number): void {
  const y = firstRow * grid.cellHeight - top;
  const height = (lastRow - firstRow + 1) * grid.cellHeight;
  for (let column = 0; column < grid.columns; column++) {
    surface.block('paper', edges(grid, column)[1] - 1, y, 1, height);
  }
  const [, right] = edges(grid, grid.columns - 1);
  for (let row = firstRow; row <= lastRow; row++) {
    surface.block('paper', grid.left, (row + 1) * grid.cellHeight - 1 - top, right - grid.left, 1);
  }
}

const nameOf = (tone: number): Tone['name'] => TONES[tone]?.name ?? 'empty';

/** Draws the whole region as a strip: of each pixel's pages the tone that most have. */
export function drawStrip(surface: Surface, { pages }: FlashScene, width: number, y = 0): void {
  const counts = new Uint32Array(TONES.length);
  const toneOf = (x: number): number => {
    const from = Math.floor((x / width) * pages.count);
    const to = Math.max(from + 1, Math.floor(((x + 1) / width) * pages.count));
    counts.fill(0);
    let best = EMPTY;
    for (let page = from; page < to; page++) {
      const tone = pages.tones[page] ?? EMPTY;
      const count = (counts[tone] ?? 0) + 1;
      counts[tone] = count;
      if (count > (counts[best] ?? 0)) best = tone;
    }
    return best;
  };
  for (let x = 0; x < width;) {
    const tone = toneOf(x);
    let end = x + 1;
    while (end < width && toneOf(end) === tone) end++;
    surface.tone(nameOf(tone), x, y, end - x, STRIP_HEIGHT);
    x = end;
  }
}

/** The tones that a region has, in the order of legends. */
export function tonesOf(all: readonly FlashPages[]): Tone[] {
  const seen = new Set(all.flatMap(({ tones }) => [...new Set(tones)]));
  return TONES.filter((_tone, index) => seen.has(index));
}
