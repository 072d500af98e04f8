/** An audit for people: what was found, file by file; where the flash goes; what runs from it; and what that comes to. */
import { hex } from '../../base/hex.ts';
import { cpuText } from '../cpuText.ts';
import type { AuditNumbers, AuditResult } from '../../audit/result.ts';
import { addToTotals, type AuditedImage, NO_TOTALS } from '../../audit/run.ts';
import { plainLine } from '../../format/escapedNames.ts';
import { printableName } from '../../format/names.ts';
import { shownPath } from '../../format/shownPath.ts';
import { diagnosisLineText } from '../diagnosisWords.ts';
import { ACCOUNT_WORDS } from '../infoText.ts';
import { type Style, wrap } from '../style.ts';
import { table } from '../table.ts';
import { percent, plural, size } from '../../base/words.ts';
import { countsText, findingCounts } from './counts.ts';
import { filesTables } from './filesText.ts';
import { type FindingGroup, groupFindings } from './findingGroups.ts';
import type { AuditReporter } from './reporter.ts';

/** Columns of the labels below a finding, and of those of the totals. */
const FINDING_LABEL = 8;
const TOTAL_LABEL = 11;
const KIB = 1024;

export const textReport: AuditReporter = async function* (images, { images: ofRun, style, width, notes }) {
  let totals = NO_TOTALS;
  const rows: string[][] = [];
  for await (const image of images) {
    if (ofRun > 1) rows.push(closingRow(image));
    yield `${totals.images === 0 ? '' : '\n'}${imageText(image, style, width, notes)}`;
    totals = addToTotals(totals, image);
  }
  if (rows.length > 0) yield `\n${closingTable(rows, style, width)}`;
  if (ofRun > 1) yield `\n${wrap(countsText(totals, style), width, '  ')}\n`;
};

/** Image and errors. */
const LEAST_COLUMNS = 2;
const CLOSING = ['image', 'errors', 'warnings', 'notes', 'size', 'XIP text', 'RAM', 'RAM saved'];

/** One line for each image of a run, with as many columns as there is room for. */
function closingTable(rows: readonly (readonly string[])[], style: Style, width: number): string {
  const cut = (columns: number): string[] =>
    table(
      [CLOSING, ...rows].map((row) => row.slice(0, columns)),
      '',
    );
  let columns = CLOSING.length;
  while (columns > LEAST_COLUMNS && cut(columns).some((line) => line.length > width)) columns -= 1;
  const [head = '', ...lines] = cut(columns);
  return `${[style.strong(head), ...lines].join('\n')}\n`;
}

function closingRow({ image, result }: AuditedImage): string[] {
  if (result === null) return [printableName(image), 'no audit'];
  const { counts, numbers } = result;
  return [
    printableName(image),
    ...[counts.error, counts.warning, counts.note].map(String),
    size(numbers.imageBytes),
    percent(numbers.textDirectBytes, numbers.textBytes),
    size(numbers.ramBytes),
    size(numbers.ramSavedBytes),
  ];
}

function imageText(
  { image, diagnosis, result, error }: AuditedImage,
  style: Style,
  width: number,
  notes: boolean,
): string {
  const name = printableName(image);
  if (result === null)
    return `${wrap(`${style.strong(name)}: ${style.bad('no audit')}: ${plainLine(error.message)}`, width, '  ')}\n`;
  const lines = [
    // One line, so that its command can be pasted.
    ...(diagnosis === null ? [] : [style.bad(plainLine(`${name}: ${diagnosisLineText(diagnosis)}`)), '']),
    style.strong(name),
    ...wrap(boardText(result), width, '').split('\n').map(style.faint),
    ...findingLines(result, style, width, notes),
    ...suppressedLines(result, style, width),
    ...flashLines(result, style),
    ...filesTables(result, style, width),
    '',
    style.strong('in all'),
    ...totalLines(result.numbers, style, width),
    '',
    wrap(`${style.strong(name)}: ${verdict(result, style)}`, width, '  '),
  ];
  return `${lines.join('\n')}\n`;
}

