/** Text files that are installed with the program. The single file holds them itself: see installed.single.ts. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The bundle's folder; ES modules have no such variable. */
declare const __dirname: string | undefined;

/**
 * A text file of the package that this program is in, wherever it was built to. Null where it is not installed.
 *
 * @param path from the package's folder: docs/findings/… or dist/page/…
 */
export function installedText(path: string): string | null {
  const here = typeof __dirname === 'string' ? __dirname : fileURLToPath(new URL('.', import.meta.url));
  for (let folder = here; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) {
      const file = join(folder, path);
      return existsSync(file) ? readFileSync(file, 'utf8') : null;
    }
    if (folder === dirname(folder)) return null;
  }
}
