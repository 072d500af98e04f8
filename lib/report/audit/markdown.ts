/** An audit as Markdown, for the comment of a merge request or the summary of a CI job. Its size is limited. */
import type { AuditFinding } from '../../audit/finding.ts';
import { addToTotals, type AuditedImage, NO_TOTALS } from '../../audit/run.ts';
import { printableName } from '../../format/names.ts';
import { shownPath } from '../../inspect/shownPath.ts';
import { percent } from '../table.ts';
import { plural, size } from '../words.ts';
import { countsText } from './counts.ts';
import { findingWords } from './findingWords.ts';
import type { AuditReporter } from './reporter.ts';

/** Characters for rows of images, and for findings. Comments on GitHub may have 65536. */
const IMAGES_LIMIT = 16_000;
const FINDINGS_LIMIT = 40_000;

const SIGNS = { error: '❌', warning: '⚠️', info: 'ℹ️' } as const;

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
  #isFull = false;
  text = '';
  /** Pieces that are not in it. */
  left = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Adds what `write` makes of things, up to the first for which there is no room; between `before` and `behind`. */
  add<T>(things: readonly T[], write: (thing: T) => string, before = '', behind = ''): void {
    let room = this.#limit - this.text.length - before.length - behind.length;
    const pieces: string[] = [];
    for (const thing of things) {
      if (this.#isFull) break;
      const piece = write(thing);
      room -= piece.length;
      this.#isFull = room < 0;
      if (!this.#isFull) pieces.push(piece);
    }
    if (pieces.length > 0) this.text += `${before}${pieces.join('')}${behind}`;
    this.left += things.length - pieces.length;
  }
}

function imageRow({ image, result, error }: AuditedImage): string {
  const name = code(printableName(image));
  if (result === null) return `| ${name} | ${SIGNS.error} ${escaped(error.message)} | | | | | | |\n`;
  const { counts, numbers } = result;
  const cells = [
    name,
    String(counts.error),
    String(counts.warning),
    String(counts.info),
    size(numbers.imageBytes),
    percent(numbers.textDirectBytes, numbers.textBytes),
    size(numbers.ramBytes),
    size(numbers.ramSavedBytes),
  ];
  return `| ${cells.join(' | ')} |\n`;
}

function addDetails(details: LimitedText, { image, result }: AuditedImage): void {
  if (result === null) return;
  for (const count of Object.values(result.omitted)) details.left += count;
  if (result.findings.length === 0) return;
  const name = code(printableName(image));
  details.add(
    result.findings,
    findingRow,
    `\n<details><summary>${name}: ${plural(result.findings.length, 'finding')}</summary>\n\n` +
      '| | path | finding | cause | to fix |\n| :-- | :-- | :-- | :-- | :-- |\n',
    '\n</details>\n',
  );
}

function findingRow(finding: AuditFinding): string {
  const { cause, fix } = findingWords(finding);
  const path = finding.path === null ? '' : code(shownPath(finding.path));
  const cells = [SIGNS[finding.severity], path, finding.id, escaped(cause), escaped(fix)];
  return `| ${cells.join(' | ')} |\n`;
}

const code = (text: string): string => `<code>${escaped(text)}</code>`;

/**
 * Text that stays what it is in a table of GitHub's or GitLab's Markdown: nothing in it is markup, a link, a mention or a
 * reference to an issue.
 */
function escaped(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/[&<>`*_{}[\]#!|~@\\$%^]|:(?=\/)|(?<=www)\./gi, (char) => `&#${String(char.charCodeAt(0))};`);
}
