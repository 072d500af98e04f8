/** The first lines of a report: whose image, which machine, four numbers, and the findings. */
import { decodeName, printableName } from '../../format/names.ts';
import { hex } from '../../base/hex.ts';
import { plural, size } from '../../base/words.ts';
import type { ReportFinding, ReportImage } from '../reportData.ts';
import type { ReportSession } from '../session.ts';
import { h } from './dom.ts';
import type { State } from './state.ts';

/** A number with its unit, what it is of, and a bar for a share from 0 to 1. */
interface Figure {
  readonly value: string;
  readonly what: string;
  readonly share: number | null;
}

/** The headline of a report. */
export function summary(session: ReportSession): HTMLElement {
  const { data } = session;
  const { cpu, memory, kernel } = session.board();
  return h(
    'header',
    { class: 'summary' },
    h('h1', {}, title(session)),
    h(
      'p',
      { class: 'muted' },
      `${baseName(data.name)} · ${size(data.fileBytes)} · ${kernel.name} on ${cpu.name}, ${size(cpu.pageSize)} pages, image at ${hex(memory.base)}`,
    ),
    severities(data.findings),
    h(
      'ul',
      { class: 'figures' },
      ...figures(data, memory.size).map(({ value, what, share }) =>
        h(
          'li',
          {},
          h('strong', {}, value),
          h('span', {}, what),
          h(
            'span',
            { class: 'bar', 'aria-hidden': 'true' },
            share === null ? null : h('span', { style: `width: ${String(Math.min(100, share * 100))}%` }),
          ),
        ),
      ),
    ),
  );
}

function figures({ files, numbers }: ReportImage, regionSize: number): Figure[] {
  const { imageBytes } = numbers;
  const programs = files.filter(({ run }) => run !== null);
  const starting = programs.filter(({ run }) => run?.outcome === 'runs').length;
  const share = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);
  const text = share(numbers.textDirectBytes, numbers.textBytes);
  const ram = numbers.ramBytes + numbers.ramSavedBytes;
  return [
    {
      value: `${String(starting)} of ${String(programs.length)}`,
      what: 'programs start',
      share: share(starting, programs.length),
    },
    {
      value: text === null ? '–' : `${String(Math.floor(text * 100))} %`,
      what: 'of program text runs from flash, as loaded',
      share: text,
    },
    { value: ofTotal(imageBytes, regionSize), what: 'flash used', share: share(imageBytes, regionSize) },
    {
      value: size(numbers.ramBytes),
      what: `RAM for file pages, ${size(numbers.ramSavedBytes)} saved`,
      share: share(numbers.ramBytes, ram),
    },
  ];
}

/** "836 of 896 KiB": the unit once where it is the same. */
function ofTotal(part: number, whole: number): string {
  const [value = '', unit] = size(part).split(' ');
  const all = size(whole);
  return `${all.endsWith(` ${unit ?? ''}`) ? value : size(part)} of ${all}`;
}

/** How many findings there are of each severity. */
function severities(list: readonly ReportFinding[]): HTMLElement {
  const counts = ORDER.map((severity) => {
    const count = list.filter((finding) => finding.severity === severity).length;
    return count === 0 ? null : h('span', { class: `severity ${severity}` }, plural(count, severity));
  });
  return h('p', { class: 'severities' }, ...(list.length === 0 ? ['No findings'] : counts));
}

const ORDER = ['error', 'warning', 'note'];

/** Findings grouped by rule: cause and fix once, the paths below lead into the map. */
export function findings(list: readonly ReportFinding[], state: State): HTMLElement {
  const groups = new Map<string, ReportFinding[]>();
  for (const finding of list) groups.set(finding.id, [...(groups.get(finding.id) ?? []), finding]);
  const sorted = [...groups.values()].sort(
    ([a], [b]) => ORDER.indexOf(a?.severity ?? '') - ORDER.indexOf(b?.severity ?? ''),
  );
  return h(
    'section',
    { class: 'findings' },
    h('h2', {}, 'Findings'),
    sorted.length === 0 ? h('p', { class: 'muted' }, 'None.') : null,
    ...sorted.map((group) => groupElement(group, state)),
  );
}

/** Findings of a group that are listed at first. */
const LISTED = 50;

function groupElement(group: readonly ReportFinding[], state: State): HTMLElement | null {
  const [first] = group;
  if (first === undefined) return null;
  const { severity } = first;
  const ofFiles = group.filter(({ path, offset }) => path !== null || offset !== null);
  return h(
    'details',
    { class: `finding ${severity}`, open: severity === 'error' && group.length === 1 },
    h(
      'summary',
      {},
      h('span', { class: `severity ${severity}` }, severity),
      ' ',
      h('strong', {}, first.title),
      h(
        'span',
        { class: 'muted' },
        group.length === 1
          ? first.path === null
            ? ''
            : ` · ${printableName(first.path)}`
          : ` · ${plural(group.length, 'finding')}`,
      ),
    ),
    h('p', {}, `${first.cause}.`),
    h('p', { class: 'fix' }, h('strong', {}, 'To fix: '), `${first.fix}.`),
    h('p', { class: 'muted mono' }, first.id),
    h(
      'ul',
      {},
      ...ofFiles.slice(0, LISTED).map(({ path, offset }) =>
        h(
          'li',
          {},
          h(
            'button',
            {
              type: 'button',
              class: 'link',
              click: () => {
                state.select({ path, offset });
              },
            },
            path === null ? `offset ${hex(offset ?? 0)}` : printableName(path),
          ),
        ),
      ),
      ofFiles.length > LISTED ? h('li', { class: 'muted' }, `and ${String(ofFiles.length - LISTED)} more`) : null,
    ),
  );
}

/** The volume's name without the NULs after it; the file's where it has none. */
function title(session: ReportSession): string {
  const { name } = session.image().superblock;
  const end = name.indexOf(0);
  const volume = printableName(decodeName(end === -1 ? name : name.subarray(0, end)));
  return volume === '' || volume === 'Compressed' ? baseName(session.data.name) : volume;
}

/** The last name of a path, to be shown. */
export const baseName = (name: string): string => printableName(name.slice(name.lastIndexOf('/') + 1));
