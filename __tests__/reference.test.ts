/** What is generated from the commands: docs/options.md, and the man pages of the package. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { CRAMFS_LAB } from '../kernel-lab/host/cli/cramfsLab.ts';
import { CRAMFS } from '../lib/cli/cramfs.ts';
import { type CommandReference, commandReferences } from '../lib/cli/help/reference.ts';
import { mapProgram } from '../lib/cli/mapProgram.ts';
import { wholeProgram } from '../lib/cli/programTree.ts';
import { manPages } from '../scripts/docs/manPages.mjs';
import { optionsPage } from '../scripts/docs/optionsPage.mjs';
import { silentIo } from './support/cli.ts';

const text = (file: string): string => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');

let references: CommandReference[];
beforeAll(async () => {
  const io = silentIo();
  const programs = [await wholeProgram(CRAMFS, io), mapProgram(io), await wholeProgram(CRAMFS_LAB, io)];
  references = programs.flatMap(commandReferences);
});

test('docs/options.md is what "npm run docs" writes now', async () => {
  const file = fileURLToPath(new URL('../docs/options.md', import.meta.url));
  const now = await format(optionsPage(references), { ...(await resolveConfig(file)), parser: 'markdown' });
  expect(text('docs/options.md')).toBe(now);
});

describe('man pages', () => {
  test('package.json lists every page', () => {
    const { man } = JSON.parse(text('package.json')) as { man: string[] };
    expect(man).toEqual(
      Object.keys(manPages(references, '1.0'))
        .map((name) => `dist/man/${name}`)
        .sort(),
    );
  });

  test('have name, synopsis, every option, exit status and examples of the command', () => {
    const pages = manPages(references, '1.0');
    expect(Object.keys(pages)).toEqual(
      expect.arrayContaining(['cramfs.1', 'cramfs-mkfs.1', 'cramfs-map.1', 'cramfs-lab-run.1']),
    );
    for (const { name, options, commands } of references) {
      if (name === 'cramfs map') continue;
      const page = pages[`${name.replaceAll(' ', '-')}.1`] ?? '';
      const shown = page.replaceAll('\\-', '-').replaceAll('\\(aq', "'");
      for (const section of ['NAME', 'SYNOPSIS', 'DESCRIPTION', 'OPTIONS', 'EXAMPLES', 'SEE ALSO']) {
        expect([name, page.includes(`.SH ${section}\n`)]).toEqual([name, true]);
      }
      for (const { term } of [...options, ...commands].flatMap(({ items }) => items)) {
        expect([name, term, shown.includes(`.B ${term}\n`)]).toEqual([name, term, true]);
      }
    }
  });

  test('show every letter as it is: nothing of a text is read as a request of roff', () => {
    const [first] = references;
    const odd = {
      ...first,
      description: ".TH 'x' \\fB a-b ~^`",
      notes: { examples: ['.x'], paragraphs: [["'quoted'"]], exitCodes: [] },
    };
    const page = manPages([odd as CommandReference], '1.0')['cramfs.1'] ?? '';
    expect(page).toContain('\\&.TH \\(aqx\\(aq \\efB a\\-b \\(ti\\(ha\\(ga.\n');
    expect(page).toContain('\n\\&.x\n');
    expect(page).toContain('\n\\(aqquoted\\(aq\n');
    expect(() => manPages([{ ...odd, description: '\u{1f600}' } as CommandReference], '1.0')).toThrow(/no ASCII/);
  });
});
