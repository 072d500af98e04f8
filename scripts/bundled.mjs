// TypeScript for scripts: bundled, and imported.
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/**
 * @param {string} entry a TypeScript file
 * @param {string} outfile where the bundle goes; code that reads fixtures finds them two folders above it
 * @param {'external' | 'bundle'} [packages] 'bundle' for an outfile from which Node does not find them
 * @returns {Promise<any>} what the file exports
 */
export async function bundled(entry, outfile, packages = 'external') {
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages,
    logLevel: 'warning',
  });
  return import(pathToFileURL(outfile).href);
}
