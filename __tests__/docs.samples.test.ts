/**
 * Every command line and every example of README and docs is run: samples show what the commands print now (`npm run docs`
 * writes them anew), other commands exit with what the page says, examples of the library compile and run.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { transform } from 'esbuild';
import { runPage } from '../scripts/docs/samples.mjs';
import { compileExamples } from './support/docsExamples.ts';
import { pages, Sandboxes } from './support/docsSandbox.ts';

jest.setTimeout(120_000);
const sandboxes = new Sandboxes();
beforeAll(() => sandboxes.prepare());
let tutorialSeconds = 0;
const counts = { samples: 0, commands: 0, examples: 0 };
afterAll(() => {
  sandboxes.remove();
  const { samples, commands, examples } = counts;
  process.stdout.write(
    `README and docs: ${String(samples)} command lines run and their output compared, ${String(commands)} run and ` +
      `their exit status compared, ${String(examples)} examples of the library compiled and run\n` +
      `the tutorial, from an empty folder: ${tutorialSeconds.toFixed(1)} s\n`,
  );
});

const withBlocks = pages.filter(({ blocks }) => blocks.length > 0);

test.each(withBlocks)('$file does what it says', async ({ file, markdown, blocks }) => {
  const start = performance.now();
  const folder = sandboxes.forPage(file);
  const run = runPage(markdown, folder);
  expect(run.markdown).toBe(markdown);
  expect(run.refused).toEqual([]);
  const wrong = run.commands.filter(({ status, expected }) => status !== expected);
  expect(wrong).toEqual([]);
  const examples = blocks.filter(({ kind }) => kind === 'ts');
  for (const [index, { text }] of examples.entries()) {
    const { code } = await transform(text, { loader: 'ts', format: 'esm' });
    const program = join(folder, `example-${String(index)}.mjs`);
    writeFileSync(program, code);
    const { status, stderr } = spawnSync(process.execPath, [program], { cwd: folder, encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  }
  if (file === join('docs', 'tutorial.md')) {
    expect(run.samples + run.commands.length).toBeGreaterThanOrEqual(10);
    tutorialSeconds = (performance.now() - start) / 1000;
  }
  counts.samples += run.samples;
  counts.commands += run.commands.filter(({ isOwn }) => isOwn).length;
  counts.examples += examples.length;
});

describe('examples of the library', () => {
  test('compile as strictly as the library', () => {
    const examples = pages.flatMap(({ file, blocks }) =>
      blocks.filter(({ kind }) => kind === 'ts').map(({ text, line }) => [`${file}-${String(line)}.ts`, text] as const),
    );
    expect(examples.length).toBeGreaterThan(0);
    expect(compileExamples(new Map(examples))).toEqual([]);
  });
});
