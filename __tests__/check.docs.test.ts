/** Each code of `cramfs check` has its page, and the page says what the program does. */
import { expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { checkImage } from '../lib/check/checkImage.ts';
import { FINDING_CODES, SEVERITIES } from '../lib/check/codes.ts';
import type { CramfsError } from '../lib/base/errors.ts';
import { openDetected } from '../lib/inspect/openDetected.ts';
import { fixture, fixtureNames } from './support/fixtures.ts';

const folder = new URL('../docs/findings/', import.meta.url);
const page = (name: string): string => readFileSync(new URL(name, folder), 'utf8');

test('there is a page for each code, and none besides', () => {
  const pages = readdirSync(folder).filter((name) => name.endsWith('.md') && name !== 'README.md');
  expect(pages.sort()).toEqual(FINDING_CODES.map((code) => `${code}.md`).sort());
});

test.each(FINDING_CODES)('the page of %s has its title, its severity, and what to do', (code) => {
  const text = page(`${code}.md`);
  expect(text.split('\n', 3)).toEqual([`# ${code}`, '', `Severity: ${SEVERITIES[code]}`]);
  for (const part of ['What it is.', 'What Linux does.', 'What to do.']) expect(text).toContain(`**${part}**`);
});

test('the list has every code with its severity', () => {
  const rows = page('README.md').match(/^\| \[[A-Z].*$/gm) ?? [];
  const cells = rows.map((row) => row.split('|').map((cell) => cell.trim()));
  expect(cells.map(([, code, severity]) => [code, severity])).toEqual(
    FINDING_CODES.map((code) => [`[${code}](${code}.md)`, SEVERITIES[code]]),
  );
});

test('the table of damaged images has what check finds in them', () => {
  const rows = readFileSync(new URL('../docs/malformed.md', import.meta.url), 'utf8').match(/^\| [0-9]{3}-.*$/gm) ?? [];
  const table = new Map(rows.map((row) => row.split(' | ')).map((cells) => [cells[0]?.slice(2) ?? '', cells[3] ?? '']));
  const images = fixtureNames('malformed').filter((name) => name.endsWith('.img'));
  expect([...table.keys()]).toEqual(images);
  for (const image of images) {
    const imageOffset = image.startsWith('150-') ? 0x1234 : 0;
    let cell: string;
    try {
      const { findings, counts } = checkImage(openDetected(fixture(`malformed/${image}`), { imageOffset }));
      const found = (['error', 'warning', 'info'] as const).flatMap((severity) =>
        findings.filter((finding) => finding.severity === severity).map(({ code }) => `[${code}](findings/${code}.md)`),
      );
      cell = [counts.error > 0 ? '1' : '0', ...new Set(found)].join(' ');
    } catch (error) {
      cell = `3 ${(error as CramfsError).code}`;
    }
    expect({ image, cell: table.get(image) }).toEqual({ image, cell });
  }
});
