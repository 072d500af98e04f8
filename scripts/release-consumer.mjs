// What a project that has installed the tarball does with it: type checks in strict mode without skipLibCheck, under both module
// resolutions, and a bundle for browsers that maps a file.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

/** Development packages of the project, in the versions that we have. */
const TOOLS = ['typescript', 'esbuild', '@types/node', 'memfs'];

/** Every entry, with names that are used and whose types must fit. */
const NODE_PROGRAM = `
import { Board, CramfsError, openImage, type MapVerdict } from 'cramfs-map';
import * as format from 'cramfs-map/format';
import { DEFAULT_MODEL } from 'cramfs-map/kernel';
import { toVolume } from 'cramfs-map/memfs';
import { mapText, NO_COLOURS } from 'cramfs-map/report';
import schema from 'cramfs-map/schemas/audit.schema.json' with { type: 'json' };

const image = openImage('fw.cramfs');
const verdict: MapVerdict = new Board(image, { physBase: 0x1000_0000 }).map({ path: '/bin/hello', prot: 'rx' });
const direct: number = verdict.direct.length;
const name: string = DEFAULT_MODEL.name;
const id: string = schema.$id;
console.log(direct, name, id, Object.keys(format).length, typeof toVolume, typeof mapText, typeof NO_COLOURS, CramfsError.name);
// @ts-expect-error a path is a string: the declarations are not "any"
new Board(image, { physBase: 0 }).map({ path: 1 });
`;

/** Declarations of the browser's entry must not need Node's. */
const BROWSER_PROGRAM = `
import { Board, openImage } from 'cramfs-map/browser';

export function directRuns(bytes: Uint8Array, path: string): number {
  return new Board(openImage(bytes), { physBase: 0x1000_0000 }).map({ path }).direct.length;
}
`;

const STRICT = {
  noEmit: true,
  strict: true,
  skipLibCheck: false,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  target: 'es2022',
  resolveJsonModule: true,
};
const NODENEXT = { module: 'nodenext', moduleResolution: 'nodenext' };
const BUNDLER = { module: 'esnext', moduleResolution: 'bundler' };

/**
 * @param {string} project folder that has the tarball installed, and fw.cramfs
 * @param {(command: string, ...args: string[]) => string} run runs a command there; throws or ends where it fails
 * @returns {string} what was found, in a line
 */
export function proveConsumer(project, run) {
  const { devDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
  const tools = TOOLS.map((name) => `${name}@${devDependencies[name]}`);
  run('npm', 'install', '--no-audit', '--no-fund', '--ignore-scripts', '--save-dev', ...tools);
  writeFileSync(join(project, 'node.mts'), NODE_PROGRAM);
  writeFileSync(join(project, 'browser.mts'), BROWSER_PROGRAM);
  for (const [file, resolution, environment] of /** @type {const} */ ([
    ['node.mts', NODENEXT, { lib: ['es2022'], types: ['node'] }],
    ['node.mts', BUNDLER, { lib: ['es2022'], types: ['node'] }],
    ['browser.mts', NODENEXT, { lib: ['es2022', 'dom'], types: [] }],
    ['browser.mts', BUNDLER, { lib: ['es2022', 'dom'], types: [] }],
  ])) {
    const config = { compilerOptions: { ...STRICT, ...resolution, ...environment }, files: [file] };
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(config));
    run('node_modules/.bin/tsc', '--project', '.');
  }
  const bundle = ['browser.mts', '--bundle', '--minify', '--platform=browser', '--format=esm', '--outfile=bundle.mjs'];
  run('node_modules/.bin/esbuild', '--log-level=warning', '--log-limit=0', ...bundle);
  const script =
    "import { readFileSync } from 'node:fs'; import { directRuns } from './bundle.mjs';" +
    "console.log(directRuns(new Uint8Array(readFileSync('fw.cramfs')), '/bin/hello'))";
  const pages = Number(run(process.execPath, '--input-type=module', '-e', script));
  if (!(pages > 0)) throw new Error(`the browser bundle finds ${String(pages)} direct runs`);
  return `strict TypeScript under nodenext and bundler; browser bundle of ${String(readFileSync(join(project, 'bundle.mjs')).length)} bytes`;
}
