// `npm run docs`: writes into README and docs what their samples print now, and the index of docs/findings.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { findingsIndex } from './docs/findingsIndex.mjs';
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

const folder = mkdtempSync(join(tmpdir(), 'cramfs-docs-'));
try {
  const outfile = join(folder, 'findings.mjs');
  await build({
    entryPoints: ['lib/policy/findings.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'warning',
  });
  const { FINDINGS } = await import(pathToFileURL(outfile).href);
  writeFileSync('docs/findings/README.md', findingsIndex(FINDINGS));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
