// `npm run fuzz:commands -- [--seconds N] [--seed N] [--threads N] [--out DIR] [--planted]`: runs the commands in process on
// small images of the project's own writer, and lets coverage decide which are kept. With --planted a bug is put into the
// source as it is bundled, one at a time, and each has to be found within five minutes.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';
import { PLANTED } from './fuzz/planted.mjs';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    threads: { type: 'string', default: '2' },
    out: { type: 'string', default: join(tmpdir(), 'cramfs-fuzz') },
    planted: { type: 'boolean', default: false },
  },
});
const seconds = Number(values.seconds);
const seed = Number(values.seed);
const threads = Number(values.threads);
if (![seconds, seed, threads].every((value) => Number.isSafeInteger(value) && value >= 0) || threads < 1) {
  console.error('fuzz: --seconds, --seed and --threads take whole numbers');
  process.exit(2);
}
/**
 * @typedef {{ kind: 'failure', message: string, bytes: Uint8Array }} Failure
 * @typedef {{ kind: 'end', executions: number, commands: number, covered: number, corpus: Uint8Array[], cpuSeconds: number }} End
 */

/** Seconds within which a planted bug must be found. */
const PLANTED_LIMIT = 300;
process.chdir(fileURLToPath(new URL('..', import.meta.url)));
if (values.planted) {
  let missed = 0;
  for (const bug of PLANTED) {
    const began = Date.now();
    const { failures } = await fuzz(PLANTED_LIMIT, bug);
    const [first] = failures.keys();
    const took = ((Date.now() - began) / 1000).toFixed(1);
    if (first === undefined) missed++;
    console.log(
      `${first === undefined ? 'MISSED' : 'found'} ${bug.name} after ${took} s${first === undefined ? '' : `: ${first.slice(0, 140)}`}`,
    );
  }
  console.log(`${PLANTED.length - missed} of ${PLANTED.length} planted bugs found`);
  process.exitCode = missed === 0 ? 0 : 1;
} else {
  const { failures, sums } = await fuzz(seconds, null);
  const perSecond = (/** @type {number} */ count) => (sums.cpuSeconds > 0 ? Math.round(count / sums.cpuSeconds) : 0);
  console.log(`seed ${seed}: ${sums.executions} executions, ${sums.commands} commands in ${seconds} s`);
  console.log(
    `${perSecond(sums.executions)} executions and ${perSecond(sums.commands)} commands for each second of CPU time`,
  );
  console.log(`coverage: ${sums.covered} pieces of code at most in a thread; corpus: ${sums.kept} images kept`);
  for (const [message, bytes] of failures) {
    mkdirSync(values.out, { recursive: true });
    const file = join(values.out, `${createHash('sha256').update(bytes).digest('hex').slice(0, 12)}.img`);
    writeFileSync(file, bytes);
    console.error(`FAILURE: ${message}\n  ${file}`);
  }
  process.exitCode = failures.size === 0 ? 0 : 1;
}

/**
 * @param {number} limit seconds
 * @param {import('./fuzz/planted.mjs').PlantedBug | null} bug
 */
async function fuzz(limit, bug) {
  const folder = mkdtempSync(join(tmpdir(), 'cramfs-fuzz-'));
  /** @type {Map<string, Uint8Array>} */
  const failures = new Map();
  const kinds = new Set();
  const sums = { executions: 0, commands: 0, covered: 0, kept: 0, cpuSeconds: 0 };
  try {
    await bundle(folder, bug);
    const until = Date.now() + limit * 1000;
    /** @type {Worker[]} */
    const workers = [];
    const run = (/** @type {number} */ index) =>
      new Promise((resolve, reject) => {
        const worker = new Worker(join(folder, 'commands.mjs'), {
          workerData: { seed: seed + index, until, folder, corpus: [] },
        });
        workers.push(worker);
        worker.on('message', (/** @type {Failure | End} */ message) => {
          if (message.kind === 'failure') {
            if (bug !== null && !bug.shows.test(message.message)) return;
            const kind = message.message
              .replace(/[0-9]+/g, 'N')
              .replace(/"[^"]*"/g, '""')
              .slice(0, 100);
            if (!kinds.has(kind)) failures.set(message.message, message.bytes);
            kinds.add(kind);
            if (bug !== null) for (const each of workers) void each.terminate();
          } else {
            sums.executions += message.executions;
            sums.commands += message.commands;
            sums.covered = Math.max(sums.covered, message.covered);
            sums.kept += message.corpus.length;
            // process.cpuUsage() counts all threads.
            sums.cpuSeconds = Math.max(sums.cpuSeconds, message.cpuSeconds);
          }
        });
        worker.on('error', reject);
        worker.on('exit', resolve);
      });
    await Promise.all(Array.from({ length: threads }, (_, index) => run(index)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return { failures, sums };
}

/**
 * @param {string} folder
 * @param {import('./fuzz/planted.mjs').PlantedBug | null} bug
 */
async function bundle(folder, bug) {
  let isPlanted = bug === null;
  await build({
    entryPoints: ['scripts/fuzz/commands.ts'],
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    plugins: [
      {
        name: 'planted',
        setup(builder) {
          if (bug === null) return;
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
