// Shared by the benchmarks: fixture images, runs of commands with their time and memory, medians.
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  existsSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

export const CRAMFS = fileURLToPath(new URL('../dist/bin/cramfs.cjs', import.meta.url));
export const COMMAND = fileURLToPath(new URL('../dist/bin/cramfs-map.cjs', import.meta.url));
/** GNU time: user and system time and the peak of resident memory of a command. */
export const TIME = '/usr/bin/time';
const RSS_HOOK = fileURLToPath(new URL('rss-hook.cjs', import.meta.url));

// Settings of this environment for Node are not what is measured: reading a file of certificates alone takes half as long
// as Node takes to start.
for (const name of Object.keys(process.env)) if (name.startsWith('NODE_')) Reflect.deleteProperty(process.env, name);

/**
 * Calls `use` with a temporary folder and removes it afterwards.
 * @param {(folder: string) => void} use
 */
export function withTemporaryFolder(use) {
  const folder = mkdtempSync(join(tmpdir(), 'cramfs-map-bench-'));
  try {
    use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * The path of the first of some commands that is installed.
 * @param {string[]} names
 */
export function findCommand(names) {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin'];
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find((file) => existsSync(file));
}

/**
 * Unpacks images/NAME.gz of the fixtures.
 * @param {string} folder
 * @param {string} name
 */
export function unpackImage(folder, name) {
  const path = join(folder, name);
  writeFileSync(path, gunzipSync(readFileSync(new URL(`../fixtures/images/${name}.gz`, import.meta.url))));
  return path;
}

/**
 * Copies a file and extends the copy with a hole.
 * @param {string} from
 * @param {string} path
 * @param {number} sizeBytes
 */
export function extended(from, path, sizeBytes) {
  copyFileSync(from, path);
  const file = openSync(path, 'r+');
  ftruncateSync(file, sizeBytes);
  closeSync(file);
  return path;
}

/** @typedef {{ wall: number, cpu: number, megabytes: number }} Run seconds; cpu of all threads; peak of resident memory */

/**
 * Runs a command to its end, its output going nowhere.
 * @param {string[]} command
 * @returns {Run}
 */
export function run(command) {
  const start = process.hrtime.bigint();
  const { status, error, stderr } = spawnSync(TIME, ['-f', 'peak %M cpu %U %S', ...command], {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const wall = Number(process.hrtime.bigint() - start) / 1e9;
  if (error) throw error;
  // 1: nothing found, or findings; 3: kernels differ.
  if (status !== 0 && status !== 1 && status !== 3)
    throw new Error(`${command.join(' ')}: exit status ${status}\n${stderr.slice(-500)}`);
  const [, peak = NaN, user = NaN, system = NaN] = /peak (\d+) cpu ([\d.]+) ([\d.]+)/.exec(stderr) ?? [];
  return { wall, cpu: Number(user) + Number(system), megabytes: (Number(peak) * 1024) / 1e6 };
}

/**
 * Runs node to its end, its output going to a pipe.
 * @param {string[]} args
 * @param {string} [rssFile] a file that is written for a reading of the peak memory
 * @param {number} [expected] the exit status that is right
 * @returns {{ seconds: number, maxRssBytes: number, stdout: Buffer }} maxRssBytes is 0 without rssFile
 */
export function runNode(args, rssFile, expected = 0) {
  const hook = rssFile === undefined ? [] : ['--require', RSS_HOOK];
  const env = { ...process.env, ...(rssFile === undefined ? {} : { CRAMFS_BENCH_RSS: rssFile }) };
  const start = process.hrtime.bigint();
  const { status, error, stdout, stderr } = spawnSync(process.execPath, [...hook, ...args], {
    env,
    maxBuffer: 1 << 30,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  if (error) throw error;
  if (status !== expected) throw new Error(`node ${args.join(' ')}: exit status ${status}\n${stderr.toString()}`);
  const maxRssBytes = rssFile === undefined ? 0 : Number(readFileSync(rssFile, 'utf8')) * 1024;
  return { seconds, maxRssBytes, stdout };
}

/** @param {number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low, high] = [sorted[middle - 1] ?? NaN, sorted[middle] ?? NaN];
  return sorted.length % 2 === 0 ? (low + high) / 2 : high;
}
