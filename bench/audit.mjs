// `cramfs audit` beside `7z l`, which only lists: an image of 60,000 small files, and a large one with programs.
//   node bench/audit.mjs [--files 60000] [--runs 5] [--image LARGE]
// The large image is made by mkfs.cramfs (util-linux) from a part of /usr unless one is named.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bigImage } from './bigImage.mjs';
import { median, withTemporaryFolder } from './measure.mjs';

const CRAMFS = fileURLToPath(new URL('../dist/bin/cramfs.cjs', import.meta.url));
const TIME = '/usr/bin/time';
/** CPU allowed: so many times that of `7z l`, and the start-up of node. */
const TIMES = 8;
const MEGABYTES = 300;

const { values } = parseArgs({
  options: {
    files: { type: 'string', default: '60000' },
    runs: { type: 'string', default: '5' },
    image: { type: 'string' },
  },
});

/**
 * Runs a command to its end.
 * @param {string[]} command
 * @returns {{ cpu: number, wall: number, megabytes: number }} seconds of all threads; the peak of resident memory
 */
function run(command) {
  const start = process.hrtime.bigint();
  const { status, error, stderr } = spawnSync(TIME, ['-f', 'peak %M cpu %U %S', ...command], {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (error) throw error;
  // 1: the audit has findings.
  if (status !== 0 && status !== 1) throw new Error(`${command.join(' ')}: exit status ${status}\n${stderr}`);
  const wall = Number(process.hrtime.bigint() - start) / 1e9;
  const [, peak = NaN, user = NaN, system = NaN] = /peak (\d+) cpu ([\d.]+) ([\d.]+)/.exec(stderr) ?? [];
  return { cpu: Number(user) + Number(system), wall, megabytes: (Number(peak) * 1024) / 1e6 };
}

/**
 * Medians of some commands, run by turns.
 * @param {string[][]} commands
 */
function measure(commands) {
  const runs = commands.map(() => /** @type {ReturnType<typeof run>[]} */ ([]));
  for (let round = 0; round < Number(values.runs); round++) {
    commands.forEach((command, index) => runs[index]?.push(run(command)));
  }
  return runs.map((all) => ({
    cpu: median(all.map(({ cpu }) => cpu)),
    wall: median(all.map(({ wall }) => wall)),
    megabytes: Math.max(...all.map(({ megabytes }) => megabytes)),
  }));
}

/** @param {string} folder @param {number} files */
function fill(folder, files) {
  for (let i = 0; i < files; i++) {
    const directory = join(folder, String(i % 250).padStart(3, '0'));
    if (i < 250) mkdirSync(directory, { recursive: true });
    const line = `option${i % 97} = value ${(i * 7919) % 10007} of file ${i}\n`;
    writeFileSync(join(directory, `file${i}.conf`), line.repeat(1 + (i % 13)));
  }
}

/**
 * Tells whether an audit without inflating keeps within the limits.
 * @param {ReturnType<typeof measure>[number] | undefined} list
 * @param {ReturnType<typeof measure>[number] | undefined} bare
 * @param {ReturnType<typeof measure>[number] | undefined} quick
 */
function judge(list, bare, quick) {
  const { cpu = NaN, megabytes = NaN } = quick ?? {};
  const allowed = TIMES * (list?.cpu ?? NaN) + (bare?.cpu ?? NaN);
  const isMet = cpu <= allowed && megabytes < MEGABYTES;
  console.log(
    `--no-inflate: ${isMet ? 'within' : 'over'} ${allowed.toFixed(2)} s of CPU (${TIMES} × 7z l, and node) and ${MEGABYTES} MB\n`,
  );
  if (!isMet) process.exitCode = 1;
}

/** @param {string} name @param {ReturnType<typeof measure>[number] | undefined} measured */
function row(name, measured) {
  const { cpu = NaN, wall = NaN, megabytes = NaN } = measured ?? {};
  console.log(
    `${name.padEnd(28)} ${cpu.toFixed(2).padStart(6)} ${wall.toFixed(2).padStart(6)} ${megabytes.toFixed(0).padStart(7)}`,
  );
}

const sevenZip = ['7zz', '7z', '7za'].flatMap((name) =>
  ['/usr/bin', '/usr/local/bin'].map((folder) => join(folder, name)),
);
const lister = sevenZip.find((file) => existsSync(file));
if (lister === undefined || !existsSync(TIME)) {
  console.log('skipped: 7-Zip (package p7zip-full) and GNU time are needed');
  process.exit(0);
}

withTemporaryFolder((folder) => {
  const [tree, small] = [join(folder, 'tree'), join(folder, 'small.cramfs')];
  mkdirSync(tree);
  fill(tree, Number(values.files));
  const { status } = spawnSync(process.execPath, [CRAMFS, 'mkfs', tree, small], { stdio: 'ignore' });
  if (status !== 0) throw new Error(`cramfs mkfs: exit status ${status}`);
  const node = process.execPath;
  const audit = [node, CRAMFS, 'audit'];
  const load = loadavg().map((value) => value.toFixed(1));
  console.log(
    `medians of ${values.runs} runs by turns, ${availableParallelism()} processors, load ${load.join(' ')}\n`,
  );

  console.log(`${statSync(small).size} bytes, ${values.files} files          CPU s wall s peak MB`);
  const [list, bare, quick, full] = measure([
    [lister, 'l', small],
    [node, '-e', '0'],
    [...audit, '--no-inflate', small],
    [...audit, small],
  ]);
  row('7z l', list);
  row('node -e 0', bare);
  row('cramfs audit --no-inflate', quick);
  row('cramfs audit', full);
  judge(list, bare, quick);

  const large = bigImage(folder, values.image);
  if (large === null) {
    console.log('no large image: mkfs.cramfs of util-linux is needed, or --image');
    return;
  }
  console.log(`${statSync(large).size} bytes                       CPU s wall s peak MB`);
  const [largeList, largeQuick, largeFull] = measure([
    [lister, 'l', large],
    [...audit, '--no-inflate', large],
    [...audit, large],
  ]);
  row('7z l', largeList);
  row('cramfs audit --no-inflate', largeQuick);
  row('cramfs audit', largeFull);
  judge(largeList, bare, largeQuick);
});
