/** A profile as text: per file and in total, and what of the captures did not count. */
import { printableName } from '../../format/names.ts';
import type { CaptureKind, CaptureReport, Dropped } from '../../profile/capture.ts';
import type { FileIndex } from '../../profile/fileIndex.ts';
import type { CaptureResult } from '../../profile/readCaptures.ts';
import { type FileUse, useRuns } from '../../profile/useProfile.ts';
import { columns } from '../table.ts';
import { plural, size } from '../../base/words.ts';

const KINDS: Readonly<Record<CaptureKind, string>> = {
  trace: 'trace',
  perf: 'perf script',
  maps: 'maps',
  smaps: 'smaps',
  axfs: 'AXFS profile',
  csv: 'CSV',
  json: 'JSON',
};

/** What does not count, in the order in which it is listed. */
const DROPPED: readonly (readonly [keyof Dropped, (n: number) => string])[] = [
  ['otherDevices', (n) => `${plural(n, 'line')} about other devices or anonymous memory`],
  ['writable', (n) => `${plural(n, 'writable mapping')}: the pages are copied to RAM anyway`],
  ['unknownFiles', (n) => `${plural(n, 'line')} about files that are not in the image`],
  ['pastEnd', (n) => `${plural(n, 'page')} past end of file`],
  [
    'unknownOffsets',
    (n) => `${plural(n, 'mapping')} at physical addresses where the image has no page of the file (--phys?)`,
  ],
  ['untouched', (n) => `${plural(n, 'mapping')} without a page in RAM`],
  ['onlyRead', (n) => `${plural(n, 'page')} that ${n === 1 ? 'was' : 'were'} only read, not mapped`],
  [
    'broughtAlong',
    (n) =>
      `${plural(n, 'page')} that came into RAM and ${n === 1 ? 'was' : 'were'} not mapped (read ahead, or read by the kernel)`,
  ],
  ['otherEvents', (n) => plural(n, 'other event')],
];

/** Runs of pages that a row shows. */
const MAX_RUNS = 4;

/** The whole report. */
export function profileText({ profile, reports }: CaptureResult, files: FileIndex): string {
  const rows = profile.paths.map((path) => fileRow(path, profile.of(path), files));
  const { pages, uses } = profile.totals;
  const lines = [
    ...columns([['used', 'of', 'uses', 'first', 'file', 'pages'], ...rows]),
    '',
    `total   ${plural(pages, 'page')} (${size(pages * files.pageSize)}) of ${plural(profile.paths.length, 'file')}; ${usesText(uses)} uses`,
    ...reports.map(captureText),
  ];
  return `${lines.join('\n')}\n`;
}

function fileRow(path: string, file: FileUse, files: FileIndex): string[] {
  const runs = useRuns(file);
  const uses = [...file.values()].reduce((sum, use) => sum + use.uses, 0);
  const first = runs.reduce<number | null>(
    (least, { firstUse }) => (firstUse === null ? least : Math.min(least ?? firstUse, firstUse)),
    null,
  );
  const shown = mergedRuns(file).map(([from, to]) => (from === to ? String(from) : `${from}-${to}`));
  const rest = shown.length - MAX_RUNS;
  const pages = rest > 0 ? `${shown.slice(0, MAX_RUNS).join(' ')} +${rest}` : shown.join(' ');
  const of = files.byPath(path)?.pages;
  return [
    printableName(path),
    String(file.size),
    of === undefined ? '' : String(of),
    usesText(uses),
    first === null ? '' : String(first),
    pages,
  ];
}

/** Runs of used pages, however often each was used. */
function mergedRuns(file: FileUse): [number, number][] {
  const runs: [number, number][] = [];
  for (const page of [...file.keys()].sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last !== undefined && last[1] + 1 === page) last[1] = page;
    else runs.push([page, page]);
  }
  return runs;
}

const usesText = (uses: number): string => String(Math.round(uses * 10) / 10);

/** What a capture was, and what of it did not count. */
export function captureText(report: CaptureReport): string {
  const { name, kind, device, pages, dropped, unknownLines, firstUnknown } = report;
  const about = device === null ? '' : `, device ${device}`;
  const notes = DROPPED.filter(([key]) => dropped[key] > 0).map(([key, text]) => `ignored: ${text(dropped[key])}`);
  if (report.faultAround > 0) {
    notes.push(`fault-around (up to 16 pages at a time): ${plural(report.faultAround, 'event')}, not counted as use`);
  }
  if (report.inLongRuns > 0) {
    notes.push(
      `${plural(report.inLongRuns, 'page')} came in runs of 16 or more: read-ahead, or a file read as a whole; ` +
        'not all of them need be in use (Linux 6.11 and newer can record mm_filemap_fault, which shows it)',
    );
  }
  if (report.lostEvents > 0) {
    notes.push(
      `the kernel lost events ${plural(report.lostEvents, 'time')}: record again with a larger buffer_size_kb`,
    );
  }
  if (unknownLines > 0 && firstUnknown !== null) {
    const { line, text } = firstUnknown;
    notes.push(`${plural(unknownLines, 'line')} not understood, first line ${line}: ${printableName(text)}`);
  }
  const lines = [
    `${printableName(name)}: ${KINDS[kind]}, ${plural(report.lines, 'line')}${about}: ${plural(pages, 'used page')}`,
    ...notes.map((note) => `  ${note}`),
  ];
  return lines.join('\n');
}
