// `npm run build:single`: dist/cramfs.cjs, every command in one file that needs nothing but Node.
//
// The worker threads run the same file again; the pages of findings and the page of reports are in it, compressed; the
// licences of the packages in it are its last lines.
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';
import { build } from 'esbuild';
import { englishOnly } from './bundle-plugins.mjs';
import { licencesOf } from './licences.mjs';
import { buildPage } from './page.mjs';

/** Modules of which the single file has another version, X.single.ts. */
const REPLACED = /[/](?:workers[/]script|cli[/]installed)[.]ts$/;

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PAGES = join(ROOT, 'docs/findings');

/** @type {import('esbuild').Plugin} */
const singleVersions = {
  name: 'single-versions',
  setup(setup) {
    setup.onResolve({ filter: /[/](?:script|installed)[.]ts$/ }, ({ path, resolveDir }) => {
      const file = join(resolveDir, path);
      return REPLACED.test(file) ? { path: file.replace(/[.]ts$/, '.single.ts') } : undefined;
    });
  },
};

/** pako is loaded at its use: Node's own zlib does most of the work. */
/** @type {import('esbuild').Plugin} */
const lazyPako = {
  name: 'lazy-pako',
  setup(setup) {
    setup.onResolve({ filter: /^pako$/ }, ({ importer }) =>
      importer.startsWith('lazy-pako') ? undefined : { path: 'lazy-pako', namespace: 'lazy-pako' },
    );
    setup.onLoad({ filter: /./, namespace: 'lazy-pako' }, async () => {
      const getters = Object.keys(await import('pako')).map((name) => `get ${name}() { return load().${name}; }`);
      return {
        contents: `let pako; const load = () => (pako ??= require('pako')); module.exports = { ${getters.join(', ')} };`,
        resolveDir: ROOT,
      };
    });
  },
};

/**
 * Writes the single file.
 * @param {string} output its name
 * @returns {Promise<number>} bytes of it
 */
export async function buildSingle(output) {
  const result = await build({
    absWorkingDir: ROOT,
    entryPoints: ['bin/single.ts'],
    outfile: output,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    mainFields: ['module', 'main'],
    minify: true,
    legalComments: 'none',
    charset: 'utf8',
    define: { INSTALLED_TEXTS: JSON.stringify(await installedTexts()) },
    plugins: [englishOnly, singleVersions, lazyPako],
    metafile: true,
    write: false,
    logLevel: 'warning',
    logOverride: { 'empty-import-meta': 'silent' },
  });
  const inputs = Object.keys(result.metafile.inputs).map((file) => join(ROOT, file));
  const licences = `cramfs is under this licence:\n\n${readFileSync(join(ROOT, 'LICENSE'), 'utf8')}\n${licencesOf(inputs)}`;
  mkdirSync(dirname(output), { recursive: true });
  writeFileSync(
    output,
    `#!/usr/bin/env node\n${result.outputFiles[0]?.text ?? ''}/*\n${licences.replaceAll('*/', '* /')}*/\n`,
  );
  chmodSync(output, 0o755);
  return statSync(output).size;
}

/** The texts that the commands show, compressed, in base64: path → text. */
async function installedTexts() {
  /** @type {Record<string, string>} */
  const texts = { 'dist/page/report.html': await buildPage(ROOT, 'main') };
  for (const file of /** @type {string[]} */ (readdirSync(PAGES, { recursive: true })).sort()) {
    if (!file.endsWith('.md')) continue;
    texts[`docs/findings/${file.replaceAll('\\', '/')}`] = readFileSync(join(PAGES, file), 'utf8');
  }
  const bytes = Buffer.from(JSON.stringify(texts));
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: 11,
    [constants.BROTLI_PARAM_LGWIN]: 22,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  return brotliCompressSync(bytes, { params }).toString('base64');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const output = join(ROOT, 'dist/cramfs.cjs');
  console.log(`dist/cramfs.cjs  ${await buildSingle(output)} bytes`);
}
