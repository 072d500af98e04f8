// `npm run docs`: writes into README and docs what their samples print now.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { countSamples, markdownFiles, prepareSamples, renderSamples } from './docs/samples.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const programs = Object.fromEntries(['cramfs', 'cramfs-map'].map((name) => [name, resolve('dist/bin', `${name}.cjs`)]));
for (const file of markdownFiles('.')) {
  const markdown = readFileSync(file, 'utf8');
  if (countSamples(markdown) === 0) continue;
  const folder = mkdtempSync(join(tmpdir(), 'cramfs-docs-'));
  try {
    prepareSamples(folder, '.', programs);
    const now = renderSamples(markdown, folder);
    if (now !== markdown) writeFileSync(file, now);
    console.log(`${file}: ${countSamples(markdown)} samples, ${now === markdown ? 'as they were' : 'changed'}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
