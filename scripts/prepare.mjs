// `prepare` of package.json: builds dist after an install from a checkout. An install without the development
// dependencies, or one of a tree that has no sources, has nothing to build and is not an error.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);

/** @param {string} name */
function installed(name) {
  try {
    require.resolve(name);
    return true;
  } catch {
    return false;
  }
}

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const missing = ['typescript', 'esbuild'].filter((name) => !installed(name));
if (missing.length > 0) {
  console.log(`prepare: no build, ${missing.join(' and ')} not installed`);
} else if (!existsSync('lib')) {
  console.log('prepare: no build, no lib/');
} else {
  await import('./build.mjs');
}
