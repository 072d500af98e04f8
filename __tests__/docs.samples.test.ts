/** The samples of README and docs show what the commands print; `npm run docs` writes them anew. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { countSamples, markdownFiles, prepareSamples, renderSamples } from '../scripts/docs/samples.mjs';
import { bundleProgram, Folder } from './support/cli.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = new Folder();
const programs: Record<string, string> = {};
beforeAll(async () => {
  for (const name of ['cramfs', 'cramfs-map']) programs[name] = await bundleProgram(name, folder);
});
afterAll(() => {
  folder.remove();
});

const pages = markdownFiles(root)
  .map((file) => ({ file, markdown: readFileSync(join(root, file), 'utf8') }))
  .filter(({ markdown }) => countSamples(markdown) > 0);

test('README has samples', () => {
  expect(countSamples(readFileSync(join(root, 'README.md'), 'utf8'))).toBeGreaterThanOrEqual(3);
});

test.each(pages)('$file shows what its commands print', ({ file, markdown }) => {
  const place = join(folder.path, file.replaceAll(/[^a-z]/gi, '-'));
  mkdirSync(place);
  prepareSamples(place, root, programs);
  expect(renderSamples(markdown, place)).toBe(markdown);
});
