/* global document, Event, KeyboardEvent, performance, requestAnimationFrame -- what runs in the page */
// The report page: its size, the time until it can be used, one mapping again, and the times of frames while the map is
// scrolled and zoomed; for an image of 1,000 files and 10 MB, and one of 60,000 files and 230 MB. Needs Chromium.
//   node bench/report.mjs [--keep FOLDER] [--small]
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
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
/**
 * What the page measures of itself: frames while the map scrolls and zooms and the table scrolls, and mappings.
 * The milliseconds of each.
 */
const measurePage = async () => {
  /** @returns {Promise<number>} */
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  /** @param {() => void} step @param {number} count */
  const frames = async (step, count) => {
    /** @type {number[]} */
    const times = [];
    let last = await frame();
    for (let index = 0; index < count; index++) {
      step();
      const now = await frame();
      times.push(now - last);
      last = now;
    }
    return times;
  };
  const map = /** @type {HTMLElement} */ (document.querySelector('.map-scroll'));
  const table = /** @type {HTMLElement} */ (document.querySelector('.table-scroll'));
  const offset = /** @type {HTMLInputElement} */ (document.querySelector('input[name=offset]'));
  const scroll = await frames(() => (map.scrollTop += 97), 120);
  let zooms = 0;
  const zoom = await frames(() => {
    map.dispatchEvent(new KeyboardEvent('keydown', { key: zooms++ % 2 === 0 ? '-' : '+' }));
  }, 60);
  const rows = await frames(() => (table.scrollTop += 331), 120);
  const mapping = [];
  for (let index = 0; index < 40; index++) {
    offset.value = index % 2 === 0 ? '1p' : '0';
    const start = performance.now();
    offset.dispatchEvent(new Event('input', { bubbles: true }));
    mapping.push(performance.now() - start);
  }
  return { scroll, zoom, rows, mapping };
};

/** @param {string} folder @param {import('playwright-core').Browser} browser @param {number} files @param {number} mib */
async function measure(folder, browser, files, mib) {
  const image = makeImage(folder, files, mib * MIB);
  const report = join(folder, `${String(files)}.html`);
  const seconds = cramfs(['report', image, '-o', report]);
  const page = await browser.newPage({ viewport: { width: 1440, height: 1000 } });
  await page.goto(`${pathToFileURL(report).href}#file=%2Fbin%2Ffile7`);
  await page.waitForFunction(() => performance.getEntriesByName('report-ready').length > 0, undefined, {
    timeout: 120_000,
  });
  const { paint, laidOut } = await page.evaluate(() => ({
    paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0,
    laidOut: performance.getEntriesByName('report-ready')[0]?.startTime ?? 0,
  }));
  const times = await page.evaluate(measurePage);
  await page.close();
  const ms = (/** @type {number} */ value) => `${value.toFixed(1)} ms`;
  const row = (/** @type {string} */ name, /** @type {string} */ text) => {
    console.log(`  ${name.padEnd(34)}${text}`);
  };
  console.log(`${String(files)} files, ${(statSync(image).size / MIB).toFixed(1)} MiB`);
  row('report', `${(statSync(report).size / MIB).toFixed(2)} MiB, written in ${seconds.toFixed(1)} s`);
  row('first paint, with a verdict', ms(paint));
  row('interactive: map, files, table', ms(laidOut));
  row('one mapping again, in the form', `${ms(median(times.mapping))}, at most ${ms(Math.max(...times.mapping))}`);
  for (const [name, list] of /** @type {const} */ ([
    ['frames while the map scrolls', times.scroll],
    ['frames while the map zooms', times.zoom],
    ['frames while the table scrolls', times.rows],
  ])) {
    const sorted = list.toSorted((a, b) => a - b);
    row(name, `${ms(median(list))}, 95 % within ${ms(sorted[Math.floor(sorted.length * 0.95)] ?? 0)}`);
  }
}

const executablePath = findChromium();
if (executablePath === null) {
  console.log('report: no Chromium; set CHROMIUM to its path');
} else {
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  const { keep } = values;
  if (keep === undefined) await inTemporaryFolder((folder) => run(folder, browser));
  else await run(keep, browser);
  await browser.close();
}

/** @param {string} folder @param {import('playwright-core').Browser} browser */
async function run(folder, browser) {
  await measure(folder, browser, 1000, 10);
  if (!values.small) await measure(folder, browser, 60_000, 230);
}

/** @param {(folder: string) => Promise<void>} use */
async function inTemporaryFolder(use) {
  const folder = mkdtempSync(join(tmpdir(), 'cramfs-report-bench-'));
  try {
    await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
