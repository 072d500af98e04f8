/**
 * What the documentation shows is what comes out.
 */
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from '@jest/globals';
import { runCramfsMap } from '../lib/cli/run.ts';
import { Folder, type Run, runProgram } from './support/cli.ts';

const text = (file: string): string => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');

/** Code blocks of a language in a Markdown file. */
function blocks(markdown: string, language: string): string[] {
  return [...markdown.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map((match) => match[1] ?? '');
}

const folder = new Folder();
const images = new Map([
  ['root.cramfs', folder.fixture('images/root-XX.cramfs.gz')],
  ['adv.cramfs', folder.fixture('patch/adv.cramfs.gz')],
  ['adj.cramfs', folder.fixture('patch/adj.cramfs.gz')],
]);

afterAll(() => {
  folder.remove();
});

/** Runs `cramfs-map …` as written in a document. */
function run(command: string): Promise<Run> {
  const argv = command
    .split(/\s+/)
    .slice(1)
    .map((word) => images.get(word) ?? word);
  return runProgram(runCramfsMap, argv);
}

describe('docs/kernel-models.md', () => {
  const commands = blocks(text('docs/kernel-models.md'), 'sh')
    .flatMap((block) => block.split('\n'))
    .filter((line) => line.startsWith('cramfs-map ') && !line.endsWith('--kernel nommu'));

  test('has a command for each hazard', () => {
    const sections = text('docs/kernel-models.md')
      .split(/^\*\*(?=H[0-9]+,)/m)
      .slice(1);
    expect(sections.map((section) => /^H[0-9]+/.exec(section)?.[0])).toEqual(
      Array.from({ length: 10 }, (_, i) => `H${String(i + 1)}`),
    );
    for (const section of sections) expect(blocks(section, 'sh').join('')).toMatch(/^cramfs-map /);
  });

  test.each(commands)('%s shows a violation', async (command) => {
    const { stdout, stderr, code } = await run(command);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^invariants\n {2}(critical|error) /m);
  });
});
