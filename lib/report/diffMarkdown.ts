/** `cramfs diff --format markdown`: the comment of a pull request. Its size is limited. */
import type { ChangedFile, ImageDiff, LoneFile, Mapped, XipChange } from '../diff/diffResult.ts';
import type { Failure } from '../diff/failOn.ts';
import { printableName } from '../format/names.ts';
import { shownPath } from '../format/shownPath.ts';
import { percent, size } from '../base/words.ts';
import { failureText } from './diffFailures.ts';
import { changeWords } from './diffText.ts';
import { code, escaped, SIGNS } from './markdown.ts';

/** Rows that are listed; comments on GitHub may have 65536 characters. */
const LISTED = 50;
/** Characters of a row, at most: names may be long. */
const ROW = 400;

/** The comment. */
export function diffMarkdown(diff: ImageDiff, failed: readonly Failure[]): string {
  const { images, numbers, xip, programs, removed, added, changed, omitted } = diff;
  const lost = xip.filter((change) => change.lost);
  const gained = xip.filter((change) => !change.lost);
  const out = [`### cramfs diff: ${code(printableName(images.a))} → ${code(printableName(images.b))}`, ''];
  for (const failure of failed) out.push(`${SIGNS.error} ${escaped(failureText(failure))}`, '');
  if (!diff.differs && numbers.a.imageBytes === numbers.b.imageBytes) out.push('No differences.', '');
  const row = (name: string, a: number, b: number): string => `| ${name} | ${size(a)} | ${size(b)} | ${growth(a, b)} |`;
  out.push('| | before | after | change |', '| :-- | --: | --: | --: |');
  out.push(row('image (flash)', numbers.a.imageBytes, numbers.b.imageBytes));
  out.push(row('padding', numbers.a.paddingBytes, numbers.b.paddingBytes));
  out.push(row('RAM with all programs running', numbers.a.ramBytes, numbers.b.ramBytes));
  out.push(row('RAM saved by XIP', numbers.a.ramSavedBytes, numbers.b.ramSavedBytes));
  const text = ({ textDirectBytes, textBytes }: typeof numbers.a): string => percent(textDirectBytes, textBytes) || '–';
  out.push(`| program text in flash | ${text(numbers.a)} | ${text(numbers.b)} | |`, '');
  section(out, `${SIGNS.warning} No longer direct, or to a lesser part`, lost.map(xipRow), true);
  section(out, 'Other mappings', gained.map(xipRow));
  section(
    out,
    'Programs',
    programs.map(({ path, a, b }) => {
      const outcome = a.outcome === b.outcome ? '' : `${escaped(a.outcome)} → ${escaped(b.outcome)}, `;
      return `${code(shownPath(path))}: ${outcome}RAM ${size(a.ramBytes)} → ${size(b.ramBytes)}`;
    }),
  );
  const files = [
    ...removed.map((file) => `removed ${loneRow(file)}`),
    ...added.map((file) => `added ${loneRow(file)}`),
    ...changed.map(changedRow),
  ];
  section(out, 'Files', files, false, omitted);
  if (diff.basis === 'audit')
    out.push('Compared with an audit: only programs and files with direct blocks are listed.', '');
  return out.join('\n');
}

/** Rows under a title; folded unless they matter. */
function section(out: string[], title: string, rows: readonly string[], isOpen = false, omitted = 0): void {
  if (rows.length === 0) return;
  const more = rows.length - LISTED + omitted;
  const lines = rows
    .slice(0, LISTED)
    .map((row) => `- ${row.length > ROW ? `${row.slice(0, ROW).replace(/&#?\w*$|<[^>]*$/, '')}…` : row}`);
  if (rows.length > LISTED || omitted > 0) lines.push(`- and ${String(Math.max(more, omitted))} more`);
  out.push(
    `<details${isOpen ? ' open' : ''}><summary>${title}: ${String(rows.length + omitted)}</summary>`,
    '',
    ...lines,
    '',
    '</details>',
    '',
  );
}

function growth(a: number, b: number): string {
  if (a === b) return '';
  const part = a === 0 ? '' : ` (${b > a ? '+' : '-'}${((Math.abs(b - a) / a) * 100).toFixed(1)} %)`;
  return `${b > a ? '+' : '-'}${size(Math.abs(b - a))}${part}`;
}

function xipRow({ path, segment, a, b }: XipChange): string {
  const number = segment === null || segment.number === 0 ? '' : ` ${segment.number + 1}`;
  const what = segment === null ? '' : ` ${segment.kind}${number}`;
  return `${code(shownPath(path))}${what}: ${state(a)} → ${state(b)}, RAM ${size(a.ramBytes)} → ${size(b.ramBytes)}`;
}

const state = (mapped: Mapped): string =>
  mapped.state === null ? 'not mapped' : mapped.state === 'none' ? 'paged' : mapped.state;

function loneRow({ path, type, size: bytes }: LoneFile): string {
  return `${code(shownPath(path))} (${type}${type === 'file' ? `, ${size(bytes)}` : ''})`;
}

function changedRow({ path, from, changes }: ChangedFile): string {
  const name = from === null ? code(shownPath(path)) : `${code(shownPath(from))} → ${code(shownPath(path))}`;
  return changes.length === 0 ? name : `${name}: ${escaped(changes.map(changeWords).join('; '))}`;
}
