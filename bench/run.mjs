// Benchmarks beside other tools, on generated files and on Debian's; writes docs/benchmarks.md with --record.
//   npm run bench [-- --runs 3] [--only ROW] [--quick] [--record] [--keep FOLDER]
// --quick takes a tenth of the files, which says nothing about the targets: it only shows that all rows can be measured.
// Each figure is a ratio to that of the tool beside it, taken in the same run by turns. Exit code 1 where a target is
// missed or an answer is not what it was; a figure worse than the baseline (bench/baseline.json) is a warning.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { pageCells, writeDocument } from './document.mjs';
import { compareHashes, hashOf } from './equality.mjs';
import { ALLOWED, measureGrowth } from './growth.mjs';
import { CRAMFS, TIME, median, run, withTemporaryFolder } from './measure.mjs';
import { smallTree, systemTree } from './trees.mjs';
import { REQUESTS, batchCommand, findPeers, groups } from './works.mjs';
import { readOptions } from '../scripts/options.mjs';

const { values } = readOptions(import.meta.url, {
  options: {
    runs: { type: 'string' },
    files: { type: 'string' },
    megabytes: { type: 'string' },
    only: { type: 'string', multiple: true, default: [] },
    quick: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
    keep: { type: 'string' },
  },
});
const RUNS = Number(values.runs ?? (values.quick ? 1 : 3));
const FILES = Number(values.files ?? (values.quick ? 6000 : 60_000));
const MEGABYTES = Number(values.megabytes ?? (values.quick ? 40 : 409));
const BASELINE = new URL('baseline.json', import.meta.url);
/** How much worse than the baseline a ratio may be before it is a step back. */
const TOLERANCE = 1.25;

/** @typedef {import('./works.mjs').Row} Row */
/** @typedef {import('./measure.mjs').Run} Run */
/** @typedef {{ min: number, median: number, max: number }} Spread */
/**
 * @typedef {object} Result
 * @property {Row} row
 * @property {{ wall: Spread, cpu: Spread }} ratio
 * @property {{ wall: number, cpu: number, megabytes: number }} ours medians, and the peak
 * @property {{ wall: number, cpu: number, megabytes: number }} peer
 * @property {string[]} misses in words
 * @property {string | null} stepBack
 */

/** @type {Record<string, { ratio: number, tolerance: number }>} */
const baseline = existsSync(BASELINE) ? JSON.parse(readFileSync(BASELINE, 'utf8')) : {};
/** @type {string[]} */
const missed = [];
/** @type {string[]} */
const skipped = [];
const isWanted = (/** @type {string} */ id) =>
  values.only.length === 0 || values.only.some((name) => id === name || id.startsWith(`${name}-`));

/** @param {number[]} all @returns {Spread} */
const spread = (all) => ({ min: Math.min(...all), median: median(all), max: Math.max(...all) });

/**
 * Runs the commands of a group by turns.
 * @param {import('./works.mjs').Group} group
 * @param {Set<string>} wanted the names of its commands
 */
function measureGroup(group, wanted) {
  /** @type {Map<string, Run[]>} */
  const runs = new Map();
  /** @type {Map<string, string>} */
  const hashes = new Map();
  const needsHash = new Set(group.rows.flatMap(({ same, ours, peer }) => (same === true ? [ours, peer] : [])));
  for (let round = 0; round < RUNS; round++) {
    for (const [name, command] of Object.entries(group.commands)) {
      if (command === null || !wanted.has(name)) continue;
      const all = Array.from({ length: group.repeat ?? 1 }, () => {
        const measured = run(command);
        if (group.made !== undefined) {
          if (needsHash.has(name) && !hashes.has(name)) hashes.set(name, hashOf(group.made));
          rmSync(group.made, { recursive: true, force: true });
        }
        return measured;
      });
      const one = {
        wall: median(all.map(({ wall }) => wall)),
        cpu: all.reduce((sum, { cpu }) => sum + cpu, 0) / all.length,
        megabytes: Math.max(...all.map(({ megabytes }) => megabytes)),
      };
      runs.set(name, [...(runs.get(name) ?? []), one]);
    }
  }
  return { runs, hashes };
}

