/** The pages of a mapping as a table, neighbours of the same kind folded into one row. */
import { hex } from '../base/hex.ts';
import { crcHex } from '../format/crc32.ts';
import type { MapVerdict, PageVerdict } from '../verdict/mapVerdict.ts';
import type { MapDetail } from '../verdict/request.ts';
import type { Style } from './style.ts';

interface Column {
  readonly title: string;
  readonly cell: (run: readonly PageVerdict[]) => string;
}

/** The table: a line with the titles, then one a run. */
export function pageList(
  { pages, rest }: Pick<MapVerdict, 'pages' | 'rest'>,
  pageSize: number,
  detail: MapDetail,
  style: Style,
): string[] {
  if (pages === null) return [];
  const columns = columnsFor(pageSize, detail);
  const cells = foldRuns(pages, pageSize).map((run) => columns.map((column) => column.cell(run)));
  if (rest !== null) {
    const last = rest.page + rest.pages - 1;
    cells.push([last === rest.page ? String(last) : `${String(rest.page)}-${String(last)}`, rest.kind]);
  }
  const widths = columns.map(({ title }, index) =>
    cells.reduce((widest, row) => Math.max(widest, row[index]?.length ?? 0), title.length),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd();
  return [style.faint(line(columns.map((column) => column.title))), ...cells.map(line)];
}

function columnsFor(pageSize: number, detail: MapDetail): Column[] {
  const columns: Column[] = [
    { title: 'page', cell: (run) => range(run, ({ page }) => String(page)) },
    { title: 'kind', cell: ([first]) => first?.kind ?? '' },
    {
      title: 'physical',
      cell: (run) => {
        const [first, last] = [run[0]?.phys ?? null, run[run.length - 1]?.phys ?? null];
        return first === null || last === null ? '' : `${hex(first)}-${hex(last + pageSize - 1)}`;
      },
    },
  ];
  if (detail.pages === true) columns.push({ title: 'stored as', cell: ([first]) => first?.source ?? '' });
  if (detail.crc === true) {
    const shown = (crc: number | null): string => (crc === null ? '-' : crcHex(crc));
    columns.push({ title: 'crc32', cell: ([first]) => shown(first?.crc ?? null) });
  }
  columns.push({ title: '', cell: ([first]) => (first?.foreign === true ? 'foreign memory' : '') });
  return columns;
}

function range(run: readonly PageVerdict[], show: (page: PageVerdict) => string): string {
  const [first] = run;
  const last = run[run.length - 1];
  if (first === undefined || last === undefined) return '';
  return first === last ? show(first) : `${show(first)}-${show(last)}`;
}

function foldRuns(pages: readonly PageVerdict[], pageSize: number): PageVerdict[][] {
  const runs: PageVerdict[][] = [];
  for (let at = 0; at < pages.length;) {
    const first = pages[at];
    if (first === undefined) break;
    let end = at + 1;
    for (let next = pages[end]; next !== undefined && continues(first, next, (end - at) * pageSize); next = pages[end])
      end++;
    runs.push(pages.slice(at, end));
    at = end;
  }
  return runs;
}

/** Whether the page `distance` bytes behind `first` goes on in the same way. */
function continues(first: PageVerdict, next: PageVerdict, distance: number): boolean {
  if (first.kind !== next.kind || first.source !== next.source || first.foreign !== next.foreign) return false;
  if (first.crc !== next.crc) return false;
  return first.phys === null ? next.phys === null : next.phys === first.phys + distance;
}
