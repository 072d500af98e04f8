// Builds dist: tsc emits the declarations that the entry points of the library reach, then esbuild bundles the library and
// the commands. With --verbose it prints the sizes of these.
//
// Start-up time decides the form of the bundles. ES modules load slower than CommonJS, and a bundle that holds a lazily
// imported package pays for reading and scanning it at every start (some 10 ms for memfs, pako and commander together).
// So everything behind an `import()` is a file of its own: own modules by esbuild's splitting, which it does for ES
// modules only, hence the pieces are turned into CommonJS one by one afterwards; packages by a bundle each. What is
// imported statically and seldom used is loaded at its use.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { basename, dirname, join, normalize, relative } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { englishOnly } from './bundle-plugins.mjs';
import { keepCode } from './kept-code.mjs';
import { licencesOf } from './licences.mjs';
import { writeManPages } from './man.mjs';
import { readOptions } from './options.mjs';
import { buildPage } from './page.mjs';
import { Parts } from './parts.mjs';

/** Commands: dist/bin/NAME.cjs, executable. Those whose source is not there are left out. */
const COMMANDS = ['bin/cramfs-map.ts', 'bin/cramfs.ts', 'bin/cramfs-lab.ts'];

/** The command that answers one question. */
const QUICK = 'bin/cramfs-map.ts';

/**
 * Worker threads, started by file name: dist/bin/NAME.cjs.
 * @type {string[]}
 */
const WORKERS = [
  'lib/workers/auditWorker.ts',
  'lib/workers/checkWorker.ts',
  'lib/workers/imageWorker.ts',
  'lib/workers/deflateWorker.ts',
];

const { values } = readOptions(import.meta.url, { options: { verbose: { type: 'boolean', default: false } } });
process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const require = createRequire(import.meta.url);

rmSync('dist', { recursive: true, force: true });
const tsc = spawnSync(process.execPath, [require.resolve('typescript/bin/tsc'), '--project', 'tsconfig.build.json'], {
  stdio: 'inherit',
});
if (tsc.status !== 0) process.exit(tsc.status ?? 1);

const esbuild = await import('esbuild');
const { default: ts } = await import('typescript');

const libraryEntries = Object.values(require('../package.json').exports).flatMap((target) =>
  typeof target === 'string' ? [] : [target.types.slice('./dist/'.length, -'.d.ts'.length)],
);
removeUnreached(libraryEntries.map((entry) => `dist/${entry}.d.ts`));

// The library. What its entry points share is in pieces, so that a bundler still takes only what is used. Comments are in
// the declarations, and layout is for the sources: a package has no need of that.
await esbuild.build({
  entryPoints: libraryEntries.map((entry) => `${entry}.ts`),
  outdir: 'dist/lib',
  chunkNames: 'pieces/[name]-[hash]',
  bundle: true,
  splitting: true,
  packages: 'external',
  platform: 'neutral',
  external: ['node:*'],
  format: 'esm',
  target: 'es2022',
  legalComments: 'none',
  minify: true,
  logLevel: 'warning',
});

/** Packages that more than one bundle needs, and each loads late as it is. */
const SHARED = new Set(['yaml', 'zod']);

/** Packages with a bundle of their own, imported lazily or shared: name → the name of their bundle. */
const lazyPackages = new Map();

/** @type {import('esbuild').Plugin} */
const lazyPackage = {
  name: 'lazy-package',
  setup(build) {
    build.onResolve({ filter: /^[^./]/ }, ({ kind, path }) => {
      if (isBuiltin(path) || (kind !== 'dynamic-import' && !SHARED.has(path))) return undefined;
      const bundle = path.replace(/^@/, '').replaceAll('/', '-');
      lazyPackages.set(path, bundle);
      return { path: `./${bundle}.cjs`, external: true };
    });
  },
};

/** The names that sources import of a package. @param {string} name */
function importedOf(name) {
  const sources = ['bin', 'lib', 'kernel-lab/host'].flatMap((folder) =>
    /** @type {string[]} */ (readdirSync(folder, { recursive: true })).map((file) => join(folder, file)),
  );
  const lists = sources
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/^import \{([^}]*)\} from '([^']+)';$/gm)])
    .flatMap(([, list = '', from]) => (from === name ? list.split(',') : []));
  const names = lists.map((each) => each.trim().replace(/ as .*/s, '')).filter((each) => /^\w+$/.test(each));
  return [...new Set(names)].sort();
}

/**
 * Modules that are imported statically, and that a command seldom or never uses: what stands for them loads them when
 * one of their names is used. pako serves Node before 20.16, which cannot hand out its zlib synchronously, and image
 * building; plain questions need no commander, which wants child processes for subcommands that are programs; names of
 * temporary files are random, and the machine's processors are counted for threads.
 * @type {Record<string, { target: string, names: string[] }>}
 */
