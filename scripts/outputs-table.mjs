// `npm run outputs -- [--seconds 20] [--only TEXT]`: every output of every command, where it cannot be written: into a folder
// that is missing, onto a full disk (/dev/full), into a pipe that is closed, and when the command is ended by SIGTERM at
// work. Prints a table of exit codes and seconds; the exit code is 1 if a run does not end in time, ends by an internal error,
// prints a stack trace, or leaves a file behind. For Linux.
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { clearTimeout, setTimeout } from 'node:timers';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { readOptions } from './options.mjs';

const { values } = readOptions(import.meta.url, {
  options: { seconds: { type: 'string', default: '20' }, only: { type: 'string', default: '' } },
});
const limit = Number(values.seconds) * 1000;
process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const PROGRAM = 'dist/bin/cramfs.cjs';
/** Milliseconds after which SIGTERM is sent: the program has begun by then. */
const SIGNAL_AFTER = 400;
/** Files of 64 KiB that share their blocks: enough to keep a command busy for a second or so. */
const FILES = 100;
const FILE_BYTES = 65_536;

const scratch = mkdtempSync(join(tmpdir(), 'cramfs-outputs-'));
const out = join(scratch, 'out');
const image = join(scratch, 'a.img');
const tree = join(scratch, 'tree');
mkdirSync(out);
mkdirSync(tree);
writeFileSync(join(tree, 'f'), 'a'.repeat(5000));
const capture = join(scratch, 'used.csv');
writeFileSync(capture, 'path,first page,pages,uses,first use\n/0000,0,1,1,\n');
await writeImage();

async function writeImage() {
  const bundle = join(scratch, 'shared.mjs');
  const entryPoints = ['__tests__/support/sharedTables.ts'];
  await build({ entryPoints, outfile: bundle, bundle: true, platform: 'node', format: 'esm', logLevel: 'error' });
  /** @type {typeof import('../__tests__/support/sharedTables.ts')} */
  const { sharedTableImage } = await import(pathToFileURL(bundle).href);
  const pointer = (/** @type {number} */ index, /** @type {number} */ data) =>
    (0xc000_0000 | (data >>> 2)) + (index % 2) * 1024;
  const data = new Uint8Array(8192).fill(0x61);
  writeFileSync(image, sharedTableImage({ files: FILES, pointer, data, size: () => FILE_BYTES }));
}

/** @typedef {{ name: string, args: (to: string) => string[], isFile: boolean }} Output */

/** @param {string} name @param {string[]} args @returns {Output} */
const printed = (name, ...args) => ({ name, args: () => args, isFile: false });
/** @param {string} name @param {(to: string) => string[]} args @returns {Output} */
const written = (name, args) => ({ name, args, isFile: true });

const AUDIT = ['text', 'json', 'ndjson', 'sarif', 'junit', 'github', 'gitlab', 'markdown'];
const DIFF = ['text', 'markdown', 'github', 'json'];
const MANIFEST = ['mtree', 'sha256sum', 'cyclonedx', 'json'];
const two = ['--jobs', '2', image, image];
const outputs = [
  ...AUDIT.map((format) => printed(`audit --format ${format}`, 'audit', '--format', format, ...two)),
  ...AUDIT.map((format) =>
    written(`audit --format ${format} --output`, (to) => ['audit', '--format', format, '--output', to, ...two]),
  ),
  written('audit --write-baseline', (to) => ['audit', '--write-baseline', to, ...two]),
  ...DIFF.map((format) => printed(`diff --format ${format}`, 'diff', '--format', format, image, image)),
  ...MANIFEST.map((format) => printed(`manifest --format ${format}`, 'manifest', '--format', format, image)),
  written('manifest --output', (to) => ['manifest', image, '-o', to]),
  printed('check', 'check', ...two),
  printed('check --json', 'check', '--json', ...two),
  printed('info --json', 'info', '--json', image),
  printed('ls -R --json', 'ls', '-R', '--json', image),
  printed('tree', 'tree', image),
  printed('cat', 'cat', image, '/0000'),
  printed('map --json', 'map', '--json', '--pages', image, '/0000'),
  printed('exec --json', 'exec', '--json', image, '/0000'),
  printed('compare-kernels --json', 'compare-kernels', '--json', image, 'linux-4.15'),
  printed('describe', 'describe', image),
  printed('report', 'report', image),
  written('report --output', (to) => ['report', image, '-o', to]),
  written('report --svg --output', (to) => ['report', '--svg', image, '-o', to]),
  printed('extract --tar -', 'extract', '--tar', '-', image),
  written('extract --tar', (to) => ['extract', '--tar', to, image]),
  printed('policy init', 'policy', 'init'),
  written('policy init FILE', (to) => ['policy', 'init', to]),
  written('mkfs', (to) => ['mkfs', tree, to]),
  written('mkfs --depfile', (to) => ['mkfs', '--depfile', to, tree, join(out, 'b.img')]),
  written('mkfs --curve', (to) => [
    'mkfs',
    '--xip',
    'mmu',
    '--phys',
    '0x10000000',
    '--curve',
    to,
    tree,
    join(out, 'b.img'),
  ]),
  written('profile --output', (to) => ['profile', image, capture, '-o', to]),
  written('stage --output', (to) => ['stage', '--from', tree, '/f', '-o', to]),
].filter(({ name }) => name.includes(values.only));

