// `npm run man`: writes the man pages into dist/man. The build does it too.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { manPages } from './docs/manPages.mjs';
import { loadReferences } from './docs/reference.mjs';

/**
 * Writes the pages; their names.
 * @param {string} root folder of the project
 * @param {string} folder
 */
export async function writeManPages(root, folder) {
  const { references, VERSION } = await loadReferences(root);
  const pages = manPages(references, VERSION);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(pages)) writeFileSync(join(folder, name), text);
  return Object.keys(pages);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const names = await writeManPages(root, join(root, 'dist', 'man'));
  console.log(`dist/man: ${String(names.length)} pages; man -l dist/man/${names[0]} shows one`);
}
