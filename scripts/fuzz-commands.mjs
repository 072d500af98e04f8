// `npm run fuzz -- [--seconds N | --executions N] [--seed N] [--threads N] [--corpus FILE] [--out DIR] [--planted [NAME]]`: runs
// whole commands in process on inputs of the project's own writers, and lets coverage decide what is kept; see docs/fuzzing.md.
// --replay FILE runs the cases of a file and no others; --minimise FILE writes the smallest part of a corpus that reaches all
// that it reaches, to FILE itself. With --planted a bug is put into the source as it is bundled, one at a time, and each has
// to be found within five minutes.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import process from 'node:process';
import { clearInterval, setInterval } from 'node:timers';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { gunzipSync, gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { PLANTED } from './fuzz/planted.mjs';
import { presentLine } from './fuzz/present.mjs';
import { readOptions } from './options.mjs';
import { PLACEHOLDER } from './page.mjs';

/** What is kept between runs. */
const CORPUS = fileURLToPath(new URL('../fixtures/fuzz/corpus.jsonl.gz', import.meta.url));
/** Seconds within which a planted bug must be found. */
const PLANTED_LIMIT = 300;
/** Milliseconds after which a case hangs: the machine may be busy with other things. */
const HANGS_AFTER = 30_000;
/** Heap of each thread, in MiB. */
const MEMORY_LIMIT = 512;
/** Heap for new objects, in MiB: more than usual, since each command leaves much that is garbage at its end. */
const YOUNG_LIMIT = 96;
/** Bytes of a case, at most. */
const MAX_CASE = 1 << 20;
/** Seconds that a run takes at most that counts executions. */
const DAY = 86_400;
/** Milliseconds between two lines about progress. */
const PROGRESS_INTERVAL = 60_000;

const { values, positionals } = readOptions(import.meta.url, {
  allowPositionals: true,
  options: {
    seconds: { type: 'string' },
    executions: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    threads: { type: 'string', default: '2' },
    corpus: { type: 'string', default: CORPUS },
    out: { type: 'string', default: join(tmpdir(), 'cramfs-fuzz') },
    replay: { type: 'string' },
    minimise: { type: 'string' },
    planted: { type: 'boolean', default: false },
  },
});
const mostExecutions = Number(values.executions ?? Infinity);
const seconds = Number(values.seconds ?? (values.executions === undefined ? 60 : DAY));
const seed = Number(values.seed);
const threads = Number(values.threads);
if (![seconds, seed, threads, Number(values.executions ?? 0)].every(isWholeNumber) || threads < 1) {
  console.error('fuzz: --seconds, --executions, --seed and --threads take whole numbers');
  process.exit(2);
}
const [out, corpusFile] = [resolve(values.out), resolve(values.corpus)];
const replayed = values.replay === undefined ? null : resolve(values.replay);
const minimised = values.minimise === undefined ? null : resolve(values.minimise);
// Most code runs some thousand times before V8 optimises it: until then its quick compiler's is faster than no compiler's.
setFlagsFromString('--always-sparkplug');
// A full garbage collection discards the optimised code of closures that live only while a command runs: make it rare.
setFlagsFromString(`--initial-old-space-size=${MEMORY_LIMIT - YOUNG_LIMIT}`);
// Inlined code is compiled again in each function that inlines it: inline less.
setFlagsFromString('--max-inlined-bytecode-size-cumulative=300');
process.chdir(fileURLToPath(new URL('..', import.meta.url)));

/**
 * @typedef {{ kind: 'failure', message: string, line: string }} Failure
 * @typedef {{ kind: 'end', executions: number, commands: number, covered: Reached, features: number, corpus: string[] }} End
 * @typedef {import('./fuzz/coverage.ts').Reached} Reached
 * @typedef {import('./fuzz/planted.mjs').PlantedBug} PlantedBug
 * @typedef {{ seconds: number, executions?: number, corpus: string[], threads: number, minimise?: boolean, bug?: PlantedBug | undefined }} Task
 */

/** @param {number} value */
function isWholeNumber(value) {
  return Number.isSafeInteger(value) && value >= 0;
}

/** @param {string} file @returns {string[]} */
const linesOf = (file) =>
  existsSync(file)
    ? (file.endsWith('.gz') ? gunzipSync(readFileSync(file)) : readFileSync(file))
        .toString()
        .split('\n')
        .filter((line) => line !== '')
    : [];

/** @param {string} file @param {string[]} lines */
function writeLines(file, lines) {
  const text = lines.map((line) => `${line}\n`).join('');
  writeFileSync(file, file.endsWith('.gz') ? gzipSync(text, { level: 9 }) : text);
}

/** @param {number} part @param {number} whole */
const share = (part, whole) => `${((part / whole) * 100).toFixed(1)}%`;

if (values.planted) await findPlanted();
else if (minimised !== null) {
  const before = linesOf(minimised);
  const { sums } = await fuzz({ seconds: 0, corpus: before, threads: 1, minimise: true });
  writeLines(minimised, sums.corpus);
  console.log(`${before.length} cases, of which ${sums.corpus.length} reach all that they reach`);
} else if (replayed !== null) {
  const corpus = linesOf(replayed);
  const { failures, sums } = await fuzz({ seconds: 0, corpus, threads: 1 });
  console.log(`${corpus.length} cases, ${sums.commands} commands, ${failures.size} failures`);
  process.exitCode = failures.size === 0 ? 0 : 1;
} else {
  const before = linesOf(corpusFile);
  const { failures, sums } = await fuzz({ seconds, executions: mostExecutions, corpus: before, threads });
  const { executions, commands, elapsed, cpuSeconds } = sums;
  console.log(`seed ${seed}: ${executions} cases, ${commands} executions of commands in ${elapsed.toFixed(0)} s`);
  console.log(
    `${Math.round(commands / elapsed)} executions a second with ${threads} threads; ${Math.round(commands / cpuSeconds)} a second of CPU time`,
  );
  const { functions, knownFunctions, characters, allCharacters } = sums.covered;
  console.log(
    `coverage of one thread at most: ${share(functions, knownFunctions)} of the ${knownFunctions} functions met in lib, ${share(characters, allCharacters)} of its code; ${sums.features} kinds of answers`,
  );
  console.log(`corpus: ${before.length} cases, ${sums.corpus.length} new`);
  if (values.corpus !== CORPUS) writeLines(corpusFile, [...before, ...sums.corpus]);
  console.log(`${failures.size} failures`);
  process.exitCode = failures.size === 0 ? 0 : 1;
}

async function findPlanted() {
  const bugs = PLANTED.filter(
    ({ name }) => positionals.length === 0 || positionals.some((part) => name.includes(part)),
  );
  let missed = 0;
  for (const bug of bugs) {
    const { failures, sums } = await fuzz({ seconds: PLANTED_LIMIT, corpus: linesOf(corpusFile), threads, bug });
    const [first] = failures.keys();
    if (first === undefined) missed++;
    const told = first === undefined ? '' : `: ${first.slice(0, 140).replace(/\n[^]*/, '')}`;
    console.log(`${first === undefined ? 'MISSED' : 'found'} ${bug.name} after ${sums.elapsed.toFixed(1)} s${told}`);
  }
  console.log(`${bugs.length - missed} of ${bugs.length} planted bugs found`);
  process.exitCode = missed === 0 ? 0 : 1;
}

/** Messages that differ in numbers and names only are one. @param {string} message */
function kindOf(message) {
  return message
    .replace(/[0-9]+/g, 'N')
    .replace(/"[^"]*"/g, (words) => words.split(' ', 1)[0] ?? '')
    .slice(0, 100);
}

/** @param {Task} task */
async function fuzz({ seconds: limit, executions: most = Infinity, corpus, threads: count, minimise = false, bug }) {
  const memory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
  const folder = mkdtempSync(join(memory, 'cramfs-fuzz-'));
  /** @type {Map<string, string>} */
  const failures = new Map();
  const kinds = new Set();
  /** @type {string[]} */
  const kept = [];
  const covered = { functions: 0, knownFunctions: 0, characters: 0, allCharacters: 0 };
  const sums = { executions: 0, commands: 0, covered, features: 0, corpus: kept, cpuSeconds: 0, elapsed: 0 };
  /** @type {Set<Worker>} */
  const workers = new Set();
  let isOver = false;
  const end = () => {
    isOver = true;
    for (const worker of workers) void worker.terminate();
  };
  const fail = (/** @type {string} */ message, /** @type {string} */ line) => {
    if (bug !== undefined && !bug.shows.test(message)) return;
    const kind = kindOf(message);
    if (kinds.has(kind)) return;
    kinds.add(kind);
    failures.set(message, line);
    if (bug !== undefined) {
      end();
      return;
    }
    mkdirSync(out, { recursive: true });
    const file = join(out, `${createHash('sha256').update(line).digest('hex').slice(0, 12)}.jsonl`);
    writeFileSync(file, `${line}\n`);
    console.error(`FAILURE: ${message}\n  npm run fuzz -- --replay ${file}`);
  };
  try {
    await bundle(folder, bug);
    const began = Date.now();
    const cpuBegan = process.cpuUsage();
    const until = began + limit * 1000;
    /** What threads have executed that have not ended. @type {Map<string, Float64Array>} */
    const running = new Map();
    let before = { executions: 0, cpuSeconds: 0 };
    const executed = () => [...running.values()].reduce((sum, [, commands = 0]) => sum + commands, sums.commands);
    const counting = setInterval(() => {
      if (executed() >= most) for (const watched of running.values()) watched[2] = 1;
    }, 100);
    const progress = setInterval(() => {
      const { user, system } = process.cpuUsage(cpuBegan);
      const cpuSeconds = (user + system) / 1e6;
      const executions = executed();
      const rate = Math.round((executions - before.executions) / (cpuSeconds - before.cpuSeconds));
      const elapsed = Math.round((Date.now() - began) / 1000);
      console.error(`${elapsed} s: ${executions} executions; of late ${rate} a second of CPU time`);
      before = { executions, cpuSeconds };
    }, PROGRESS_INTERVAL);
    /** One thread, until it ends. @param {number} own its seed @param {string} name @returns {Promise<void>} */
    const run = (own, name) =>
      new Promise((done) => {
        const watched = {
          began: new Float64Array(new SharedArrayBuffer(24)),
          present: new Uint8Array(new SharedArrayBuffer(MAX_CASE)),
        };
        const setup = { seed: own, until, corpus, minimise, folder: join(folder, name), schemas: resolve('schemas') };
        const worker = new Worker(join(folder, 'commands.mjs'), {
          workerData: { ...setup, ...watched },
          resourceLimits: { maxOldGenerationSizeMb: MEMORY_LIMIT, maxYoungGenerationSizeMb: YOUNG_LIMIT },
        });
        workers.add(worker);
        const failHere = (/** @type {string} */ message) => {
          fail(message, presentLine(watched.present));
          sums.commands += watched.began[1] ?? 0;
        };
        running.set(name, watched.began);
        const watch = setInterval(() => {
          const since = watched.began[0] ?? 0;
          if (since === 0 || Date.now() - since < HANGS_AFTER) return;
          if (isDone) fail('a thread does not end: something that a case began goes on', presentLine(watched.present));
          else failHere(`a case hangs: ${HANGS_AFTER} ms`);
          void worker.terminate();
        }, 1000);
        let isDone = false;
        worker.on('message', (/** @type {Failure | End} */ message) => {
          if (message.kind === 'failure') {
            fail(message.message, message.line);
            return;
          }
          isDone = true;
          running.delete(name);
          watched.began[0] = Date.now();
          sums.executions += message.executions;
          sums.commands += message.commands;
          if (message.covered.characters > sums.covered.characters) sums.covered = message.covered;
          sums.features = Math.max(sums.features, message.features);
          kept.push(...message.corpus);
        });
        worker.on('error', (error) => {
          if (!isOver) failHere(`the thread died: ${error.message}`);
        });
        worker.on('exit', () => {
          clearInterval(watch);
          running.delete(name);
          workers.delete(worker);
          // What a thread does that died is done by another, from another seed.
          if (isDone || isOver || Date.now() >= until || executed() >= most) done();
          else done(run(own + 1000, `${name}-`));
        });
      });
    await Promise.all(Array.from({ length: count }, (_, index) => run(seed + index, String(index))));
    clearInterval(progress);
    clearInterval(counting);
    const { user, system } = process.cpuUsage(cpuBegan);
    sums.cpuSeconds = (user + system) / 1e6;
    sums.elapsed = (Date.now() - began) / 1000;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return { failures, sums };
}

/**
 * @param {string} folder
 * @param {PlantedBug | undefined} bug
 */
async function bundle(folder, bug) {
  let isPlanted = bug === undefined;
  // What is installed beside the programs. The page of reports is the same for all: here it is its data.
  writeFileSync(join(folder, 'package.json'), '{}');
  symlinkSync(resolve('docs'), join(folder, 'docs'));
  mkdirSync(join(folder, 'dist/page'), { recursive: true });
  writeFileSync(join(folder, 'dist/page/report.html'), PLACEHOLDER);
  /** @type {import('esbuild').BuildOptions} */
  const common = { bundle: true, platform: 'node', target: 'node20', logLevel: 'error', outdir: folder };
  await build({
    ...common,
    entryPoints: ['auditWorker', 'checkWorker', 'imageWorker', 'deflateWorker'].map((name) => `lib/workers/${name}.ts`),
    outExtension: { '.js': '.cjs' },
    format: 'cjs',
    define: { 'import.meta.url': 'undefined' },
  });
  await build({
    ...common,
    entryPoints: ['scripts/fuzz/commands.ts'],
    outExtension: { '.js': '.mjs' },
    format: 'esm',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    plugins: [
      {
        name: 'inputs-in-memory',
        setup(builder) {
          builder.onResolve({ filter: /^node:(?:fs|worker_threads)$/ }, ({ path, importer }) => {
            if (!relative('.', importer).startsWith('lib')) return undefined;
            return { path: resolve(path === 'node:fs' ? 'scripts/fuzz/inputFiles.ts' : 'scripts/fuzz/threads.ts') };
          });
        },
      },
      {
        name: 'planted',
        setup(builder) {
          if (bug === undefined) return;
          builder.onLoad({ filter: /[.]ts$/ }, ({ path }) => {
            if (relative('.', path) !== bug.file) return undefined;
            const source = readFileSync(path, 'utf8');
            if (!source.includes(bug.from)) throw new Error(`${bug.file} does not contain: ${bug.from}`);
            isPlanted = true;
            return { contents: source.replace(bug.from, () => bug.to), loader: 'ts' };
          });
        },
      },
    ],
  });
  if (!isPlanted) throw new Error(`${bug?.file ?? ''} is not part of the commands`);
}
