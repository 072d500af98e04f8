// `npm run docs [-- PAGE...]`: writes into README and docs what their samples print now, the index of docs/findings,
// docs/fixes.md and docs/dumps.md. Reports each command whose exit status is not the one that its page says; the tests
// compare all of it (docs.samples.test.ts).
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { blocksOf, markdownFiles } from './docs/blocks.mjs';
import { format, resolveConfig } from 'prettier';
import { findingsIndex } from './docs/findingsIndex.mjs';
import { optionsPage } from './docs/optionsPage.mjs';
import { loadReferences } from './docs/reference.mjs';
import { runPage } from './docs/samples.mjs';
import { bundled } from './bundled.mjs';
import { readOptions } from './options.mjs';
import { prepareSandbox, sandboxFor } from './docs/sandbox.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
/** Pages named on the command line; all without any. */
const { positionals: wanted } = readOptions(import.meta.url, { allowPositionals: true });
const names = ['cramfs', 'cramfs-map', 'cramfs-lab'];
const commands = Object.fromEntries(names.map((name) => [name, resolve('dist/bin', `${name}.cjs`)]));
// Prettier's own form of tables, so that `npm run format:check` finds nothing to change.
const { references } = await loadReferences('.');
writeFileSync(
  'docs/options.md',
  await format(optionsPage(references), { ...(await resolveConfig('docs/options.md')), parser: 'markdown' }),
);

const folder = mkdtempSync(join(tmpdir(), 'cramfs-docs-'));
try {
  const prepared = join(folder, 'prepared');
  mkdirSync(prepared);
  prepareSandbox(prepared, '.', { commands, library: '.' });
  for (const file of markdownFiles('.')) {
    const markdown = readFileSync(file, 'utf8');
    if (blocksOf(markdown).length === 0 || (wanted.length > 0 && !wanted.includes(file))) continue;
    const place = join(folder, file.replaceAll(/[^a-z]/gi, '-'));
    sandboxFor(prepared, place, file);
    const run = runPage(markdown, place);
    if (run.markdown !== markdown) writeFileSync(file, run.markdown);
    const changed = run.markdown === markdown ? '' : ', changed';
    console.log(`${file}: ${run.samples} samples${changed}, ${run.commands.length} commands`);
    for (const { line, command, expected, status, output } of run.commands) {
      if (status === expected) continue;
      process.exitCode = 1;
      console.log(`  line ${line}: ${command}\n    exits with ${status}, expected ${expected}\n${output}`);
    }
  }
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

// The specimens of fixes and dumps read fixtures, by their place beside the bundle's folder.
for (const [name, page] of Object.entries({ fixesPage: 'docs/fixes.md', dumpsPage: 'docs/dumps.md' })) {
  const pages = await bundled(`__tests__/support/${name}.ts`, resolve(`dist/docs/${name}.mjs`));
  writeFileSync(page, await pages[name]());
}
rmSync('dist/docs', { recursive: true });
