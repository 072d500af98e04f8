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
import { joinPieces } from './pieces.mjs';

/** Commands: dist/bin/NAME.cjs, executable. Those whose source is not there are left out. */
const COMMANDS = ['bin/cramfs-map.ts', 'bin/cramfs.ts', 'bin/cramfs-lab.ts'];

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

/**
 * Modules that are imported statically, and that a command seldom or never uses: what stands for them loads them when
 * one of their names is used. pako serves Node before 20.16, which cannot hand out its zlib synchronously, and image
 * building; plain questions need no commander, which wants child processes for subcommands that are programs; names of temporary files are random, and
 * the machine's processors are counted for threads.
 * @type {Record<string, { target: string, names: string[] }>}
 */
const LOADED_AT_USE = {
  pako: { target: './pako.cjs', names: Object.keys(await import('pako')) },
  commander: { target: './commander.cjs', names: Object.keys(await import('commander')) },
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
  'lib/base/suggest.ts',
  'lib/board/partitionTable.ts',
  'lib/board/readPartitionTable.ts',
  'lib/cli/failure.ts',
  'lib/cli/inputFile.ts',
  'lib/cli/listMachines.ts',
  'lib/cli/machineOptions.ts',
  'lib/cli/nextStep.ts',
  'lib/diagnose/diagnose.ts',
  'lib/diagnose/scan.ts',
  'lib/driver/models/named.ts',
  'lib/inspect/nearPaths.ts',
  'lib/mm/icache.ts',
  'lib/mm/operations/fork.ts',
  'lib/mm/operations/madvise.ts',
  'lib/mm/operations/mincore.ts',
  'lib/mm/operations/mlock.ts',
  'lib/mm/operations/mprotect.ts',
  'lib/mm/operations/mremap.ts',
  'lib/report/cpusText.ts',
  'lib/report/diagnosisWords.ts',
  'lib/report/kernelsText.ts',
  'lib/report/warningWords.ts',
  'lib/source/nodeStreamStore.ts',
  'lib/verdict/actions.ts',
  'lib/verdict/adviseWithoutMmu.ts',
  'lib/verdict/contentIndex.ts',
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
await bundle(entryPoints);
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
keepCode(
  'dist/bin',
  entryPoints.map((entry) => `${basename(entry, '.ts')}${MAIN}`),
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
    // Layout goes below; names of the pieces' own level can be shortened only here.
    minifyWhitespace: false,
    minifyIdentifiers: true,
    write: false,
  });
  inputs.push(...inputsOf(metafile));
  const texts = new Map(outputFiles.map(({ path, text }) => [relative('.', path).replaceAll('\\', '/'), text]));
  const pieces = joinPieces(metafile.outputs, (source) => source === 'bin/cramfs-map.ts');
  const places = new Map([...pieces].flatMap(([path, parts]) => parts.map((part) => [part, { path, parts }])));
  for (const [path, parts] of pieces) {
    const file = relative('dist', path).replaceAll('\\', '/');
    /** How a part gets what another exports. @param {string} from */
    const access = (from) => {
      const part = `dist/bin/${from.slice('./'.length)}`;
      const place = places.get(part);
      if (place === undefined) return `require("${from}")`;
      const index = place.parts.indexOf(part);
      if (place.path === path) return `part${index}`;
      const exported = `require("./${relative('dist/bin', place.path)}")`;
      return place.parts.length === 1 ? exported : `${exported}.part${index}`;
    };
    const codes = parts.map((part) => asCommonJs(texts.get(part) ?? '', parts.length === 1, access));
    const text =
      parts.length === 1
        ? codes.join('')
        : `${codes.map((code, index) => `const part${index} = (() => {${code}})();\n`).join('')}
           module.exports = {${codes.map((_, index) => `part${index}`).join(', ')}};`;
    const { code } = await esbuild.transform(text, {
      sourcefile: file,
      platform: 'node',
      target: 'node20',
      // import() becomes a require() at the same moment: still lazy, and without the ES module loader.
      supported: { 'dynamic-import': false },
      minifyWhitespace: true,
      minifySyntax: true,
      minifyIdentifiers: true,
      logLevel: 'warning',
      // import.meta is looked at only where there is no __dirname.
      define: { 'import.meta.url': 'undefined' },
    });
    writeFileSync(path, code);
  }
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
 * A piece of esbuild's splitting as CommonJS. What it imports is bound to constants: esbuild's own conversion asks a getter
 * of the other piece at each use, which costs a tenth of a walk over an image. The pieces do not import each other in
 * circles, and what they export is complete when they have run.
 * @param {string} text its imports are at the start of lines, and its exports at its end
 * @param {boolean} isModule whether it is a file, or else a function's body
 * @param {(from: string) => string} access the expression for what a file exports
 */
function asCommonJs(text, isModule, access) {
  const names = (/** @type {string} */ list) => list.replaceAll(/ as /g, ': ');
  const swapped = (/** @type {string} */ list) => list.replaceAll(/([\w$]+) as ([\w$]+)/g, '$2: $1');
  const code = text
    .replaceAll(
      /^import\s*\{([^}]*)\}\s*from\s*"([^"]+)";$/gm,
      (_, list, from) => `const {${names(list)}} = ${access(from)};`,
    )
    .replaceAll(
      /^import\s+\*\s+as\s+([\w$]+)\s+from\s*"([^"]+)";$/gm,
      (_, name, from) => `const ${name} = ${access(from)};`,
    )
    .replaceAll(/^import\s+([\w$]+)\s+from\s*"([^"]+)";$/gm, (_, name, from) => `const ${name} = ${access(from)};`)
    .replaceAll(/^import\s*"([^"]+)";$/gm, (_, from) => `${access(from)};`)
    .replaceAll(
      /^export\s*\{([^}]*)\};$/gm,
      (_, list) => `${isModule ? 'module.exports =' : 'return'} {${swapped(list)}};`,
    );
  if (/^(import|export)\b(?!\()/m.test(code)) throw new Error('an import or export of a form that is not expected');
  return code;
}

/**
 * The files of a bundle.
 * @param {import('esbuild').Metafile} metafile
 */
function inputsOf({ inputs: files }) {
  return Object.keys(files).filter((file) => !/^(?:loaded-at-use|seldom-used|english-only):/.test(file));
}
