/** The documentation's pages, and a prepared folder for each to run in, with programs and library built from the sources. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { blocksOf, markdownFiles } from '../../scripts/docs/blocks.mjs';
import { buildPage } from '../../scripts/page.mjs';
import { prepareSandbox, sandboxFor } from '../../scripts/docs/sandbox.mjs';
import { bundleProgram, Folder } from './cli.ts';
import { entryPoints, manifest } from './docsExamples.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Every page: README, CONTRIBUTING and docs. */
export const pages = markdownFiles(root).map((file) => {
  const markdown = readFileSync(join(root, file), 'utf8');
  return { file, markdown, blocks: blocksOf(markdown) };
});

/** Folders for pages. */
export class Sandboxes {
  readonly #folder = new Folder();
  readonly #prepared = join(this.#folder.path, 'prepared');
  #next = 0;

  async prepare(): Promise<void> {
    const library = await buildLibrary(this.#folder.path);
    const commands: Record<string, string> = {};
    for (const name of ['cramfs', 'cramfs-map', 'cramfs-lab']) {
      commands[name] = await bundleProgram(name, { path: join(library, 'dist/bin') });
    }
    mkdirSync(this.#prepared);
    prepareSandbox(this.#prepared, root, { commands, library });
  }

  /** A new folder for a page. */
  forPage(page: string): string {
    const folder = join(this.#folder.path, `page-${String(this.#next++)}`);
    sandboxFor(this.#prepared, folder, page);
    return folder;
  }

  remove(): void {
    this.#folder.remove();
  }
}

/** Builds the package cramfs-map from the sources, as examples import it; its folder. */
async function buildLibrary(folder: string): Promise<string> {
  const library = join(folder, 'library');
  await build({
    entryPoints: entryPoints,
    outdir: join(library, 'dist/lib'),
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['memfs'],
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'error',
  });
  writeFileSync(join(library, 'package.json'), JSON.stringify(manifest));
  // What the commands read of their package.
  for (const name of ['schemas', 'docs', 'node_modules']) symlinkSync(join(root, name), join(library, name));
  mkdirSync(join(library, 'dist/page'));
  writeFileSync(join(library, 'dist/page/report.html'), await buildPage(root, 'main'));
  return library;
}
