// That what was made faster still answers the same: hashes of what the commands print and write for a generated tree and
// a fixture, beside the recorded ones, and with one thread beside several. With --record the hashes are recorded.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { readOptions } from '../scripts/options.mjs';
import { COMMAND, CRAMFS, unpackImage, withTemporaryFolder } from './measure.mjs';
import { smallTree } from './trees.mjs';

const FILES = 3750;
const HASHES = new URL('hashes.json', import.meta.url);

/** The hash of a file, or of all names, types and contents of a folder. @param {string} path */
export function hashOf(path) {
  const hash = createHash('sha256');
  /** @param {string} file @param {string} name */
  const visit = (file, name) => {
    const stat = lstatSync(file);
    hash.update(`${name}\0${stat.mode.toString(8)}\0`);
    if (stat.isDirectory()) for (const entry of readdirSync(file).sort()) visit(join(file, entry), `${name}/${entry}`);
    else if (stat.isSymbolicLink()) hash.update(readlinkSync(file));
    else if (stat.isFile()) hash.update(readFileSync(file));
  };
  if (lstatSync(path).isFile()) hash.update(readFileSync(path));
  else visit(path, '');
  return hash.digest('hex');
}

/**
 * What a command prints and, where it makes something, that.
 * @param {string} folder
 * @param {string[]} args
 * @param {string} [made]
 */
function answer(folder, args, made) {
  const { status, error, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: folder,
    maxBuffer: 1 << 30,
    env: { ...process.env, TZ: 'UTC', COLUMNS: '120', NO_COLOR: '1' },
  });
  if (error) throw error;
  if (status === null || status > 3) throw new Error(`${args.join(' ')}: exit status ${status}\n${stderr.toString()}`);
  const hash = createHash('sha256').update(`${status}\n`).update(stdout);
  if (made !== undefined) {
    hash.update(hashOf(join(folder, made)));
    rmSync(join(folder, made), { recursive: true });
  }
  return hash.digest('hex');
}

/**
 * The hashes that are not what they should be, and how many were taken.
 * @param {string} folder an empty one
 * @param {boolean} record whether to write what they are now
 */
export function compareHashes(folder, record) {
  smallTree(join(folder, 'tree'), FILES);
  unpackImage(folder, 'root-XX.cramfs');
  const actions = ['{"path":"/bin/hello"}', '{"path":"/bin/hello","offset":"1p","length":"1p"}', '{"path":"/none"}'];
  writeFileSync(join(folder, 'requests'), `${actions.join('\n')}\n`.repeat(50));
  const mkfs = (/** @type {string[]} */ ...args) => [CRAMFS, 'mkfs', '--squash', ...args, 'tree'];
  answer(folder, [...mkfs(), 'classic.cramfs']);
  answer(folder, [...mkfs('--layout', 'util-linux', '--deflate', 'fast'), 'fast.cramfs']);
  /** @type {[name: string, args: string[], made?: string][]} */
  const works = [
    ['mkfs', [...mkfs(), 'out'], 'out'],
    ['mkfs --layout util-linux', [...mkfs('--layout', 'util-linux'), 'out'], 'out'],
    ['mkfs --deflate fast', [...mkfs('--deflate', 'fast'), 'out'], 'out'],
    ['cramfs-map --json', [COMMAND, 'root-XX.cramfs', '/bin/hello', '--json']],
    ['cramfs-map --batch', [COMMAND, 'root-XX.cramfs', '--batch', 'requests']],
    ...['classic.cramfs', 'fast.cramfs', 'root-XX.cramfs'].flatMap((image) => {
      /** @type {[string, string[], string?][]} */
      const list = [
        [`ls -R ${image}`, [CRAMFS, 'ls', '-R', image]],
        [`ls -R --json ${image}`, [CRAMFS, 'ls', '-R', '--json', image]],
        [`scan ${image}`, [CRAMFS, 'scan', image]],
        [`compare-kernels ${image}`, [CRAMFS, 'compare-kernels', image, 'linux', 'patch-v1', '--json']],
        [`diff ${image}`, [CRAMFS, 'diff', 'fast.cramfs', image, '--json']],
        [`manifest ${image}`, [CRAMFS, 'manifest', image, '--format', 'json']],
      ];
      for (const jobs of [[], ['--jobs', '1'], ['--jobs', '2']]) {
        const suffix = [image, ...jobs].join(' ');
        list.push(
          [`check ${suffix}`, [CRAMFS, 'check', '--json', ...jobs, image]],
          [`audit ${suffix}`, [CRAMFS, 'audit', '--json', ...jobs, image]],
          [`audit --no-inflate ${suffix}`, [CRAMFS, 'audit', '--no-inflate', '--json', ...jobs, image]],
          [`extract ${suffix}`, [CRAMFS, 'extract', '--quiet', ...jobs, image, 'out'], 'out'],
        );
      }
      return list;
    }),
  ];
  /** @type {Record<string, string>} */
  const known = existsSync(HASHES) ? JSON.parse(readFileSync(HASHES, 'utf8')) : {};
  /** @type {Record<string, string>} */
  const now = {};
  for (const [name, args, made] of works) now[name] = answer(folder, args, made).slice(0, 32);
  if (record) writeFileSync(HASHES, `${JSON.stringify(now, null, 2)}\n`);
  const expected = record ? now : known;
  const different = Object.keys(now).filter((name) => {
    const [command = name] = name.split(' --jobs');
    return now[name] !== expected[name] || now[name] !== now[command];
  });
  return { count: works.length, different };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = readOptions(import.meta.url, { options: { record: { type: 'boolean', default: false } } });
  withTemporaryFolder((folder) => {
    const { count, different } = compareHashes(folder, values.record);
    console.log(different.length === 0 ? `${count} answers are equal` : `different: ${different.join(', ')}`);
    if (different.length > 0) process.exitCode = 1;
  });
}