/** @param {Run[]} all */
const summary = (all) => ({
  wall: median(all.map(({ wall }) => wall)),
  cpu: median(all.map(({ cpu }) => cpu)),
  megabytes: Math.max(...all.map(({ megabytes }) => megabytes)),
});

/** @param {Row} row @param {ReturnType<typeof measureGroup>} measured @returns {Result} */
function judge(row, { runs, hashes }) {
  const [ours, peer, aside] = [row.ours, row.peer, row.aside ?? ''].map((name) => runs.get(name) ?? []);
  const ratios = (/** @type {'wall' | 'cpu'} */ by) =>
    spread((ours ?? []).map((one, i) => (one[by] - (aside?.[i]?.[by] ?? 0)) / Math.max(peer?.[i]?.[by] ?? NaN, 0.005)));
  const ratio = { wall: ratios('wall'), cpu: ratios('cpu') };
  const [mine, theirs] = [summary(ours ?? []), summary(peer ?? [])];
  const misses = [];
  const value = ratio[row.by].median;
  if (!values.quick && !(value <= row.target)) misses.push(`${value.toFixed(2)} of at most ${row.target}`);
  if (!values.quick && mine.megabytes > (row.megabytes ?? Infinity))
    misses.push(`${mine.megabytes.toFixed(0)} MB of at most ${row.megabytes ?? 0}`);
  if (row.same === true && hashes.get(row.ours) !== hashes.get(row.peer)) misses.push('not the same bytes');
  const before = baseline[row.id];
  const isBack = !values.quick && before !== undefined && value > before.ratio * before.tolerance;
  return { row, ratio, ours: mine, peer: theirs, misses, stepBack: isBack ? `was ${before.ratio}` : null };
}

/** @param {string} folder the trees, their images and the file for `scan` */
function prepare(folder) {
  const at = (/** @type {string} */ name) => join(folder, name);
  mkdirSync(folder, { recursive: true });
  if (!existsSync(at('small'))) smallTree(at('small'), FILES);
  if (!existsSync(at('system'))) {
    mkdirSync(at('system'));
    systemTree(at('system'), MEGABYTES);
  }
  for (const name of ['small', 'system']) {
    if (existsSync(at(`${name}.cramfs`))) continue;
    run([process.execPath, CRAMFS, 'mkfs', '--deflate', 'fast', at(name), at(`${name}.cramfs`)]);
  }
}

