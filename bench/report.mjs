/* global document, Event, KeyboardEvent, performance, requestAnimationFrame -- what runs in the page */
// The report page: its size, the time until it can be used, one mapping again, and the times of frames while the map is
// scrolled and zoomed; for an image of 1,000 files and 10 MB, and one of 60,000 files and 230 MB. Needs Chromium.
//   node bench/report.mjs [--keep FOLDER] [--small] [--json]
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { findChromium } from '../scripts/chromium.mjs';
import { median, withTemporaryFolder } from './measure.mjs';
import { readOptions } from '../scripts/options.mjs';

const CRAMFS = fileURLToPath(new URL('../dist/bin/cramfs.cjs', import.meta.url));
const MIB = 1024 * 1024;

const { values } = readOptions(import.meta.url, {
  options: {
    keep: { type: 'string' },
    small: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

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
 * Milliseconds of frames, measured by the page itself while something is done in each.
 * @param {'scroll' | 'zoom' | 'rows'} what
 */
const measureFrames = async (what) => {
  /** @returns {Promise<number>} */
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const map = /** @type {HTMLElement} */ (document.querySelector('.map-scroll'));
  const table = /** @type {HTMLElement} */ (document.querySelector('.table-scroll'));
  /** @type {number[]} */
  const times = [];
  let last = await frame();
  for (let index = 0; index < 120; index++) {
    if (what === 'scroll') map.scrollTop += 97;
    else if (what === 'rows') table.scrollTop += 331;
    else map.dispatchEvent(new KeyboardEvent('keydown', { key: index % 2 === 0 ? '-' : '+' }));
    const now = await frame();
    times.push(now - last);
    last = now;
  }
  return times;
};

/** Milliseconds of mappings: by a script, and in the form. */
const measureMappings = () => {
  const offset = /** @type {HTMLInputElement} */ (document.querySelector('input[name=offset]'));
  const { cramfsReport } = /** @type {{ cramfsReport: { map: (request: object) => unknown } }} */ (
    /** @type {unknown} */ (globalThis)
  );
  /** @param {(index: number) => void} action */
  const measured = (action) =>
    Array.from({ length: 60 }, (_, index) => {
      const start = performance.now();
      action(index);
      return performance.now() - start;
    });
  return {
    engine: measured((index) => cramfsReport.map({ path: '/bin/file7', offset: (index % 2) * 4096 })),
    form: measured((index) => {
      offset.value = index % 2 === 0 ? '1p' : '0';
      offset.dispatchEvent(new Event('input', { bubbles: true }));
    }),
  };
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
  const { paint, ready } = await page.evaluate(() => ({
    paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0,
    ready: performance.getEntriesByName('report-ready')[0]?.startTime ?? 0,
  }));
  // What is still being drawn does not count as scrolling.
  await page.waitForTimeout(1000);
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const worked = async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? NaN) * 1000;
  };
  /** @param {'scroll' | 'zoom' | 'rows'} what @returns {Promise<import('./document.mjs').Frames>} */
  const frames = async (what) => {
    const before = await worked();
    const times = await page.evaluate(measureFrames, what);
    const cpu = ((await worked()) - before) / times.length;
    const sorted = times.toSorted((a, b) => a - b);
    return { median: median(times), most: sorted[Math.floor(sorted.length * 0.95)] ?? NaN, cpu };
  };
  const [scroll, zoom, rows] = [await frames('scroll'), await frames('zoom'), await frames('rows')];
  const { engine, form } = await page.evaluate(measureMappings);
  await page.close();
  /** @type {import('./document.mjs').PageResult} */
  const result = {
    files,
    imageBytes: statSync(image).size,
    reportBytes: statSync(report).size,
    seconds,
    paint,
    ready,
    engine: median(engine),
    again: median(form),
    againMost: Math.max(...form),
    scroll,
    zoom,
    rows,
  };
  return result;
}

/** @param {import('./document.mjs').PageResult} result */
function print(result) {
  const ms = (/** @type {number} */ value) => `${value.toFixed(1)} ms`;
  const row = (/** @type {string} */ name, /** @type {string} */ text) => {
    console.log(`  ${name.padEnd(34)}${text}`);
  };
  console.log(`${String(result.files)} files, ${(result.imageBytes / MIB).toFixed(1)} MiB`);
  row('report', `${(result.reportBytes / MIB).toFixed(2)} MiB, written in ${result.seconds.toFixed(1)} s`);
  row('first paint, with a verdict', ms(result.paint));
  row('interactive: map, files, table', ms(result.ready));
  row('one mapping, asked by a script', `${result.engine.toFixed(2)} ms`);
  row('one mapping again, in the form', `${result.again.toFixed(2)} ms, at most ${ms(result.againMost)}`);
  for (const [name, { median: usual, most, cpu }] of /** @type {const} */ ([
    ['frames while the map scrolls', result.scroll],
    ['frames while the map zooms', result.zoom],
    ['frames while the table scrolls', result.rows],
  ])) {
    row(name, `${ms(usual)}, 95 % within ${ms(most)}; the main thread works ${ms(cpu)}`);
  }
}

/** @param {string} folder @param {import('playwright-core').Browser} browser */
async function run(folder, browser) {
  const results = [await measure(folder, browser, 1000, 10)];
  if (!values.small) results.push(await measure(folder, browser, 60_000, 230));
  if (values.json) console.log(JSON.stringify(results));
  else results.forEach(print);
}

const executablePath = findChromium();
if (executablePath === null) {
  console.error('report: no Chromium; set CHROMIUM to its path');
  process.exitCode = 2;
} else {
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  const folder = values.keep ?? mkdtempSync(join(tmpdir(), 'cramfs-report-bench-'));
  try {
    await run(folder, browser);
  } finally {
    await browser.close();
    if (values.keep === undefined) rmSync(folder, { recursive: true, force: true });
  }
}
