/** Each code of `cramfs check` has its page, and the page says what the program does. */
import { expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { FINDING_CODES, SEVERITIES } from '../lib/check/codes.ts';

const folder = new URL('../docs/findings/', import.meta.url);
const page = (name: string): string => readFileSync(new URL(name, folder), 'utf8');

test('there is a page for each code, and none besides', () => {
  const pages = readdirSync(folder).filter((name) => name !== 'README.md');
  expect(pages.sort()).toEqual(FINDING_CODES.map((code) => `${code}.md`).sort());
});

test.each(FINDING_CODES)('the page of %s has its title, its severity, and what to do', (code) => {
  const text = page(`${code}.md`);
  expect(text.split('\n', 3)).toEqual([`# ${code}`, '', `Severity: ${SEVERITIES[code]}`]);
  for (const part of ['What it is.', 'What Linux does.', 'What to do.']) expect(text).toContain(`**${part}**`);
});

test('the list has every code with its severity', () => {
  const rows = page('README.md').match(/^\| \[.*$/gm) ?? [];
  const cells = rows.map((row) => row.split('|').map((cell) => cell.trim()));
  expect(cells.map(([, code, severity]) => [code, severity])).toEqual(
    FINDING_CODES.map((code) => [`[${code}](${code}.md)`, SEVERITIES[code]]),
  );
});
