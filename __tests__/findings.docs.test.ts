/** Each finding has its page, and the page says what the program does; the index and the table of damaged images, too. */
import { expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { checkImage } from '../lib/check/checkImage.ts';
import { SEVERITIES } from '../lib/findings/definition.ts';
import type { CramfsError } from '../lib/base/errors.ts';
import { openDetected } from '../lib/inspect/openDetected.ts';
import { FINDING_IDS, FINDINGS } from '../lib/policy/findings.ts';
import { findingsIndex } from '../scripts/docs/findingsIndex.mjs';
import { fixture, fixtureNames } from './support/fixtures.ts';

const folder = new URL('../docs/findings/', import.meta.url);
const page = (name: string): string => readFileSync(new URL(name, folder), 'utf8');

test('there is a page for each finding, and none besides', () => {
  const pages = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md'));
  expect(pages.sort()).toEqual(['README.md', ...FINDING_IDS.map((id) => `${id}.md`)].sort());
});

test('ids are distinct, and say what they are about', () => {
  expect(new Set(FINDING_IDS).size).toBe(FINDING_IDS.length);
  for (const id of FINDING_IDS) expect(id).toMatch(/^(xip|image|security|policy)[/][a-z0-9]+(-[a-z0-9]+)*$/);
});

test.each(FINDINGS)('the page of $id has its title, its severity, and what to do', ({ id, severity, title }) => {
  const text = page(`${id}.md`);
  expect(text.split('\n', 3)).toEqual([`# ${id}`, '', `Severity: ${severity}`]);
  for (const part of ['What it is.', 'What Linux does.', 'What to do.']) expect(text).toContain(`**${part}**`);
  expect(title).toMatch(/^[A-Z].{6,}[^.]$/);
});

test('the index lists every finding with its severity and title: npm run docs writes it', () => {
  expect(page('README.md')).toBe(findingsIndex(FINDINGS));
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
      const found = SEVERITIES.flatMap((severity) =>
        findings.filter((finding) => finding.severity === severity).map(({ id }) => `[${id}](findings/${id}.md)`),
      );
      cell = [counts.error > 0 ? '1' : '0', ...new Set(found)].join(' ');
    } catch (error) {
      cell = `3 ${(error as CramfsError).code}`;
    }
    expect({ image, cell: table.get(image) }).toEqual({ image, cell });
  }
});
