/** Stills for documents: the flash map of an image, and the pages of a mapping. */
import { hex } from '../../base/hex.ts';
import { printableName } from '../../format/names.ts';
import type { FlashPages } from '../../report/flashPages.ts';
import { heading } from '../../report/mapFrame.ts';
import { verdictSentence } from '../../report/mapText.ts';
import { PAGE_STATES, type Tone } from '../../report/palette.ts';
import { NO_COLOURS, wrap } from '../../report/style.ts';
import { size } from '../../base/words.ts';
import type { Board } from '../../verdict/board.ts';
import type { MapVerdict } from '../../verdict/mapVerdict.ts';
import { drawGrid, drawStrip, fittingGrid, type FlashScene, STRIP_HEIGHT, tonesOf } from './flashPicture.ts';
import { drawMapping, mappingGrid, mappingScene, MAX_PAGES } from './mappingPicture.ts';
import { segmentsOf } from './segments.ts';
import { SvgSurface } from './svg.ts';
import type { Surface } from './surface.ts';

const WIDTH = 800;
const MARGIN = 20;
const INNER = WIDTH - 2 * MARGIN;
/** Height that a grid should fit into; more pages make a taller picture. */
const GRID_HEIGHT = 480;
/** Letters of the body's font in a line, about. */
const LINE = 105;
/** Width of a letter of the legend, about. */
const LETTER = 6.5;
const LINE_HEIGHT = 20;

/** An image of a still. */
export interface RegionOfStill {
  /** "root.cramfs". */
  readonly name: string;
  readonly board: Board;
  readonly pages: FlashPages;
}

/** The flash maps of images, one above the other, as SVG. */
export function regionStill(regions: readonly RegionOfStill[]): string {
  const surface = new SvgSurface();
  let y = MARGIN;
  for (const { name, board, pages } of regions) {
    const { memory, kernel, cpu } = board;
    y = drawHeading(surface, printableName(name), y);
    y = drawLines(
      surface,
      `${size(memory.size)} of flash at ${hex(memory.base)}; ${kernel.name} on ${cpu.name}, ${size(cpu.pageSize)} pages`,
      y,
    );
    const scene: FlashScene = { pages, physBase: memory.base, selected: null, cursor: null };
    const grid = fittingGrid(pages.count, INNER, GRID_HEIGHT);
    drawStrip(moved(surface, MARGIN, y + 4), scene, INNER);
    y += STRIP_HEIGHT + 14;
    drawGrid(moved(surface, MARGIN, y), scene, grid, 0, grid.rows * grid.cellHeight);
    y += grid.rows * grid.cellHeight + MARGIN;
  }
  y = drawLegend(
    surface,
    tonesOf(regions.map(({ pages }) => pages)).map(({ name, title }) => [name, title]),
    y,
  );
  return surface.file(WIDTH, y, `Flash map of ${regions.map(({ name }) => printableName(name)).join(' and ')}`);
}

/** The pages of a mapping as SVG; the verdict's sentence alone where nothing is mapped. */
export function mappingStill(verdict: MapVerdict, board: Board): string {
  const surface = new SvgSurface();
  const path = printableName(verdict.path);
  let y = drawHeading(surface, path, MARGIN);
  for (const line of heading(verdict, NO_COLOURS, LINE).slice(1)) y = drawLines(surface, line, y);
  y += 4;
  y = drawLines(surface, verdictSentence(verdict, NO_COLOURS), y, 'ink');
  const scene = mappingScene(verdict, segmentsOf(board, verdict.path));
  if (scene !== null) {
    const grid = mappingGrid(scene, INNER);
    y += 8;
    drawMapping(surface, scene, grid, MARGIN, y);
    y += grid.height + 10;
    const total = verdict.vmaPages ?? 0;
    if (total > MAX_PAGES) y = drawLines(surface, `the first ${String(MAX_PAGES)} of ${String(total)} pages`, y);
    const states = PAGE_STATES.filter(({ name }) => scene.states.includes(name));
    y = drawLegend(
      surface,
      states.map(({ tone, title }) => [tone, title]),
      y,
    );
  }
  return surface.file(WIDTH, scene === null ? y + MARGIN : y, `Pages of ${path}`);
}

function drawHeading(surface: Surface, text: string, y: number): number {
  surface.text(text, MARGIN, y + 8, { ink: 'ink', size: 16, bold: true });
  return y + 26;
}

/** Text of as many lines as it takes. */
function drawLines(surface: Surface, text: string, y: number, ink: 'ink' | 'muted' = 'muted'): number {
  const lines = wrap(text, LINE, '').split('\n');
  lines.forEach((line, index) => {
    surface.text(line, MARGIN, y + 8 + index * LINE_HEIGHT, { ink, size: 14 });
  });
  return y + lines.length * LINE_HEIGHT + 2;
}

function drawLegend(surface: Surface, entries: readonly (readonly [Tone['name'], string])[], y: number): number {
  let x = MARGIN;
  let line = y;
  for (const [tone, title] of entries) {
    const width = 20 + title.length * LETTER + 18;
    if (x + width > WIDTH - MARGIN + 18) {
      x = MARGIN;
      line += LINE_HEIGHT;
    }
    surface.tone(tone, x, line, 13, 13);
    surface.text(title, x + 20, line + 7, { ink: 'muted', size: 13 });
    x += width;
  }
  return line + 13 + MARGIN;
}

/** A surface whose origin is at (left, top) of another. */
function moved(surface: Surface, left: number, top: number): Surface {
  return {
    tone: (name, x, y, width, height, opacity) => {
      surface.tone(name, x + left, y + top, width, height, opacity);
    },
    block: (ink, x, y, width, height) => {
      surface.block(ink, x + left, y + top, width, height);
    },
    frame: (ink, x, y, width, height) => {
      surface.frame(ink, x + left, y + top, width, height);
    },
    text: (text, x, y, look) => {
      surface.text(text, x + left, y + top, look);
    },
  };
}
