// Building images, side by side with mkfs.cramfs of util-linux where it is installed: many small files, and a large tree.
//   node bench/mkfs.mjs [--files 60000] [--megabytes 300] [--runs 1]
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { median, withTemporaryFolder } from './measure.mjs';

const CRAMFS = fileURLToPath(new URL('../dist/bin/cramfs.cjs', import.meta.url));
const REFERENCE = ['/usr/sbin/mkfs.cramfs', '/sbin/mkfs.cramfs'].find((file) => existsSync(file));

const { values } = parseArgs({
  options: {
    files: { type: 'string', default: '60000' },
    megabytes: { type: 'string', default: '300' },
    runs: { type: 'string', default: '1' },
  },
});

/** A small generator of numbers that are the same in every run. */
let state = 12345;
/** @param {number} below */
const random = (below) => {
  state = (Math.imul(state, 1103515245) + 12345) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
};
const WORDS = Array.from({ length: 2000 }, () =>
  Array.from({ length: 2 + random(9) }, () => String.fromCharCode(97 + random(26))).join(''),
);

/**
 * Text, machine code-like words, or noise: some 40 % when compressed, taken together.
 * @param {number} length
 */
function content(length) {
  const bytes = Buffer.alloc(length);
  const kind = random(10);
  for (let at = 0; at < length;) {
    if (kind < 6) at += bytes.write(`${WORDS[random(random(WORDS.length) + 1)] ?? ''} `, at, 'latin1') || 1;
    else if (kind < 9) {
      for (const byte of [random(8) * 32, random(4), random(256), 0xe5]) if (at < length) bytes[at++] = byte;
    } else bytes[at++] = random(256);
  }
  return bytes;
}

/** @param {string} folder @param {number} files */
function smallFiles(folder, files) {
  for (let i = 0; i < files; i++) {
    const directory = join(folder, String(i % 250).padStart(3, '0'));
    if (i < 250) mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, `file${i}.conf`), content(20 + random(900)));
  }
}

/** @param {string} folder @param {number} megabytes */
function largeTree(folder, megabytes) {
  let left = megabytes * 2 ** 20;
  for (let i = 0; left > 0; i++) {
    const directory = join(folder, `d${i % 40}`);
    mkdirSync(directory, { recursive: true });
    const length = Math.min(left, random(8) === 0 ? 1 + random(6 << 20) : 1 + random(400_000));
    // Every tenth file is a copy of the one before.
    const bytes = content(length);
    writeFileSync(join(directory, `f${i}`), bytes);
    left -= length;
    if (i % 10 === 0) {
      writeFileSync(join(directory, `f${i}-copy`), bytes);
      left -= length;
    }
  }
}

/** @param {string} command @param {string[]} args */
function seconds(command, args) {
  const start = process.hrtime.bigint();
  const { status, stderr, error } = spawnSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: exit code ${status}: ${stderr.toString()}`);
  return Number(process.hrtime.bigint() - start) / 1e9;
}

/** @param {string} file */
const sha256 = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');

/**
 * @param {string} title
 * @param {(folder: string) => void} make
 */
function compare(title, make) {
  withTemporaryFolder((folder) => {
    const source = join(folder, 'tree');
    mkdirSync(source);
    make(source);
    const image = join(folder, 'image');
    const mkfs = [CRAMFS, 'mkfs', source, image];
    /** @type {[string, string, string[]][]} */
    const rows = [
      ['compatible with mkcramfs', process.execPath, mkfs],
      ['compatible with util-linux', process.execPath, [...mkfs, '--layout', 'util-linux']],
      ['--deflate fast', process.execPath, [...mkfs, '--deflate', 'fast']],
    ];
    if (REFERENCE !== undefined) rows.unshift(['mkfs.cramfs', REFERENCE, [source, image]]);
    console.log(`\n${title}; ${availableParallelism()} processors, median of ${values.runs} run(s)\n`);
    let reference = NaN;
    let referenceHash = '';
    for (const [name, command, args] of rows) {
      const times = [];
      for (let run = 0; run < Number(values.runs); run++) {
        rmSync(image, { force: true });
        times.push(seconds(command, args));
      }
      const time = median(times);
      if (command === REFERENCE) {
        reference = time;
        referenceHash = sha256(image);
      }
      const ratio = Number.isNaN(reference) ? '' : `  ${(time / reference).toFixed(2)} x`;
      const same = sha256(image) === referenceHash && command !== REFERENCE ? '  same bytes' : '';
      console.log(`${name.padEnd(28)} ${time.toFixed(2).padStart(8)} s  ${statSync(image).size} bytes${ratio}${same}`);
    }
  });
}

if (REFERENCE === undefined) console.log('mkfs.cramfs is not installed: no comparison');
if (Number(values.files) > 0) {
  compare(`${values.files} small files`, (folder) => {
    smallFiles(folder, Number(values.files));
  });
}
if (Number(values.megabytes) > 0) {
  compare(`${values.megabytes} MB`, (folder) => {
    largeTree(folder, Number(values.megabytes));
  });
}
