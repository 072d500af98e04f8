// TypeScript for scripts: bundled, and imported.
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/**
 * @param {string} entry a TypeScript file
 * @param {string} outfile where the bundle goes; code that reads fixtures finds them two folders above it
 * @returns {Promise<any>} what the file exports
 */
export async function bundled(entry, outfile) {
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    logLevel: 'warning',
  });
  return import(pathToFileURL(outfile).href);
}