function boardText({ board, imageOffset }: AuditResult): string {
  const { kernel, pageSize, physBase } = board;
  const base = physBase === 0 ? 'image at no physical address' : `image at ${hex(physBase)}`;
  const within = imageOffset === 0 ? '' : `, byte ${String(imageOffset)} of the file`;
  return `${kernel} on ${cpuText(board)}, ${size(pageSize)} pages, ${base}${within}`;
}

/** Places of a rule that are listed; the JSON has all of them. */
const LISTED_PLACES = 20;

/** The findings, grouped by rule; notes are counted unless they are wanted. */
function findingLines(result: AuditResult, style: Style, width: number, notes: boolean): string[] {
  const groups = groupFindings(result);
  const shown = groups.filter(({ severity }) => notes || severity !== 'note');
  const folded = groups.filter((group) => !shown.includes(group));
  const lines = shown.flatMap((group) => ['', ...groupLines(group, style, width)]);
  const unseen = Object.entries(result.omitted).filter(([id]) => !groups.some((group) => group.id === id));
  if (unseen.length > 0) lines.push('', ...unseen.map(([id, count]) => `and ${String(count)} more: ${id}`));
  if (folded.length > 0) lines.push('', `${style.strong('notes')}${style.faint(' (--notes shows details)')}`);
  for (const { id, count, places } of folded) {
    const first = places[0]?.path ?? null;
    const others = count > 1 ? ` and ${String(count - 1)} more` : '';
    const where = first === null ? others : `: ${shownPath(first)}${others}`;
    lines.push(`  ${wrap(`${style.faint('note   ')} ${id}${where}`, width, ' '.repeat(10), 2)}`);
  }
  return lines;
}

/** A rule: what it found, once, and where. */
function groupLines(group: FindingGroup, style: Style, width: number): string[] {
  const { id, severity, title, count, cause, fix, places } = group;
  const paint = { error: style.bad, warning: style.fair, note: style.faint }[severity];
  const many = count === 1 ? '' : style.faint(` · ${plural(count, 'finding')}`);
  const row = (name: string, text: string, indent: number): string => {
    const hanging = indent + FINDING_LABEL;
    return `${' '.repeat(indent)}${style.faint(name.padEnd(FINDING_LABEL))}${wrap(text, width, ' '.repeat(hanging), hanging)}`;
  };
  const lines = [
    wrap(`${paint(severity.padEnd(7))} ${style.strong(title)} ${style.faint(`(${id})`)}${many}`, width, ' '.repeat(8)),
    ...(cause === null ? [] : [row('why', cause, 2)]),
    ...(fix === null ? [] : [row('to fix', fix, 2)]),
  ];
  for (const { path, offset, causes, fixes } of places.slice(0, LISTED_PLACES)) {
    const at = offset === null ? '' : style.faint(` at byte ${String(offset)}, ${hex(offset)}`);
    const where = path === null ? (offset === null ? '' : 'the image') : shownPath(path);
    if (where !== '') lines.push(`  ${wrap(`${where}${at}`, width - 2, '    ')}`);
    lines.push(...causes.map((each) => row('why', each, 4)), ...fixes.map((each) => row('to fix', each, 4)));
  }
  const rest = count - places.slice(0, LISTED_PLACES).length;
  if (places.length > LISTED_PLACES) lines.push(style.faint(`  and ${String(rest)} more`));
  return lines;
}

function suppressedLines({ suppressed }: AuditResult, style: Style, width: number): string[] {
  const lines: string[] = [];
  const reasons = new Map<string, number>();
  for (const { by, reason } of suppressed) {
    const why = by === 'baseline' ? 'in the baseline' : `exception: ${reason ?? ''}`;
    reasons.set(why, (reasons.get(why) ?? 0) + 1);
  }
  if (reasons.size > 0) lines.push('', style.strong('suppressed'));
  for (const [why, count] of reasons) {
    lines.push(`  ${wrap(`${plural(count, 'finding')}, ${printableName(why)}`, width - 2, '  ')}`);
  }
  return lines;
}

