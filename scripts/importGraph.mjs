// Which module imports which, types included: what the lint rule against circles looks at.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import ts from 'typescript';

/** Folders that hold no modules of ours. */
const SKIPPED = new Set(['node_modules', 'dist', 'coverage', 'fixtures', '.git']);

const MODULE = /[.](?:ts|mjs|cjs|js)$/;

/**
 * All modules below a folder.
 * @param {string} folder
 * @returns {string[]} absolute paths
 */
function modulesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : modulesBelow(path);
    return entry.isFile() && MODULE.test(entry.name) ? [path] : [];
  });
}

/**
 * The modules that a module names in `import`, `export … from`, `import()` and types, as far as they are files beside it.
 * @param {string} file
 * @returns {string[]} absolute paths
 */
function importsOf(file) {
  const { importedFiles } = ts.preProcessFile(readFileSync(file, 'utf8'), true, true);
  return importedFiles.flatMap(({ fileName }) => (fileName.startsWith('.') ? [resolve(dirname(file), fileName)] : []));
}

/** @typedef {ReadonlyMap<string, readonly string[]>} ImportGraph each module, and those that it imports */

/**
 * @param {string} folder
 * @returns {ImportGraph}
 */
export function importGraph(folder) {
  return new Map(modulesBelow(resolve(folder)).map((file) => [file, importsOf(file)]));
}

/**
 * The shortest way from one module to another along imports.
 * @param {ImportGraph} graph
 * @param {string} from
 * @param {string} to
 * @returns {string[] | null} both ends included; null if there is none
 */
export function importPath(graph, from, to) {
  /** @type {Map<string, string | null>} */
  const reachedFrom = new Map([[from, null]]);
  for (const file of reachedFrom.keys()) {
    if (file === to) {
      const path = [];
      for (let step = /** @type {string | null} */ (to); step !== null; step = reachedFrom.get(step) ?? null) {
        path.unshift(step);
      }
      return path;
    }
    for (const next of graph.get(file) ?? []) {
      if (!reachedFrom.has(next)) reachedFrom.set(next, file);
    }
  }
  return null;
}
