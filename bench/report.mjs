// The report page: its size, the time until it can be used, one mapping again, and the times of frames while the map is
// scrolled and zoomed; for an image of 1,000 files and 10 MB, and one of 60,000 files and 230 MB. Needs Chromium.
//   node bench/report.mjs [--keep FOLDER] [--small]
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { findChromium } from '../scripts/chromium.mjs';
import { median, withTemporaryFolder } from './measure.mjs';

const CRAMFS = fileURLToPath(new URL('../dist/bin/cramfs.cjs', import.meta.url));
const MIB = 1024 * 1024;

const { values } = parseArgs({ options: { keep: { type: 'string' }, small: { type: 'boolean', default: false } } });

/** A small generator of numbers that are the same in every run. */
let state = 12345;
/** @param {number} below */
const random = (below) => {
  state = (Math.imul(state, 1103515245) + 12345) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
};

/**
 * A tree: a tenth of the bytes and most of the files are small, half of the bytes are files that will be placed directly.
 * @param {string} folder
 * @param {number} files
 * @param {number} bytes of the image, about
 */
function makeTree(folder, files, bytes) {
  const pool = Buffer.alloc(4 * MIB);
  for (let at = 0; at < pool.length; at += 4) pool.writeUInt32LE((random(65536) * 65536 + random(65536)) >>> 0, at);
  const direct = Math.max(10, Math.round(files / 300));
  const directBytes = Math.floor((bytes * 0.55) / direct);
  const otherBytes = (bytes * 0.42) / (files - direct);
  /** @param {string} path @param {number} length */
  const write = (path, length) => {
    const start = random(pool.length - MIB);
    const parts = [];
    for (let left = length; left > 0; left -= MIB) parts.push(pool.subarray(start, start + Math.min(left, MIB)));
    writeFileSync(path, Buffer.concat(parts));
  };
  for (let index = 0; index < files; index++) {
    const name = index < direct ? 'bin' : `share/${String(index % 97).padStart(2, '0')}/${String(index % 7)}`;
    mkdirSync(join(folder, name), { recursive: true });
    const mean = index < direct ? directBytes : otherBytes;
    write(join(folder, name, `file${String(index)}`), Math.max(1, Math.floor(mean * (0.4 + random(1200) / 1000))));
  }
}

/**
 * Runs a command of this project; seconds.
 * @param {string[]} args
 */
function cramfs(args) {
  const start = process.hrtime.bigint();
  const { status, stderr } = spawnSync(process.execPath, [CRAMFS, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`cramfs ${args.join(' ')}: ${stderr}`);
  return Number(process.hrtime.bigint() - start) / 1e9;
}

/**
 * Makes the image unless it is there already.
 * @param {string} folder
 * @param {number} files
 * @param {number} bytes
 */
function makeImage(folder, files, bytes) {
  const image = join(folder, `${String(files)}.cramfs`);
  if (existsSync(image)) return image;
  withTemporaryFolder((tree) => {
    makeTree(tree, files, bytes);
    cramfs([
      'mkfs',
      '--deflate',
      'fast',
      '--xip',
      'mmu',
      '--xip-files',
      '/bin/*',
      '--phys',
      '0x10000000',
      '--',
      tree,
      image,
    ]);
  });
  return image;
}
makeImage(values.keep ?? '/tmp/h/scratch-page', 1000, 10 * MIB);
makeImage(values.keep ?? '/tmp/h/scratch-page', 60000, 230 * MIB);
