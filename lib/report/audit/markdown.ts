/** An audit as Markdown, for the comment of a merge request or the summary of a CI job. Its size is limited. */
import { diagnosisLineText } from '../diagnosisWords.ts';
import { addToTotals, type AuditedImage, NO_TOTALS } from '../../audit/run.ts';
import { plainLine } from '../../format/escapedNames.ts';
import { printableName } from '../../format/names.ts';
import { shownPath } from '../../format/shownPath.ts';

import { percent, plural, size } from '../../base/words.ts';
import { countsText } from './counts.ts';
import { type FindingGroup, groupFindings } from './findingGroups.ts';
import { code, escaped, SIGNS } from '../markdown.ts';
import type { AuditReporter } from './reporter.ts';

/** Characters for rows of images, and for findings. Comments on GitHub may have 65536. */
const IMAGES_LIMIT = 16_000;
const FINDINGS_LIMIT = 40_000;

export const markdownReport: AuditReporter = async function* (images) {
  const rows = new LimitedText(IMAGES_LIMIT);
  const details = new LimitedText(FINDINGS_LIMIT);
  let totals = NO_TOTALS;
  for await (const image of images) {
    totals = addToTotals(totals, image);
    rows.add([image], imageRow);
    addDetails(details, image);
  }
  yield `### cramfs audit\n\n${countsText(totals)}\n\n`;
  if (totals.images > 0) {
    yield '| image | errors | warnings | notes | size | XIP text | RAM | RAM saved |\n';
    yield '| :-- | --: | --: | --: | --: | --: | --: | --: |\n';
    yield rows.text;
  }
  if (rows.left > 0) yield `\nand ${plural(rows.left, 'image')} more\n`;
  yield details.text;
  if (details.left > 0) yield `\n${plural(details.left, 'finding')} more, not shown here\n`;
};

/** Text of bounded length. */
class LimitedText {
  readonly #limit: number;
  isFull = false;
  text = '';
  /** Pieces that are not in it. */
  left = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Adds what `write` makes of things, up to the first for which there is no room; `left` counts the others by weight. */
  add<T>(
    things: readonly T[],
    write: (thing: T) => string,
    {
      before = '',
      behind = '',
      weight = () => 1,
    }: { before?: string; behind?: string; weight?: (thing: T) => number } = {},
  ): void {
    let room = this.#limit - this.text.length - before.length - behind.length;
    const pieces: string[] = [];
    for (const thing of things) {
      if (this.isFull) break;
      const piece = write(thing);
      room -= piece.length;
      this.isFull = room < 0;
      if (!this.isFull) pieces.push(piece);
    }
    if (pieces.length > 0) this.text += `${before}${pieces.join('')}${behind}`;
    for (const thing of things.slice(pieces.length)) this.left += weight(thing);
  }
}

function imageRow({ image, result, error }: AuditedImage): string {
  const name = code(printableName(image));
  if (result === null) return `| ${name} | ${SIGNS.error} ${escaped(plainLine(error.message))} | | | | | | |\n`;
  const { counts, numbers } = result;
  const cells = [
    name,
    String(counts.error),
    String(counts.warning),
    String(counts.note),
    size(numbers.imageBytes),
    percent(numbers.textDirectBytes, numbers.textBytes),
    size(numbers.ramBytes),
    size(numbers.ramSavedBytes),
  ];
  return `| ${cells.join(' | ')} |\n`;
}

function addDetails(details: LimitedText, { image, diagnosis, result }: AuditedImage): void {
  if (result === null) return;
  for (const count of Object.values(result.omitted)) details.left += count;
  if (result.findings.length === 0) return;
  const name = code(printableName(image));
  const line = diagnosis === null ? '' : `**${escaped(diagnosisLineText(diagnosis))}**\n\n`;
  // Words are made of what is shown only: there may be a thousand images.
  if (details.isFull) {
    details.left += result.findings.length;
    return;
  }
  const groups = groupFindings({ ...result, omitted: {} });
  details.add(groups, groupText, {
    before: `\n<details><summary>${name}: ${plural(result.findings.length, 'finding')}</summary>\n\n${line}`,
    behind: '\n</details>\n',
    weight: ({ count }) => count,
  });
}

/** Places of a rule that are listed. */
const LISTED_PLACES = 20;

/** A rule: cause and fix once, then the places. */
function groupText({ id, severity, title, count, cause, fix, places }: FindingGroup): string {
  const many = count === 1 ? '' : ` · ${plural(count, 'finding')}`;
  const lines = [`${SIGNS[severity]} <strong>${escaped(title)}</strong> (${code(id)})${many}`];
  if (cause !== null) lines.push(`${escaped(cause)}.`);
  if (fix !== null) lines.push(`To fix: ${escaped(fix)}.`);
  const listed = places.slice(0, LISTED_PLACES).flatMap(({ path, causes, fixes }) => {
    const parts = [...causes, ...fixes.map((each) => `to fix: ${each}`)].map(escaped);
    const where = path === null ? '' : code(shownPath(path));
    if (where === '' && parts.length === 0) return [];
    return [`- ${where}${where === '' || parts.length === 0 ? '' : ': '}${parts.join('; ')}`];
  });
  if (places.length > LISTED_PLACES) listed.push(`- and ${String(count - LISTED_PLACES)} more`);
  return `${lines.join('\n\n')}\n\n${listed.length === 0 ? '' : `${listed.join('\n')}\n\n`}`;
}
