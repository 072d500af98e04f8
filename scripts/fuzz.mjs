// `npm run fuzz:library -- --seconds N [--seed N] [--from INDEX] [--out DIR]`: damages small images and uses them in every way:
// scan, open, check, info, walk, read, extract, map, exec. Only typed errors may come of it, within a time limit, and what
// check calls sound must be readable. Inputs that fail are made smaller and written to DIR; the seed and the number of an
// execution repeat it.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { clearInterval, setInterval } from 'node:timers';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { gunzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { readOptions } from './options.mjs';

/** One use of one image may take this long, in ms; the machine may be busy with other things. */
const TIME_LIMIT = 10_000;
/** Heap of the thread that executes, in MiB. */
const MEMORY_LIMIT = 300;
/** Larger images are no seeds, in bytes: the smaller the image, the more executions. */
const LARGEST_SEED = 64 * 1024;

const { values } = readOptions(import.meta.url, {
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string' },
    from: { type: 'string', default: '0' },
    out: { type: 'string', default: join(tmpdir(), 'cramfs-fuzz') },
  },
});
const seconds = Number(values.seconds);
const seed = values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed);
const firstIndex = Number(values.from);
if (![seconds, seed, firstIndex].every((value) => Number.isSafeInteger(value) && value >= 0)) {
  console.error('fuzz: --seconds, --seed and --from take whole numbers');
  process.exit(2);
}
const { out } = values;
process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const files = seedFiles();
console.log(`seed ${seed}, ${seconds} s, ${files.length} images to start from`);
const folder = mkdtempSync(join(tmpdir(), 'cramfs-fuzz-build-'));
const began = Date.now();
/** Distinct failures, by their message without numbers. @type {Map<string, number>} */
const failures = new Map();
const totals = {
  executions: 0,
  /** @type {Map<string, number>} */
  errors: new Map(),
  /** @type {Map<string, number>} */
  stages: new Map(),
};
try {
  await build({
    entryPoints: ['scripts/fuzz/worker.ts', 'scripts/fuzz/mutate.ts'],
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'warning',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
  const until = began + seconds * 1000;
  for (let first = firstIndex; first !== -1 && Date.now() < until;) first = await runFrom(first, until);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

const sum = (/** @type {Map<string, number>} */ map) =>
  [...map]
    .sort((a, b) => b[1] - a[1])
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
console.log(`\n${totals.executions} executions in ${Math.round((Date.now() - began) / 1000)} s, seed ${seed}`);
console.log(`ended in: ${sum(totals.stages)}`);
console.log(`typed errors: ${sum(totals.errors)}`);
console.log(failures.size === 0 ? 'no failures' : `${failures.size} different failures, see ${out}`);
process.exitCode = failures.size === 0 ? 0 : 1;

/**
 * Runs executions from `first` on, in a thread of their own.
 * @param {number} first
 * @param {number} until
 * @returns {Promise<number>} where to go on after an execution that did not end by itself; -1 at the end
 */
function runFrom(first, until) {
  const state = new Int32Array(new SharedArrayBuffer(8));
  state[0] = first;
  state[1] = Date.now() - began;
  return new Promise((resolve) => {
    const worker = new Worker(join(folder, 'worker.mjs'), {
      workerData: { files, seed, first, until, out, state, began },
      resourceLimits: { maxOldGenerationSizeMb: MEMORY_LIMIT },
    });
    let over = false;
    const end = (/** @type {number} */ next) => {
      if (over) return;
      over = true;
      clearInterval(watch);
      void worker.terminate().then(() => {
        resolve(next);
      });
    };
    const watch = setInterval(() => {
      const index = Atomics.load(state, 0);
      if (Date.now() - began - Atomics.load(state, 1) < TIME_LIMIT) return;
      void keep(index, `it takes more than ${TIME_LIMIT} ms`);
      totals.executions += index - first + 1;
      end(index + 1);
    }, 250);
    worker.on('message', (message) => {
      if (message.kind === 'failure') {
        tell(message.index, message.stage, message.message, message.stack, `${message.from}, ${message.file}`);
        return;
      }
      /** @type {{ executions: number, errors: [string, number][], stages: [string, number][] }} */
      const done = message;
      totals.executions += done.executions;
      for (const name of /** @type {const} */ (['errors', 'stages'])) {
        for (const [key, count] of done[name]) totals[name].set(key, (totals[name].get(key) ?? 0) + count);
      }
      end(-1);
    });
    worker.on('error', (error) => {
      const index = Atomics.load(state, 0);
      void keep(index, `the thread died: ${error.message}`);
      totals.executions += index - first + 1;
      end(index + 1);
    });
  });
}

/**
 * Writes the input of an execution that did not end by itself.
 * @param {number} index
 * @param {string} message
 */
async function keep(index, message) {
  const { mutate, randomFrom, seedOf } = await import(pathToFileURL(join(folder, 'mutate.mjs')).href);
  const seeds = files.map(({ name, bytes }) => seedOf(name, bytes));
  const { seed: from, bytes } = mutate(seeds, randomFrom(seed + Math.imul(index, 0x9e3779b1)));
  mkdirSync(out, { recursive: true });
  const file = join(out, `seed-${seed}-${index}.img`);
  writeFileSync(file, bytes);
  tell(index, '', message, undefined, `${from.name}, ${file}`);
}

/**
 * Tells a failure, and only counts those that are like one told before.
 * @param {number} index
 * @param {string} stage
 * @param {string} message
 * @param {string | undefined} stack
 * @param {string} where
 */
function tell(index, stage, message, stack, where) {
  const kind = `${stage}: ${message.replace(/[0-9]+/g, 'N').replace(/"[^"]*"/g, '""')}`.slice(0, 120);
  const count = failures.get(kind) ?? 0;
  failures.set(kind, count + 1);
  if (count > 0) return;
  console.error(`FAILURE in execution ${index} (${stage}): ${stack ?? message}\n  from ${where}`);
}

/** The images to start from: small ones of every kind, good and bad. */
function seedFiles() {
  const folders = ['fixtures/images', 'fixtures/kernels/images', 'fixtures/nommu/images', 'fixtures/malformed'];
  const paths = folders.flatMap((path) => readdirSync(path).map((name) => `${path}/${name}`));
  return paths
    .filter((path) => /[.](img|cramfs[.]gz)$/.test(path))
    .map((path) => {
      const raw = readFileSync(path);
      return { name: path, bytes: new Uint8Array(path.endsWith('.gz') ? gunzipSync(raw) : raw) };
    })
    .filter(({ bytes }) => bytes.length > 0 && bytes.length <= LARGEST_SEED);
}
