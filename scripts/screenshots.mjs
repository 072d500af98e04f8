/* global performance -- what runs in the page */
// `npm run screenshots`: makes the pictures of the report and the viewer in docs/images again. The images that they show are
// built of the tree of a fixture and of generated files, so anybody gets the same. Needs Chromium.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { findChromium } from './chromium.mjs';
import { buildPage } from './page.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const IMAGES = 'docs/images';
const PHYS = '0x60100000';
const REGION = '4M';
const KIB = 1024;

/** Numbers that are the same in every run. @param {number} seed */
function generator(seed) {
  let state = seed;
  return () => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) >>> 16;
}

/** Bytes that compress as maps and fonts do, a little. @param {number} length @param {number} seed */
function data(length, seed) {
  const random = generator(seed);
  return Buffer.from(Uint8Array.from({ length }, () => (random() % 3 === 0 ? 0 : random() & 0xff)));
}

/** Lines of a configuration. @param {number} length @param {number} seed */
function text(length, seed) {
  const random = generator(seed);
  const words = ['sensor', 'limit', 'port', 'retry', 'enabled', 'level', 'path', 'timeout', 'unit', 'display'];
  let all = '';
  while (all.length < length) {
    const name = `${words[random() % 10] ?? ''}.${words[random() % 10] ?? ''}`;
    all += `${name} = ${String(random() % 5000)}\n`;
  }
  return all.slice(0, length);
}

/**
 * The root file system of a board: the fixture's programs, and data. The second version has other maps and one program less.
 * @param {string} folder
 * @param {1 | 2} version
 */
function makeTree(folder, version) {
  mkdirSync(folder, { recursive: true });
  run('tar', ['xzf', 'fixtures/trees/root.tar.gz', '--exclude=./dev', '-C', folder]);
  /** @param {string} path @param {string | Buffer} content @param {number} [mode] */
  const write = (path, content, mode = 0o644) => {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), content, { mode });
  };
  const [greet, counter] = ['lib/libgreet.so', 'bin/counter'].map((path) => readFileSync(join(folder, path)));
  if (greet === undefined || counter === undefined) return;
  for (const name of ['can', 'modbus', 'serial', 'wifi']) write(`usr/lib/panel/${name}.so`, greet);
  for (const name of ['panel', 'logger', 'updater'])
    if (version === 2 || name !== 'logger') write(`usr/bin/${name}`, counter, 0o755);
  for (const [index, language] of ['cs', 'de', 'en', 'fi', 'fr', 'it', 'ja', 'pl', 'sv'].entries()) {
    write(`usr/share/locale/${language}/panel.txt`, text(24 * KIB + index * 3000, 10 + index + version));
  }
  for (let index = 0; index < 24; index++)
    write(`etc/panel.d/${String(index).padStart(2, '0')}.conf`, text(900 + index * 130, 50 + index));
  write('usr/share/fonts/sans.pcf', data(310 * KIB, 1));
  write('usr/share/fonts/mono.pcf', data(190 * KIB, 2));
  write('usr/share/maps/city.map', data((version === 1 ? 420 : 520) * KIB, 3));
  write('usr/share/maps/region.map', data(250 * KIB, 4));
  write('usr/share/sounds/alarm.raw', data(90 * KIB, 5));
  write('lib/firmware/radio.bin', data(160 * KIB, 6));
}

/** @param {string} command @param {string[]} args @param {string} [cwd] */
function run(command, args, cwd) {
  const { status, error, stderr } = spawnSync(command, args, { encoding: 'utf8', cwd });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
}

/**
 * @param {string} folder
 * @param {import('playwright-core').Browser} browser
 */
async function makePictures(folder, browser) {
  const at = (/** @type {string} */ name) => join(folder, name);
  // There: what is shown has short names.
  const cramfs = (/** @type {string[]} */ ...args) => {
    run(process.execPath, [resolve('dist/bin/cramfs.cjs'), ...args], folder);
  };
  for (const version of /** @type {const} */ ([1, 2])) {
    makeTree(at(`v${String(version)}`), version);
    const placed = version === 1 ? ['auto', '/usr/share/fonts/*'] : ['auto', '/usr/share/fonts/*', '/usr/share/maps/*'];
    cramfs(
      'mkfs',
      '--squash',
      '-n',
      `panel v${String(version)}`,
      '--xip',
      'mmu',
      '--phys',
      PHYS,
      '--xip-files',
      ...placed,
      '--',
      `v${String(version)}`,
      `panel-v${String(version)}.cramfs`,
    );
  }
  const [old, now] = ['panel-v1.cramfs', 'panel-v2.cramfs'];
  const machine = ['--phys', PHYS, '--region', REGION, '--cpu', 'i386'];
  cramfs('report', now, '-o', 'report.html', ...machine);
  cramfs('report', now, '--compare', old, '-o', 'compare.html', ...machine);
  cramfs('report', now, '--svg', '-o', resolve(IMAGES, 'flash.svg'), ...machine);
  writeFileSync(at('viewer.html'), await buildPage('.', 'viewer'));

  /**
   * @param {string} name
   * @param {string} page
   * @param {{ width: number, height: number, dark?: boolean, hash?: string }} options
   * @param {(page: import('playwright-core').Page) => Promise<unknown>} [act]
   */
  const picture = async (name, page, { width, height, dark = false, hash = '' }, act) => {
    const shown = await browser.newPage({ viewport: { width, height }, colorScheme: dark ? 'dark' : 'light' });
    await shown.goto(`${pathToFileURL(at(page)).href}${hash}`);
    await act?.(shown);
    await shown.waitForFunction(() => performance.getEntriesByName('report-ready').length > 0);
    // The treemap is laid out after the rest.
    await shown.waitForTimeout(500);
    await shown.screenshot({ path: `${IMAGES}/${name}` });
    await shown.close();
    console.log(`${IMAGES}/${name}  ${String(Math.ceil(statSync(`${IMAGES}/${name}`).size / KIB))} KiB`);
  };
  const program = `#file=${encodeURIComponent('/bin/table')}`;
  const library = `#file=${encodeURIComponent('/lib/ld-musl-i386.so.1')}`;
  await picture('report-light.png', 'report.html', { width: 1440, height: 1180, hash: library });
  await picture('report-dark.png', 'report.html', { width: 1440, height: 1180, dark: true, hash: program });
  await picture('report-narrow.png', 'report.html', { width: 375, height: 1180, hash: library });
  await picture('report-compare.png', 'compare.html', {
    width: 1440,
    height: 1180,
    hash: `#file=${encodeURIComponent('/usr/share/maps/city.map')}`,
  });
  // As a dump of the whole flash has it.
  const dump = Buffer.concat([Buffer.alloc(256 * KIB, 0xff), readFileSync(at(now)), Buffer.alloc(512 * KIB, 0xff)]);
  await picture('viewer.png', 'viewer.html', { width: 1000, height: 640 }, async (shown) => {
    await shown.setInputFiles('input[type=file]', { name: 'flash-dump.bin', mimeType: '', buffer: dump });
  });
}

const executablePath = findChromium();
if (executablePath === null) {
  console.error(
    'screenshots: no Chromium: install one (on Debian: apt-get install chromium) or set CHROMIUM to its path',
  );
  process.exit(2);
}
const folder = mkdtempSync(join(tmpdir(), 'cramfs-screenshots-'));
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
try {
  await makePictures(folder, browser);
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}