const LOADED_AT_USE = {
  pako: { target: './pako.cjs', names: importedOf('pako') },
  commander: { target: './commander.cjs', names: importedOf('commander') },
  'node:child_process': { target: 'child_process', names: ['spawn'] },
  'node:crypto': { target: 'crypto', names: ['createHash', 'randomBytes', 'randomInt'] },
  'node:os': { target: 'os', names: ['availableParallelism', 'endianness', 'homedir', 'tmpdir'] },
};

/** @type {import('esbuild').Plugin} */
const loadedAtUse = {
  name: 'loaded-at-use',
  setup(build) {
    build.onResolve({ filter: new RegExp(`^(?:${Object.keys(LOADED_AT_USE).join('|')})$`) }, ({ path, kind }) => {
      if (kind === 'dynamic-import' || kind === 'entry-point') return undefined;
      if (!isBuiltin(path)) lazyPackages.set(path, path);
      return { path, namespace: 'loaded-at-use' };
    });
    build.onResolve({ filter: /./, namespace: 'loaded-at-use' }, ({ path }) => ({ path, external: true }));
    build.onLoad({ filter: /./, namespace: 'loaded-at-use' }, ({ path }) => {
      const { target, names = [] } = LOADED_AT_USE[path] ?? {};
      const getter = (/** @type {string} */ name) => `get ${name}() { return require('${target}').${name}; }`;
      return { contents: `module.exports = { ${names.map(getter).join(', ')} };` };
    });
  },
};

/**
 * Modules that are imported statically and not needed to map a file of a sound image: leaving them out makes starts faster. A
 * stub loads such a module when one of its functions is called, or one of its classes is constructed or asked for by `instanceof`.
 */
const SELDOM = [
  'lib/audit/violationWords.ts',
  'lib/base/errnoWords.ts',
  'lib/base/errorSentences.ts',
  'lib/base/suggest.ts',
  'lib/board/partitionTable.ts',
  'lib/board/readPartitionTable.ts',
  'lib/cli/failure.ts',
  'lib/cli/inputFile.ts',
  'lib/cli/listMachines.ts',
  'lib/cli/machineOptions.ts',
  'lib/cli/nearPaths.ts',
  'lib/cli/nextStep.ts',
  'lib/cli/style.ts',
  'lib/diagnose/diagnose.ts',
  'lib/diagnose/scan.ts',
  'lib/driver/models/named.ts',
  'lib/driver/readFolio.ts',
  'lib/format/escapedNames.ts',
  'lib/format/nonAsciiNames.ts',
  'lib/format/portableCrc32.ts',
  'lib/image/content.ts',
  'lib/image/lzma.ts',
  'lib/image/reusedInflate.ts',
  'lib/inspect/nearPaths.ts',
  'lib/inspect/walk.ts',
  'lib/mm/icache.ts',
  'lib/mm/operations/fork.ts',
  'lib/mm/operations/madvise.ts',
  'lib/mm/operations/mincore.ts',
  'lib/mm/operations/mlock.ts',
  'lib/mm/operations/mprotect.ts',
  'lib/mm/operations/mremap.ts',
  'lib/mm/operations/munmap.ts',
  'lib/mm/operations/write.ts',
  'lib/report/cpusText.ts',
  'lib/report/diagnosisWords.ts',
  'lib/report/kernelsText.ts',
  'lib/report/mapDetailJson.ts',
  'lib/report/nommuJson.ts',
  'lib/report/warningWords.ts',
  'lib/source/nodeStream.ts',
  'lib/source/readAhead.ts',
  'lib/verdict/actions.ts',
  'lib/verdict/adviseWithoutMmu.ts',
  'lib/verdict/contentIndex.ts',
  'lib/verdict/failedVerdict.ts',
  'lib/verdict/invariants.ts',
  'lib/verdict/mapNommu.ts',
  'lib/verdict/pageVerdicts.ts',
];
/** The name of its file in dist/bin, without .cjs. @param {string} module */
const seldomName = (module) => `seldom-${module.slice('lib/'.length, -'.ts'.length).replaceAll('/', '-')}`;

/** @type {import('esbuild').Plugin} */
const seldomUsed = {
  name: 'seldom-used',
  setup(build) {
    build.onResolve({ filter: /^[.].*[.]ts$/ }, ({ kind, path, resolveDir }) => {
      const module = relative('.', join(resolveDir, path)).replaceAll('\\', '/');
      return kind === 'import-statement' && SELDOM.includes(module)
        ? { path: module, namespace: 'seldom-used' }
        : undefined;
    });
    build.onResolve({ filter: /./, namespace: 'seldom-used' }, ({ path }) => ({ path, external: true }));
    build.onLoad({ filter: /./, namespace: 'seldom-used' }, ({ path }) => {
      const source = readFileSync(path, 'utf8');
      const names = (/** @type {RegExp} */ form) => [...source.matchAll(form)].map(([, name = '']) => name);
      // Other constants have no stub: importing one fails the build.
      return {
        contents: [
          `const module = () => require('./${seldomName(path)}.cjs');`,
          ...names(/^export (?:async )?function\*? (\w+)/gm).map(
            (name) => `export function ${name}(...args) { return module().${name}(...args); }`,
          ),
          ...names(/^export class (\w+)/gm).map(
            (name) =>
              `export class ${name} { constructor(...args) { return new (module().${name})(...args); } static [Symbol.hasInstance](value) { return value instanceof module().${name}; } }`,
          ),
          ...names(/^(export const \w+ = [\d_ <*+-]+;)$/gm),
        ].join('\n'),
      };
    });
  },
};

