/** The files of an audit in tables: programs with what their segments come to, and data that is mapped from flash. */
import type { AuditedFile, AuditedSegment, AuditResult } from '../../audit/result.ts';
import { shownPath } from '../../format/shownPath.ts';
import type { MapState } from '../../verdict/mapVerdict.ts';
import type { Style } from '../style.ts';
import { hasMmuByName } from '../fixPlace.ts';
import { table } from '../table.ts';
import { size } from '../../base/words.ts';

/** Rows of a table; the JSON has all. */
const MAX_ROWS = 100;

type StateNames = Readonly<Record<MapState, string>>;
const STATES: StateNames = { pfnmap: 'PFNMAP', mixedmap: 'MIXEDMAP', none: 'paged' };
/** Without an MMU there are no page tables: a mapping is in place, or a copy. */
const NOMMU_STATES: StateNames = { pfnmap: 'in place', mixedmap: 'in part', none: 'copied' };
/** From best to worst. */
const ORDER: readonly MapState[] = ['pfnmap', 'mixedmap', 'none'];

/** Direct pages or blocks of all, and what a mapping comes to. */
interface Share {
  readonly direct: number;
  readonly all: number;
  readonly state: MapState | null;
}

/** The tables, each with a title, what costs most first; none for an image without such files. */
export function filesTables({ files, board }: AuditResult, style: Style, width: number): string[] {
  const hasMmu = hasMmuByName(board);
  const states = hasMmu ? STATES : NOMMU_STATES;
  const needs = ['text', 'rodata', 'relro', 'data', hasMmu ? 'bss' : 'stack'];
  const cells = (file: AuditedFile): string[] => programCells(file, states);
  const programs = files.filter(isProgram).sort((a, b) => ramOf(b) - ramOf(a));
  const others = files
    .filter((file) => !isProgram(file) && file.directBlocks > 0)
    .sort((a, b) => b.directBlocks - a.directBlocks);
  const needy = programs.filter((file) => ramOf(file) > 0);
  return [
    ...titled('pages from flash, as loaded', ['text', 'rodata', 'RAM', 'flash'], programs, cells, style, width),
    ...titled('who needs the RAM', needs, needy, ramCells, style, width),
    ...titled('other files in flash', ['blocks', 'size'], others, (file) => otherCells(file, states), style, width),
  ];
}

/** Bytes of RAM for what is mapped of files; 0 for what does not run. */
const ramOf = ({ run }: AuditedFile): number => (run?.outcome === 'runs' ? run.ramBytes : 0);

/** What a program needs RAM for: copies of pages that could be in flash, then pages of its own. */
function ramCells({ run }: AuditedFile): string[] {
  if (run === null) return [];
  const { text, rodata, relro, data, bss } = run.ram;
  return [text, rodata, relro, data, bss].map((bytes) => (bytes === 0 ? '-' : size(bytes)));
}

/** Whether a file is a program, a script included, or a library. */
function isProgram({ segments, run }: AuditedFile): boolean {
  return segments.length > 0 || run !== null;
}

function titled(
  title: string,
  columns: readonly string[],
  files: readonly AuditedFile[],
  cellsOf: (file: AuditedFile) => readonly string[],
  style: Style,
  width: number,
): string[] {
  if (files.length === 0) return [];
  const shown = files.slice(0, MAX_ROWS);
  const rows = shown.map((file) => [`  ${shownPath(file.path)}`, ...cellsOf(file)]);
  const more = files.length - shown.length;
  return [
    '',
    ...(oneLineEach(title, columns, rows, style, width) ?? twoLinesEach(title, columns, rows, style)),
    ...(more === 0 ? [] : [`  and ${String(more)} more (--format json has all)`]),
  ];
}

/** A table whose first line is its title; null where it is too wide. */
function oneLineEach(
  title: string,
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  style: Style,
  width: number,
): string[] | null {
  const [head = '', ...lines] = table([[title, ...columns], ...rows], '');
  if ([head, ...lines].some((line) => line.length > width)) return null;
  return [
    `${style.strong(title)}${style.faint(head.slice(title.length))}`,
    ...lines.map((line) => painted(line, style)),
  ];
}

/** The same with each path on a line of its own. */
function twoLinesEach(
  title: string,
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  style: Style,
): string[] {
  const [head = '', ...lines] = table([['', ...columns], ...rows.map(([, ...cells]) => ['', ...cells])]);
  return [
    style.strong(title),
    style.faint(head),
    ...rows.flatMap(([path = ''], index) => [path, painted(lines[index] ?? '', style)]),
  ];
}

function programCells({ segments, run }: AuditedFile, states: StateNames): string[] {
  return [
    shareText(shareOf(segments.filter(({ kind }) => kind === 'text')), states),
    shareText(shareOf(segments.filter(({ kind }) => kind === 'rodata')), states),
    run?.outcome === 'runs' ? size(run.ramBytes) : '-',
    run?.outcome === 'runs' ? size(run.flashBytes) : '-',
  ];
}

function otherCells({ blocks, directBlocks, state, size: bytes }: AuditedFile, states: StateNames): string[] {
  return [shareText({ direct: directBlocks, all: blocks, state }, states), size(bytes)];
}

/** Segments taken together: all pages, and the worst state. */
function shareOf(segments: readonly AuditedSegment[]): Share | null {
  if (segments.length === 0) return null;
  const sum = (value: (segment: AuditedSegment) => number): number =>
    segments.reduce((total, segment) => total + value(segment), 0);
  const states = segments.map(({ state }) => state);
  const worst = ORDER.findLast((state) => states.includes(state)) ?? null;
  return {
    direct: sum(({ directPages }) => directPages),
    all: sum(({ pages }) => pages),
    state: states.includes(null) ? null : worst,
  };
}

function shareText(share: Share | null, states: StateNames): string {
  if (share === null) return '-';
  const state = share.state === null ? 'fails' : states[share.state];
  return `${String(share.direct)}/${String(share.all)} ${state.padEnd(8)}`;
}

/** Colours the states of a row; paths are left alone, as they have no such thing behind a number in them often. */
function painted(row: string, style: Style): string {
  return row.replace(
    /((\d+)\/(\d+)) (PFNMAP|MIXEDMAP|paged|fails|in place|in part|copied)/g,
    (_, share: string, direct: string, all: string, state: string) => {
      const isWhole = direct === all && state !== 'fails';
      const paint = isWhole ? style.good : state === 'MIXEDMAP' || state === 'in part' ? style.fair : style.bad;
      return `${share} ${paint(state)}`;
    },
  );
}