function flashLines({ numbers }: AuditResult, style: Style): string[] {
  const { flash, fileBytes } = numbers;
  const rows = flash.map(({ label, bytes }) => [ACCOUNT_WORDS[label], String(bytes), percent(bytes, fileBytes)]);
  return [
    '',
    style.strong('flash, in bytes'),
    ...table([...rows, ['total', String(fileBytes), percent(fileBytes, fileBytes)]]),
  ];
}

function totalLines(numbers: AuditNumbers, style: Style, width: number): string[] {
  const { textBytes, textDirectBytes, readOnlyBytes, readOnlyDirectBytes, programs, programsStarting } = numbers;
  const share = (direct: number, all: number): string =>
    all === 0 ? 'none' : `${percent(direct, all)}: ${size(direct)} of ${size(all)} run from flash`;
  const rows: [string, string][] = [
    ['XIP text', share(textDirectBytes, textBytes)],
    ['read-only', share(readOnlyDirectBytes, readOnlyBytes)],
  ];
  if (programs > 0) {
    const all = programsStarting === 1 ? 'the program runs' : `all ${String(programsStarting)} programs run`;
    rows.push(['programs', startsText(numbers)]);
    if (programsStarting > 0) {
      rows.push(
        ['RAM', `${size(numbers.ramBytes)} for what is mapped of files when ${all}`],
        ['RAM saved', `${size(numbers.ramSavedBytes)}, against an image without direct blocks`],
      );
    }
  }
  const cost = flashCostText(numbers);
  if (cost !== null) rows.push(['flash cost', cost]);
  return rows.map(
    ([label, text]) =>
      `  ${style.faint(label.padEnd(TOTAL_LABEL))}${wrap(text, width, ' '.repeat(2 + TOTAL_LABEL), 2 + TOTAL_LABEL)}`,
  );
}

/** What it costs in flash that blocks are not compressed; null where that is not known or nothing. */
function flashCostText({ flash, directCompressedBytes, paddingBytes }: AuditNumbers): string | null {
  const direct = flash.find(({ label }) => label === 'direct')?.bytes ?? 0;
  if (directCompressedBytes === null || direct === 0) return null;
  const padding = paddingBytes === 0 ? '' : ` and ${size(paddingBytes)} of padding`;
  const cost = Math.max(0, direct + paddingBytes - directCompressedBytes);
  const about = (bytes: number): string => `about ${size(Math.round(bytes / KIB) * KIB)}`;
  return `${about(cost)}: ${size(direct)} of direct blocks${padding} instead of ${about(directCompressedBytes)} compressed`;
}

/** As in "5 of 7 programs start". */
function startsText({ programs, programsStarting }: AuditNumbers): string {
  if (programs === 1) return programsStarting === 1 ? 'the program starts' : 'the program does not start';
  return `${String(programsStarting)} of ${String(programs)} programs ${programsStarting === 1 ? 'starts' : 'start'}`;
}

function verdict(result: AuditResult, style: Style): string {
  const { counts, suppressed, numbers } = result;
  const { textBytes, textDirectBytes, ramSavedBytes, programs, programsStarting } = numbers;
  const starting = programs === programsStarting ? [] : [style.bad(startsText(numbers))];
  const text = textBytes === 0 ? [] : [`XIP text ${percent(textDirectBytes, textBytes)}`];
  const saved = ramSavedBytes === 0 ? [] : [`${size(ramSavedBytes)} of RAM saved`];
  const rest = [...starting, ...text, ...saved].join(', ');
  return `${findingCounts({ counts, suppressed: suppressed.length }, style)}${rest === '' ? '' : `; ${rest}`}`;
}