/** @satisfies {import('esbuild').BuildOptions} */
const common = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  legalComments: 'none',
  minifyWhitespace: true,
  minifySyntax: true,
  logLevel: 'warning',
};

const entryPoints = [...COMMANDS, ...WORKERS].filter((file) => existsSync(file));
/** The programs' own files, which a launcher of each program's name runs. */
const MAIN = '-main';
/** @type {string[]} */
const inputs = [];
mkdirSync('dist/bin', { recursive: true });
const parts = await bundle(entryPoints);
for (const entry of entryPoints) await writeLauncher(basename(entry, '.ts'), COMMANDS.includes(entry));
for (const [name, bundle] of lazyPackages) {
  const result = await esbuild.build({
    ...common,
    entryPoints: [name],
    outfile: `dist/bin/${bundle}.cjs`,
    format: 'cjs',
    minifyIdentifiers: true,
    plugins: [englishOnly, loadedAtUse],
    metafile: true,
  });
  inputs.push(...inputsOf(result.metafile));
}
mkdirSync('dist/page', { recursive: true });
writeFileSync('dist/page/report.html', await buildPage('.', 'main'));
await writeManPages('.', 'dist/man');
writeFileSync('dist/bin/THIRD-PARTY-LICENSES.txt', licencesOf(inputs));
await keepCode(
  'dist/bin',
  entryPoints.map((entry) => `${basename(entry, '.ts')}${MAIN}`),
  (pieces) => parts.packText(pieces),
);
if (values.verbose) {
  for (const file of readdirSync('dist/bin'))
    console.log(`dist/bin/${file}  ${statSync(`dist/bin/${file}`).size} bytes`);
}

/**
 * Bundles commands and workers into dist/bin: what they share, and what they load later, is in files of its own. Most of
 * the time of a start is the compilation of the text, so identifiers are shortened.
 * @param {string[]} entries
 */
async function bundle(entries) {
  const { outputFiles, metafile } = await esbuild.build({
    ...common,
    entryPoints: Object.fromEntries([
      ...entries.map((entry) => [`${basename(entry, '.ts')}${MAIN}`, entry]),
      ...SELDOM.map((module) => [seldomName(module), module]),
    ]),
    outdir: 'dist/bin',
    entryNames: '[name]',
    chunkNames: '[name]-[hash]',
    outExtension: { '.js': '.cjs' },
    splitting: true,
    format: 'esm',
    mainFields: ['module', 'main'],
    plugins: [englishOnly, loadedAtUse, seldomUsed, lazyPackage],
    metafile: true,
    // Layout goes later; names of the pieces' own level can be shortened only here.
    minifyWhitespace: false,
    minifyIdentifiers: true,
    write: false,
  });
  inputs.push(...inputsOf(metafile));
  const parts = new Parts(outputFiles, metafile.outputs, (source) => source === QUICK);
  for (const piece of parts.pieces) writeFileSync(`dist/bin/${piece}`, await parts.pieceText(piece));
  return parts;
}

/**
 * Writes what starts a program: bin/launch.ts.
 * @param {string} name
 * @param {boolean} isCommand
 */
async function writeLauncher(name, isCommand) {
  const outfile = `dist/bin/${name}.cjs`;
  await esbuild.build({
    ...common,
    entryPoints: ['bin/launch.ts'],
    outfile,
    format: 'cjs',
    minifyIdentifiers: true,
    banner: isCommand ? { js: '#!/usr/bin/env node' } : {},
    define: { PROGRAM: JSON.stringify(`./${name}${MAIN}.cjs`) },
  });
  if (isCommand) chmodSync(outfile, 0o755);
}

/**
 * Removes the declarations that no entry point needs: tsc writes one for each source file that it read.
 * @param {string[]} entries
 */
function removeUnreached(entries) {
  const reached = new Set(entries.map((file) => normalize(file)));
  for (const file of reached) {
    for (const { fileName } of ts.preProcessFile(readFileSync(file, 'utf8')).importedFiles) {
      if (fileName.startsWith('.')) reached.add(join(dirname(file), fileName.replace(/[.][jt]s$/, '.d.ts')));
    }
  }
  for (const name of /** @type {string[]} */ (readdirSync('dist/lib', { recursive: true }))) {
    const file = join('dist/lib', name);
    if (name.endsWith('.d.ts') && !reached.has(file)) rmSync(file);
  }
}

/**
 * The files of a bundle.
 * @param {import('esbuild').Metafile} metafile
 */
function inputsOf({ inputs: files }) {
  return Object.keys(files).filter((file) => !/^(?:loaded-at-use|seldom-used|english-only):/.test(file));
}