/** @param {string} folder */
function bench(folder) {
  const started = Date.now();
  const say = (/** @type {string} */ text) => {
    console.log(`[${((Date.now() - started) / 1000).toFixed(0).padStart(4)} s] ${text}`);
  };
  const load = loadavg()[0] ?? 0;
  prepare(folder);
  say('trees and images are made');
  const peers = findPeers();
  if (peers.missing.length > 0)
    say(`for all rows: apt-get install ${peers.missing.map((name) => name.split(' ')[0]).join(' ')}`);
  /** @type {Result[]} */
  const results = [];
  for (const group of groups(folder, peers)) {
    const rows = group.rows.filter(({ id }) => isWanted(id));
    const possible = rows.filter((row) => group.commands[row.peer] !== null);
    for (const row of rows)
      if (!possible.includes(row)) skipped.push(`${row.id}: what it is compared with is not installed`);
    if (possible.length === 0) continue;
    const wanted = new Set(possible.flatMap((row) => [row.ours, row.peer, row.aside ?? row.peer]));
    const measured = measureGroup(group, wanted);
    for (const row of possible) {
      const result = judge(row, measured);
      results.push(result);
      if (result.misses.length > 0) missed.push(`${row.id} (${result.misses.join(', ')})`);
      const { wall, cpu } = result.ratio;
      say(
        `${row.id}: wall ${wall.median.toFixed(2)}, CPU ${cpu.median.toFixed(2)}, target ${row.target} (${row.by}); ` +
          `${result.ours.wall.toFixed(2)} s, ${result.ours.megabytes.toFixed(0)} MB` +
          `${result.misses.length > 0 ? '; missed' : ''}${result.stepBack === null ? '' : `; warning: a step back, ${result.stepBack}`}`,
      );
    }
  }
  const rates = isWanted('batch') ? measureBatch(folder) : null;
  if (rates !== null) {
    say(`batch: ${Math.round(rates.median)} requests for each second of CPU time, target ${REQUESTS}`);
    if (!values.quick && rates.median < REQUESTS) missed.push(`batch (${Math.round(rates.median)} requests a second)`);
  }
  const page = isWanted('page') ? measurePage() : null;
  if (page !== null) {
    for (const { cells, misses } of page.map(pageCells)) {
      say(`page, ${cells.join('; ')}`);
      if (!values.quick) missed.push(...misses);
    }
  } else if (isWanted('page')) skipped.push('page: no Chromium; set CHROMIUM to its path');
  const growth = isWanted('growth') ? measureGrowth(folder, FILES, RUNS) : [];
  for (const { name, sizes, perFile } of growth) {
    say(`growth of ${name}: ${sizes.map(({ cpu }) => `${cpu.toFixed(2)} s`).join(', ')}; a file ${perFile.toFixed(2)}`);
    if (!values.quick && perFile > ALLOWED)
      missed.push(`growth of ${name} (a file is ${perFile.toFixed(2)} times as dear)`);
  }
  const equality = isWanted('equality') ? compareInTemporaryFolder() : null;
  const different = equality?.different ?? [];
  if (equality !== null)
    say(`equality: ${different.length === 0 ? 'all answers are as before' : different.join(', ')}`);
  missed.push(...different.map((name) => `answer of ${name}`));
  if (!values.record) return;
  if (values.only.length > 0 || values.quick) throw new Error('--record needs all rows: without --only and --quick');
  for (const { row, ratio } of results)
    baseline[row.id] = { ratio: Number(ratio[row.by].median.toFixed(2)), tolerance: TOLERANCE };
  writeFileSync(BASELINE, `${JSON.stringify(baseline, null, 2)}\n`);
  const size = (/** @type {string} */ name) => statSync(join(folder, `${name}.cramfs`)).size / 1e6;
  writeDocument({
    runs: RUNS,
    files: FILES,
    megabytes: MEGABYTES,
    machine: `${availableParallelism()} processors (${cpus()[0]?.model.trim() ?? 'unknown'}), ${(totalmem() / 1e9).toFixed(0)} GB, Node ${process.versions.node}, ${process.platform}`,
    load,
    images: { small: size('small'), system: size('system') },
    results,
    rates,
    page,
    growth,
    equality,
    skipped,
    missed,
    seconds: (Date.now() - started) / 1000,
  });
  say('docs/benchmarks.md and bench/baseline.json are written');
}

function compareInTemporaryFolder() {
  /** @type {ReturnType<typeof compareHashes>[]} */
  const answers = [];
  withTemporaryFolder((folder) => answers.push(compareHashes(folder, false)));
  return answers[0] ?? null;
}

/**
 * The report page of a small and a large image; null without Chromium.
 * @returns {import('./document.mjs').PageResult[] | null}
 */
function measurePage() {
  const script = fileURLToPath(new URL('report.mjs', import.meta.url));
  const args = [script, '--json', ...(values.quick ? ['--small'] : [])];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status === 2) return null;
  if (status !== 0) throw new Error(`bench/report.mjs: ${stderr}`);
  return JSON.parse(stdout);
}

/** Requests for each second of CPU time. @param {string} folder */
function measureBatch(folder) {
  return spread(
    Array.from({ length: RUNS }, () => {
      const bare = run([process.execPath, '-e', '0']).cpu;
      return REQUESTS / (run(batchCommand(folder)).cpu - bare);
    }),
  );
}

if (!existsSync(TIME)) {
  console.log('GNU time is needed: apt-get install time');
  process.exit(2);
}
if (values.keep === undefined) withTemporaryFolder(bench);
else bench(values.keep);
for (const text of skipped) console.log(`skipped: ${text}`);
if (missed.length > 0) {
  console.log(`\nmissed:\n  ${missed.join('\n  ')}`);
  process.exitCode = 1;
}
