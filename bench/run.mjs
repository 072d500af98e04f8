// Benchmarks beside other tools on generated and on Debian's files; writes docs/benchmarks.md.
//   npm run bench [-- --runs 3] [--files 60000] [--megabytes 409]
// Each figure is a ratio of user and system time to that of the tool beside it, taken in the same run by turns: it holds on
// a busy machine too, where wall time does not. Exit code 1 where a target is missed, or a figure is worse than the
// recorded baseline (bench/baseline.json) by more than its tolerance; --record writes the baseline.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { COMMAND, unpackImage, withTemporaryFolder } from './measure.mjs';
import { smallTree, systemTree } from './trees.mjs';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '3' },
    files: { type: 'string', default: '60000' },
    megabytes: { type: 'string', default: '409' },
    record: { type: 'boolean', default: false },
  },
});
const RUNS = Number(values.runs);
const CRAMFS = fileURLToPath(new URL('../dist/bin/cramfs.cjs', import.meta.url));
const BASELINE = new URL('baseline.json', import.meta.url);
const REPORT = new URL('../docs/benchmarks.md', import.meta.url);
const TIME = '/usr/bin/time';
/** How much worse than the baseline a ratio may be. */
const TOLERANCE = 1.3;

/** @param {string[]} names */
function find(names) {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin'];
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find((file) => existsSync(file));
}

/** @typedef {{ cpu: number, wall: number, megabytes: number }} Run */

/**
 * @param {string[]} command
 * @param {string | null} made by the command; removed afterwards
 * @returns {Run}
 */
