/** The pages of a mapping as a picture: cells in rows, the segments of a program as brackets above them. */
import { type PageState, pageState } from '../../report/palette.ts';
import type { MapVerdict } from '../../verdict/mapVerdict.ts';
import type { SegmentPages } from './segments.ts';
import type { Surface } from './surface.ts';

/** Pages that are drawn; the rest of longer mappings is left out. */
export const MAX_PAGES = 4096;

const GAP = 2;
const ROW_GAP = 6;
const BRACKET = 20;
const FONT = 11;
/** Width of a letter of the brackets' names, about. */
const LETTER = 6.3;

/** What is drawn. Pages of the mapping, from 0. */
export interface MappingScene {
  readonly states: readonly PageState['name'][];
  /** Of each page the index in `segments`, or -1. */
  readonly segmentOf: readonly number[];
  readonly segments: readonly SegmentPages[];
  /** Page of the file that the first page maps. */
  readonly firstPage: number;
}

/** Where the cells are. Pixels. */
export interface MappingGrid {
  readonly columns: number;
  readonly cell: number;
  readonly rowHeight: number;
  /** From a row's top to its cells. */
  readonly above: number;
  readonly height: number;
}

/** The picture of a verdict; null where nothing is mapped. */
export function mappingScene(verdict: MapVerdict, segments: readonly SegmentPages[]): MappingScene | null {
  if (verdict.kind !== 'mapped') return null;
  const { vmaPages: pages } = verdict;
  const shown = Math.min(pages, MAX_PAGES);
  const end = pages - verdict.pagesBehindEnd;
  const states = Array.from({ length: shown }, (_, page): PageState['name'] => (page >= end ? 'past' : 'paged'));
  for (const run of verdict.direct)
    for (let page = run.page; page < Math.min(shown, run.page + run.pages); page++) states[page] = 'direct';
  const firstPage = verdict.offset / verdict.pageSize;
  return {
    states,
    segments,
    firstPage,
    segmentOf: states.map((_, page) =>
      segments.findIndex(({ from, to }) => firstPage + page >= from && firstPage + page < to),
    ),
  };
}

/** The grid of a picture in a width: large cells for few pages. */
export function mappingGrid({ states, segmentOf }: MappingScene, width: number): MappingGrid {
  const cell = [16, 12, 9, 7].find((edge) => Math.ceil(states.length / columnsOf(edge, width)) <= 4) ?? 7;
  const columns = columnsOf(cell, width);
  const above = segmentOf.some((segment) => segment !== -1) ? BRACKET : 0;
  const rowHeight = above + Math.round(cell * 1.3) + ROW_GAP;
  return { columns, cell, above, rowHeight, height: Math.ceil(states.length / columns) * rowHeight };
}

const columnsOf = (cell: number, width: number): number => {
  const fit = Math.max(8, Math.floor((width + GAP) / (cell + GAP)));
  return fit - (fit % 8);
};

/** The page at a point; null where there is none. */
export function mappingPageAt(grid: MappingGrid, count: number, x: number, y: number): number | null {
  const column = Math.floor(x / (grid.cell + GAP));
  const page = Math.floor(y / grid.rowHeight) * grid.columns + column;
  return column >= 0 && column < grid.columns && page >= 0 && page < count ? page : null;
}

/** Draws the picture with its top left corner at (left, top). */
export function drawMapping(surface: Surface, scene: MappingScene, grid: MappingGrid, left = 0, top = 0): void {
  const { states } = scene;
  const pitch = grid.cell + GAP;
  for (let first = 0; first < states.length; first += grid.columns) {
    const y = top + (first / grid.columns) * grid.rowHeight;
    const end = Math.min(states.length, first + grid.columns);
    if (grid.above > 0) drawBrackets(surface, scene, grid, first, end, left, y);
    for (let page = first; page < end; page++) {
      const { tone } = pageState(states[page] ?? 'paged');
      const height = grid.rowHeight - grid.above - ROW_GAP;
      surface.tone(tone, left + (page - first) * pitch, y + grid.above, grid.cell, height);
    }
  }
}

/** Brackets above the pages [first, end) of a row; the name where it has room. */
function drawBrackets(
  surface: Surface,
  { segmentOf, segments }: MappingScene,
  { cell, above }: MappingGrid,
  first: number,
  end: number,
  left: number,
  y: number,
): void {
  const pitch = cell + GAP;
  for (let page = first; page < end;) {
    const segment = segmentOf[page] ?? -1;
    let next = page + 1;
    while (next < end && segmentOf[next] === segment) next++;
    if (segment !== -1) {
      const from = left + (page - first) * pitch;
      const to = left + (next - first) * pitch - GAP;
      const line = y + above - 5;
      surface.block('muted', from, line, to - from, 1);
      surface.block('muted', from, line, 1, 3);
      surface.block('muted', to - 1, line, 1, 3);
      const room = Math.floor((to - from) / LETTER);
      const { name = '', perms = '' } = segments[segment] ?? {};
      const text = [`${perms} ${name}`, perms].find(({ length }) => length <= room);
      if (text !== undefined) surface.text(text, from, y + 7, { ink: 'muted', size: FONT });
    }
    page = next;
  }
}
