/** Each id of `cramfs audit` has its words and its page, and the page says what the program does. */
import { expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AUDIT_IDS, type AuditId, codeOf, defaultSeverity, docPage, OWN_IDS } from '../lib/audit/ids.ts';
import { auditTitle } from '../lib/report/auditWords.ts';

const folder = fileURLToPath(new URL('../docs/findings', import.meta.url));
const page = (name: string): string => readFileSync(join(folder, name), 'utf8');

test('there is a page for each id, and none besides', () => {
  const pages = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith('.md') && name !== 'README.md');
  expect(pages.sort()).toEqual(AUDIT_IDS.map(docPage).sort());
});

test.each(OWN_IDS)('the page of %s has its title, its severity, and what to do', (id) => {
  const text = page(docPage(id));
  expect(text.split('\n', 3)).toEqual([`# ${id}`, '', `Severity: ${defaultSeverity(id)}`]);
  for (const part of ['What it is.', 'What Linux does.', 'What to do.']) expect(text).toContain(`**${part}**`);
});

test('the list has every id with its severity', () => {
  const cells = page('README.md')
    .split('\n')
    .map((row) => /^\| \[([a-z-]+\/[a-z-]+)\]\(\1\.md\) +\| (\w+) +\|$/.exec(row))
    .flatMap((match) => (match === null ? [] : [[match[1], match[2]]]));
  expect(cells).toEqual(OWN_IDS.map((id) => [id, defaultSeverity(id)]));
});

test('ids that come from a check and those that do not are told apart', () => {
  expect(codeOf('image/block-outside')).toBe('BLOCK_OUTSIDE');
  expect(docPage('image/block-outside')).toBe('BLOCK_OUTSIDE.md');
  expect(codeOf('image/duplicate-data')).toBeUndefined();
  expect(docPage('image/duplicate-data')).toBe('image/duplicate-data.md');
  expect(codeOf('image/no-such-code')).toBeUndefined();
});

test('titles are short, and no two ids have the same', () => {
  const titles = AUDIT_IDS.map((id: AuditId) => auditTitle(id));
  expect(new Set(titles).size).toBe(AUDIT_IDS.length);
  for (const title of titles) expect(title).toMatch(/^[A-Z].{5,48}[^.]$/);
});
