// Lint rules for imports: which folder of lib/ may import which, where Node's own modules may be used, what the kernel lab
// may use of the library, and that no imports run in a circle.
import { dirname, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { importGraph, importPath } from './importGraph.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const LIB = resolve(ROOT, 'lib');
const LAB = resolve(ROOT, 'kernel-lab/host');

/**
 * The folders (and single files) of lib/ from low to high. A module may import from its own folder and from lower rows,
 * not from its neighbours in the same row.
 */
export const ROWS = [
  ['base'],
  ['format', 'source', 'elf', 'findings', 'board'],
  ['image'],
  ['physmem', 'inspect', 'tar'],
  ['diagnose'],
  ['mm', 'check'],
  ['driver'],
  ['verdict'],
  ['extract', 'exec'],
  ['audit', 'profile'],
  ['policy', 'diff', 'mkfs'],
  ['stage'],
  ['report'],
  ['page'],
  ['workers'],
  ['cli'],
];

/** Entry points of the package. */
const ENTRIES = ['index.ts', 'browser.ts', 'format.ts', 'kernel.ts', 'memfs.ts', 'report.ts'];

/** What stands beside the library and uses it from outside may import these of lib/, and its commands also the last. */
const LAB_ENTRIES = ['index.ts', 'format.ts', 'kernel.ts', 'report.ts'];
const LAB_COMMAND_ENTRY = 'cli/shared.ts';

/**
 * Imports that the rows would allow and that are wrong all the same: the memory management knows no image.
 * @type {Record<string, string[]>}
 */
const FORBIDDEN = { mm: ['image', 'driver'] };

/** Rooms of words, constants and plain helpers, which lib/report may use; of the others only types, or the modules below. */
const WORDS = new Set(['base', 'format', 'elf', 'findings', 'board', 'report']);

/** Modules of other rooms that hold words, lists of names or sums, and run nothing. */
const WORDS_ELSEWHERE = new Set([
  'inspect/account.ts',
  'audit/run.ts',
  'audit/violationWords.ts',
  'policy/findings.ts',
  'policy/fingerprint.ts',
  'profile/tableCapture.ts',
  'profile/useProfile.ts',
]);

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

/**
 * The folder of a module; an entry point, which lies in none, is a layer of its own: `index.ts`.
 * @param {string} path below lib/
 */
const layerOf = (path) => (path.includes('/') ? path.slice(0, path.indexOf('/')) : path);

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
  if (ENTRIES.includes(to)) return `lib/${to} is for users of the package; import the module itself`;
  const fromRow = rowOf(from);
  const toRow = rowOf(to);
  if (fromRow === -1) return `lib/${from} has no place in the import order yet: add it to scripts/eslint-layers.mjs`;
  if (toRow === -1) return `lib/${to} has no place in the import order yet: add it to scripts/eslint-layers.mjs`;
  if (FORBIDDEN[from]?.includes(to)) return `lib/${from} must not know lib/${to}`;
  if (toRow < fromRow) return undefined;
  return `lib/${from} must not import from lib/${to}: imports run from high layers to low ones`;
}

/**
 * What is wrong with an import of a value by lib/report, which puts results into words: it runs neither the engine nor
 * anything else that makes results.
 * @param {string} target path below lib/
 * @returns {string | undefined} undefined if it is allowed
 */
export function wrongReportImport(target) {
  if (WORDS.has(layerOf(target)) || WORDS_ELSEWHERE.has(target)) return undefined;
  return `lib/report puts results into words: take the result as data, and from lib/${target} only types`;
}

/**
 * What is wrong with an import of the kernel lab.
 * @param {string} file that imports
 * @param {string} target that is imported
 * @returns {string | undefined} undefined if it is allowed
 */
export function wrongLabImport(file, target) {
  const path = belowLib(target);
  if (path === undefined || LAB_ENTRIES.includes(path)) return undefined;
  if (path === LAB_COMMAND_ENTRY && file.startsWith(resolve(LAB, 'cli') + sep)) return undefined;
  return `the kernel lab uses the library through its entry points (${LAB_ENTRIES.join(', ')}), its commands also through ${LAB_COMMAND_ENTRY}`;
}

/**
 * Whether a declaration imports types and nothing else.
 * @param {any} node
 */
const isTypesOnly = (node) =>
  node.type === 'TSImportType' ||
  node.importKind === 'type' ||
  node.exportKind === 'type' ||
  (node.type === 'ImportDeclaration' &&
    node.specifiers.length > 0 &&
    node.specifiers.every((/** @type {any} */ { importKind }) => importKind === 'type'));

/**
 * A rule that looks at every import, export-from and import() of a module.
 * @param {string} description
 * @param {(file: string, specifier: string, typesOnly: boolean) => string | undefined} judge
 * @returns {import('eslint').Rule.RuleModule}
 */
const importRule = (description, judge) => ({
  meta: { type: 'problem', docs: { description }, schema: [] },
  create(context) {
    /** @param {any} node */
    const look = (node) => {
      if (typeof node.source?.value !== 'string') return;
      const message = judge(context.filename, node.source.value, isTypesOnly(node));
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

/**
 * A rule against imports that run in a circle, types included.
 * @param {string} root folder whose modules are looked at
 * @returns {import('eslint').Rule.RuleModule}
 */
export function noCircles(root) {
  /** @type {import('./importGraph.mjs').ImportGraph | undefined} */
  let graph;
  return importRule('imports run in no circle', (file, specifier) => {
    if (!specifier.startsWith('.')) return undefined;
    graph ??= importGraph(root);
    const circle = importPath(graph, resolve(dirname(file), specifier), file);
    if (circle === null) return undefined;
    const names = [file, ...circle].map((path) => relative(root, path).split(sep).join('/'));
    return `imports in a circle: ${names.join(' → ')}`;
  });
}

export const layers = {
  rules: {
    direction: importRule('imports run from high layers to low ones', (file, specifier) => {
      const path = belowLib(file);
      if (path === undefined || !specifier.startsWith('.')) return undefined;
      const target = belowLib(resolve(dirname(file), specifier));
      if (target === undefined) return 'lib/ must not import from outside lib/';
      return wrongImport(layerOf(path), layerOf(target));
    }),
    words: importRule('lib/report only puts results into words', (file, specifier, typesOnly) => {
      const path = belowLib(file);
      if (path === undefined || layerOf(path) !== 'report' || !specifier.startsWith('.') || typesOnly) return undefined;
      const target = belowLib(resolve(dirname(file), specifier));
      return target === undefined ? undefined : wrongReportImport(target);
    }),
    pure: importRule('lib/ runs without Node except at its edges', (file, specifier) => {
      const path = belowLib(file);
      if (path === undefined || !specifier.startsWith('node:') || USES_NODE.test(path)) return undefined;
      return `${specifier} in lib/${path}: only lib/cli, lib/workers, lib/source/node*.ts and *.node.ts may use Node's modules`;
    }),
    entries: importRule('the kernel lab uses the library through its entry points', (file, specifier) =>
      specifier.startsWith('.') ? wrongLabImport(file, resolve(dirname(file), specifier)) : undefined,
    ),
    circles: noCircles(ROOT),
  },
};