/**
 * @param {string[]} args
 * @param {{ stdout?: number | 'pipe', onStart?: (child: import('node:child_process').ChildProcess) => void }} how
 * @returns {Promise<{ cell: string, isBad: boolean }>}
 */
function run(args, { stdout, onStart } = {}) {
  return new Promise((resolve) => {
    const began = Date.now();
    /** @type {import('node:child_process').ChildProcess} */
    const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', stdout ?? 'pipe', 'pipe'] });
    let errors = '';
    let hangs = false;
    child.stderr?.setEncoding('utf8').on('data', (/** @type {string} */ text) => (errors += text));
    const timer = setTimeout(() => {
      hangs = true;
      child.kill('SIGKILL');
    }, limit);
    if (onStart === undefined) child.stdout?.resume();
    else onStart(child);
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      const left = readdirSync(out);
      rmSync(out, { recursive: true });
      mkdirSync(out);
      const faults = [
        ...(hangs ? ['HANGS'] : []),
        ...(code === 70 ? ['BUG'] : []),
        ...(/^\s+at .*:\d+:\d+/m.test(errors) ? ['TRACE'] : []),
        // What was complete before stays; unfinished files do not.
        ...(left.some((name) => name.endsWith('.tmp')) ? ['LEFT'] : []),
      ];
      const seconds = ((Date.now() - began) / 1000).toFixed(1);
      resolve({
        cell: [signal ?? `exit ${String(code)}`, ...faults, `${seconds} s`].join(' '),
        isBad: faults.length > 0,
      });
    });
  });
}

const full = openSync('/dev/full', 'w');
let bad = 0;
let runs = 0;
console.log(['output', 'missing folder', 'full disk', 'closed pipe', 'SIGTERM'].join('\t'));
try {
  for (const { name, args, isFile } of outputs) {
    const to = join(out, 'x');
    const cells = [
      isFile ? await run(args(join(scratch, 'missing', 'x'))) : null,
      isFile ? await run(args('/dev/full')) : await run(args(to), { stdout: full }),
      await run(args(to), { onStart: (child) => child.stdout?.destroy() }),
      await run(args(to), {
        onStart: (child) => {
          child.stdout?.resume();
          setTimeout(() => child.kill('SIGTERM'), SIGNAL_AFTER);
        },
      }),
    ];
    for (const cell of cells) {
      if (cell === null) continue;
      runs++;
      if (cell.isBad) bad++;
    }
    console.log([name, ...cells.map((cell) => cell?.cell ?? '-')].join('\t'));
  }
} finally {
  closeSync(full);
  rmSync(scratch, { recursive: true, force: true });
}
console.log(`${runs} runs, ${bad} bad`);
process.exitCode = bad === 0 ? 0 : 1;
