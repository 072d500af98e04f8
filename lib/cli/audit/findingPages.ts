/** The pages of findings, docs/findings: they are installed with the program. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The bundle's folder; ES modules have no such variable. */
declare const __dirname: string | undefined;

/** The folder of the pages: in the package that this program is in, wherever it was built to. Null where there is none. */
function pagesFolder(): string | null {
  const here = typeof __dirname === 'string' ? __dirname : fileURLToPath(new URL('.', import.meta.url));
  for (let folder = here; ; folder = dirname(folder)) {
    const pages = join(folder, 'docs', 'findings');
    if (existsSync(join(folder, 'package.json'))) return existsSync(pages) ? pages : null;
    if (folder === dirname(folder)) return null;
  }
}

/** Reads pages; each gets the Markdown of an id, or null where the pages are not installed. */
export function findingPages(): (id: string) => string | null {
  const folder = pagesFolder();
  return (id) => {
    if (folder === null) return null;
    const file = join(folder, `${id}.md`);
    return existsSync(file) ? readFileSync(file, 'utf8') : null;
  };
}
