// The commands as data, from the code: for man pages and docs/options.md.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const ENTRY = `
import { CRAMFS } from './lib/cli/cramfs.ts';
import { CRAMFS_LAB } from './kernel-lab/host/cli/cramfsLab.ts';
import { commandReferences } from './lib/cli/help/reference.ts';
import { wholeProgram } from './lib/cli/programTree.ts';
import { mapProgram } from './lib/cli/mapProgram.ts';
const sink = { write() {}, writeEncoded() {}, writeBytes() {}, isTTY: false, columns: undefined };
const io = { stdout: sink, stderr: sink, stdin: -1, env: {} };
const programs = [await wholeProgram(CRAMFS, io), mapProgram(io), await wholeProgram(CRAMFS_LAB, io)];
export const references = programs.flatMap(commandReferences);
export { VERSION } from './lib/cli/version.ts';
`;

/**
 * Every command of every program.
 * @param {string} root folder of the project
 * @returns {Promise<{ references: import('../../lib/cli/help/reference.ts').CommandReference[], VERSION: string }>}
 */
export async function loadReferences(root) {
  const folder = mkdtempSync(join(tmpdir(), 'cramfs-reference-'));
  try {
    const outfile = join(folder, 'reference.mjs');
    await build({
      stdin: { contents: ENTRY, resolveDir: resolve(root), loader: 'ts' },
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      logLevel: 'warning',
      banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    });
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
