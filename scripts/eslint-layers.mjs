// Lint rules for lib/: which folder may import which, and where Node's own modules may be used.
import { dirname, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const LIB = fileURLToPath(new URL('../lib', import.meta.url));

/**
 * The folders (and single files) of lib/ from low to high. A module may import from its own folder and from lower rows,
 * not from its neighbours in the same row.
 */
const ROWS = [
  ['base'],
  ['format', 'source', 'elf'],
  ['image'],
  ['physmem', 'inspect', 'tar'],
  ['mm', 'check'],
  ['driver'],
  ['verdict'],
  ['extract', 'exec'],
  ['audit'],
  ['policy', 'diff', 'mkfs'],
  ['report'],
  ['page'],
  ['workers'],
  ['cli'],
];

/** Entry points of the package: for Node, and for browsers. */
const ENTRIES = ['index', 'browser'];

/**
 * Imports that the rows would allow and that are wrong all the same: the memory management knows no image.
 * @type {Record<string, string[]>}
 */
const FORBIDDEN = { mm: ['image', 'driver'] };

/** Modules that may use Node's own modules: sources that read files, the command line, worker threads, `*.node.ts`. */
const USES_NODE = /^(?:source[/]node[^/]*[.]ts|cli[/].*|workers[/].*|.*[.]node[.]ts)$/;

/**
 * @param {string} file
 * @returns {string | undefined} the path below lib/, undefined for a file that is elsewhere
 */
function belowLib(file) {
  const path = relative(LIB, file);
  return path.startsWith('..') ? undefined : path.split(sep).join('/');
}

/** @param {string} path below lib/ */
const layerOf = (path) =>
  path.includes('/') ? path.slice(0, path.indexOf('/')) : path.replace(/([.]node)?[.]ts$/, '');

/** @param {string} layer */
const rowOf = (layer) => ROWS.findIndex((row) => row.includes(layer));

/**
 * What is wrong with an import between two layers of lib/.
 * @param {string} from
 * @param {string} to
 * @returns {string | undefined} undefined if it is allowed
 */
export function wrongImport(from, to) {
  // The package's entry points publish whatever they like, and nobody inside imports them.
  if (ENTRIES.includes(from) || from === to) return undefined;
  if (ENTRIES.includes(to)) return `lib/${to}.ts is for users of the package; import the module itself`;
  const fromRow = rowOf(from);
  const toRow = rowOf(to);
  if (fromRow === -1) return `lib/${from} has no place in the import order yet: add it to scripts/eslint-layers.mjs`;
  if (toRow === -1) return `lib/${to} has no place in the import order yet: add it to scripts/eslint-layers.mjs`;
  if (FORBIDDEN[from]?.includes(to)) return `lib/${from} must not know lib/${to}`;
  if (toRow < fromRow) return undefined;
  return `lib/${from} must not import from lib/${to}: imports run from high layers to low ones`;
}

/**
 * A rule that looks at every import, export-from and import() of a module below lib/.
 * @param {string} description
 * @param {(path: string, file: string, specifier: string) => string | undefined} judge
 * @returns {import('eslint').Rule.RuleModule}
 */
const importRule = (description, judge) => ({
  meta: { type: 'problem', docs: { description }, schema: [] },
  create(context) {
    const path = belowLib(context.filename);
    if (path === undefined) return {};
    /** @param {any} node */
    const look = (node) => {
      if (typeof node.source?.value !== 'string') return;
      const message = judge(path, context.filename, node.source.value);
      if (message !== undefined) context.report({ node: node.source, message });
    };
    return {
      ImportDeclaration: look,
      ExportNamedDeclaration: look,
      ExportAllDeclaration: look,
      ImportExpression: look,
      TSImportType: look,
    };
  },
});

export const layers = {
  rules: {
    direction: importRule('imports run from high layers to low ones', (path, file, specifier) => {
      if (!specifier.startsWith('.')) return undefined;
      const target = belowLib(resolve(dirname(file), specifier));
      if (target === undefined) return 'lib/ must not import from outside lib/';
      return wrongImport(layerOf(path), layerOf(target));
    }),
    pure: importRule('lib/ runs without Node except at its edges', (path, _file, specifier) => {
      if (!specifier.startsWith('node:') || USES_NODE.test(path)) return undefined;
      return `${specifier} in lib/${path}: only lib/cli, lib/workers, lib/source/node*.ts and *.node.ts may use Node's modules`;
    }),
  },
};
