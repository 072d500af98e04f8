// Shared by the benchmarks: fixture images, runs of a child process, medians.
import { spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

export const COMMAND = fileURLToPath(new URL('../dist/bin/cramfs-map.cjs', import.meta.url));
const RSS_HOOK = fileURLToPath(new URL('rss-hook.cjs', import.meta.url));

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
 * Unpacks images/NAME.gz of the fixtures, extended with a hole to `sizeBytes` if that is more.
 * @param {string} folder
 * @param {string} name
 * @param {number} [sizeBytes]
 */
export function unpackImage(folder, name, sizeBytes = 0) {
  const path = join(folder, name);
  const bytes = gunzipSync(readFileSync(new URL(`../fixtures/images/${name}.gz`, import.meta.url)));
  writeFileSync(path, bytes);
  if (sizeBytes > bytes.length) {
    const file = openSync(path, 'r+');
    ftruncateSync(file, sizeBytes);
    closeSync(file);
  }
  return path;
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