function run(command, made) {
  const start = process.hrtime.bigint();
  const { status, error, stderr } = spawnSync(TIME, ['-f', 'peak %M cpu %U %S', ...command], {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const wall = Number(process.hrtime.bigint() - start) / 1e9;
  if (error) throw error;
  // 1: nothing found, or findings.
  if (status !== 0 && status !== 1)
    throw new Error(`${command.join(' ')}: exit status ${status}\n${stderr.slice(-500)}`);
  if (made !== null) rmSync(made, { recursive: true, force: true });
  const [, peak = NaN, user = NaN, system = NaN] = /peak (\d+) cpu ([\d.]+) ([\d.]+)/.exec(stderr) ?? [];
  return { cpu: Number(user) + Number(system), wall, megabytes: (Number(peak) * 1024) / 1e6 };
}

/** @param {number[]} all */
const spread = (all) => {
  const sorted = [...all].sort((a, b) => a - b);
  return { min: sorted[0] ?? NaN, median: sorted[sorted.length >> 1] ?? NaN, max: sorted[sorted.length - 1] ?? NaN };
};

/**
 * @typedef {object} Work
 * @property {string} name
 * @property {string[]} ours
 * @property {string[] | null} theirs null where the tool is not installed
 * @property {string} peer
 * @property {number} target ratio of CPU time
 * @property {boolean} [afterStart] whether the start-up of node is taken off before the ratio
 * @property {string} [made]
 * @property {string} limit what limits it
 */

if (!existsSync(TIME)) {
  console.log('skipped: GNU time is needed (package time)');
  process.exit(0);
}
const [sevenZip, mkfs, fsck] = [find(['7zz', '7z']), find(['mkfs.cramfs']), find(['fsck.cramfs'])];
/** @type {Record<string, number>} */
const baseline = existsSync(BASELINE) ? JSON.parse(readFileSync(BASELINE, 'utf8')) : {};
/** @type {Record<string, number>} */
const recorded = {};
/** @type {string[]} */
const rows = [];
/** @type {string[]} */
const missed = [];

withTemporaryFolder((folder) => {
  const at = (/** @type {string} */ name) => join(folder, name);
  smallTree(at('small'), Number(values.files));
  mkdirSync(at('system'));
  systemTree(at('system'), Number(values.megabytes));
  const node = process.execPath;
  const images = { small: at('small.cramfs'), system: at('system.cramfs') };
  for (const [name, image] of /** @type {['small' | 'system', string][]} */ (Object.entries(images))) {
    run([node, CRAMFS, 'mkfs', '--deflate', 'fast', at(name), image], null);
  }
  writeFileSync(at('random'), '');
  spawnSync('sh', ['-c', 'head -c 268435456 /dev/urandom > "$1"', 'sh', at('random')]);
  const root = unpackImage(folder, 'root-XX.cramfs');
  truncateSync(root, 200_000_000);
  const requests = at('requests');
  writeFileSync(requests, `${JSON.stringify({ path: '/bin/hello' })}\n`.repeat(100_000));
  // Extraction to memory: what is measured is not the disk.
  const out = existsSync('/dev/shm') ? join('/dev/shm', `cramfs-bench-${process.pid}`) : at('out');
  /** @param {string | undefined} tool @param {string[]} args */
  const peer = (tool, ...args) => (tool === undefined ? null : [tool, ...args]);
  /** @type {Work[]} */
  const works = [
    {
      name: '`cramfs-map IMAGE PATH --json`',
      ours: [node, COMMAND, root, '/bin/hello', '--json'],
      theirs: [node, '-e', '0'],
      peer: 'node -e 0',
      target: 1.2,
      limit: 'reading and compiling the program',
    },
    ...Object.entries(images).flatMap(([tree, image]) => [
      {
        name: `list, ${tree} tree`,
        ours: [node, CRAMFS, 'ls', '-R', image],
        theirs: peer(sevenZip, 'l', image),
        peer: '7zz l',
        target: 2,
        afterStart: true,
        limit: 'code that is not optimised yet in so short a run',
      },
      {
        name: `check, ${tree} tree`,
        ours: [node, CRAMFS, 'check', image],
        theirs: peer(fsck, `--extract=${out}`, image),
        peer: 'fsck.cramfs --extract',
        made: out,
        target: tree === 'small' ? 1.2 : 0.6,
        limit: tree === 'small' ? 'the rules, asked for each file and block' : 'inflating',
      },
      {
        name: `extract, ${tree} tree`,
        ours: [node, CRAMFS, 'extract', '--quiet', image, out],
        theirs: peer(fsck, `--extract=${out}`, image),
        peer: 'fsck.cramfs --extract',
        made: out,
        target: tree === 'small' ? 0.8 : 0.6,
        limit: 'system calls: each file gets its name when it is whole',
      },
      {
        name: `audit --no-inflate, ${tree} tree`,
        ours: [node, CRAMFS, 'audit', '--no-inflate', image],
        theirs: peer(sevenZip, 'l', image),
        peer: '7zz l',
        target: tree === 'small' ? 7 : 4,
        limit: 'the rules, asked for each file and block',
      },
    ]),
    ...['small', 'system'].map((tree) => ({
      name: `build, ${tree} tree, util-linux layout`,
      ours: [node, CRAMFS, 'mkfs', '--layout', 'util-linux', at(tree), out],
      theirs: peer(mkfs, at(tree), out),
      peer: 'mkfs.cramfs',
      made: out,
      target: tree === 'small' ? 0.2 : 0.6,
      limit: 'compression to the bytes of classic zlib',
    })),
    {
      name: 'scan, 256 MiB of random bytes',
      ours: [node, CRAMFS, 'scan', at('random')],
      theirs: ['grep', '-cF', 'qwertzuio', at('random')],
      peer: 'grep -cF',
      target: 2,
      limit: 'copying the file to memory, and the start-up',
    },
  ];
  for (const work of works) {
    if (work.theirs === null) {
      console.log(`${work.name}: skipped, ${work.peer} is not installed`);
      continue;
    }
    const [ours, theirs, bare] = [[], [], []].map(() => /** @type {Run[]} */ ([]));
    for (let round = 0; round < RUNS; round++) {
      theirs?.push(run(work.theirs, work.made ?? null));
      ours?.push(run(work.ours, work.made ?? null));
      if (work.afterStart === true) bare?.push(run([node, '-e', '0'], null));
    }
    const ratios = (ours ?? []).map(
      ({ cpu }, i) => (cpu - (bare?.[i]?.cpu ?? 0)) / Math.max(theirs?.[i]?.cpu ?? NaN, 0.01),
    );
    const { min, median, max } = spread(ratios);
    recorded[work.name] = Number(median.toFixed(2));
    const before = baseline[work.name];
    const verdict = median <= work.target ? 'reached' : 'missed';
    const isBack = before !== undefined && median > before * TOLERANCE;
    if (verdict === 'missed' || isBack) missed.push(work.name);
    const [mine, other] = [spread((ours ?? []).map(({ cpu }) => cpu)), spread((theirs ?? []).map(({ cpu }) => cpu))];
    const peak = Math.max(...(ours ?? []).map(({ megabytes }) => megabytes));
    const cells = [
      work.name,
      `${work.peer}${work.afterStart === true ? ', start-up of node aside' : ''}`,
      `${min.toFixed(2)} / ${median.toFixed(2)} / ${max.toFixed(2)}`,
      `≤ ${work.target}`,
      `${verdict}${isBack ? `, was ${before}` : ''}`,
      `${mine.median.toFixed(2)} / ${other.median.toFixed(2)} s`,
      `${peak.toFixed(0)} MB`,
      work.limit,
    ];
    rows.push(`| ${cells.join(' | ')} |`);
    console.log(cells.join('  '));
  }
  const sizes = Object.entries(images).map(([name, image]) => `${name}: ${(statSync(image).size / 1e6).toFixed(1)} MB`);
  const batch = run([node, COMMAND, root, '--batch', requests], null);
  const rate = 100_000 / (batch.cpu - run([node, '-e', '0'], null).cpu);
  if (rate < 100_000) missed.push('batch mapping');
  writeFileSync(
    REPORT,
    `# Benchmarks

Written by \`npm run bench\`; the file is replaced at each run. A ratio is user and system time beside that of another tool
in the same run, by turns: minimum / median / maximum of ${RUNS} runs. The last measurement was taken on ${availableParallelism()} processors
(${cpus()[0]?.model.trim() ?? 'unknown'}), Node ${process.versions.node}, load ${loadavg()[0]?.toFixed(1) ?? '?'}. Wall time depends on the processors: check, extract and mkfs use
several.

The small tree has ${values.files} generated configuration files of 1 to 40 lines; the system tree is Debian's /usr/share without
doc, man, locale and icons, with Python and the shared libraries, up to ${values.megabytes} MB. Images: ${sizes.join(', ')}.

| work | beside | ratio | target | | CPU time | peak memory | what limits it |
| --- | --- | --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

Batch mapping: ${Math.round(rate / 1000)},000 requests for each second of CPU time (target 100,000).

A recorded baseline, \`bench/baseline.json\`, has the medians; a ratio more than ${Math.round((TOLERANCE - 1) * 100)} % above it is reported as a step back. \`npm
run bench -- --record\` writes it. The command exits with 1 where a target is missed or a step back is found.
`,
  );
});
if (values.record) writeFileSync(BASELINE, `${JSON.stringify(recorded, null, 2)}\n`);
if (missed.length > 0) {
  console.log(`\nmissed: ${missed.join(', ')}`);
  process.exitCode = 1;
}
