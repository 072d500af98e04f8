// Extraction and listing beside `fsck.cramfs --extract` (util-linux) and 7-Zip, by turns, on an image of at least 150 MB
// that mkfs.cramfs makes from files of /usr. Every result is compared with the source once.
//
// node bench/extract.mjs [rounds]      TMPDIR chooses the disk
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { median, withTemporaryFolder } from './measure.mjs';

const COMMAND = fileURLToPath(new URL('../dist/bin/cramfs.cjs', import.meta.url));
const ROUNDS = Number(process.argv[2] ?? 5);
/** Folders of /usr, in this order, until there is enough. */
const FOLDERS = ['bin', 'sbin', 'include', 'lib/python3', 'lib/x86_64-linux-gnu', 'lib', 'share'];
/** Bytes of files: their image has somewhat more than 150 MB, and less than the format's 272 MB. */
const SOURCE_BYTES = 470_000_000;
const LEAST_IMAGE_BYTES = 150_000_000;
/** Files of 16 MiB and more do not fit in the format. */
const LARGEST_FILE = (1 << 24) - 1;

/**
 * The first of some commands that is there.
 * @param {string[]} names
 */
function findCommand(names) {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin'];
  for (const name of names) for (const folder of folders) if (existsSync(join(folder, name))) return join(folder, name);
  return undefined;
}

/**
 * Fills a folder with files of /usr: hard links where they can be, else copies.
 * @param {string} target
 */
function fill(target) {
  let left = SOURCE_BYTES;
  const seen = new Set();
  /** @param {string} folder */
  const visit = (folder) => {
    if (seen.has(folder)) return;
    seen.add(folder);
    mkdirSync(join(target, folder), { recursive: true });
    for (const entry of readdirSync(join('/usr', folder), { withFileTypes: true })) {
      if (left <= 0) return;
      const [from, to] = [join('/usr', folder, entry.name), join(target, folder, entry.name)];
      if (existsSync(to)) continue;
      if (entry.isDirectory()) visit(join(folder, entry.name));
      else if (entry.isSymbolicLink()) symlinkSync(readlinkSync(from), to);
      else if (entry.isFile()) {
        const { size, mode } = statSync(from);
        if (size > Math.min(LARGEST_FILE, left) || (mode & 0o444) !== 0o444) continue;
        try {
          linkSync(from, to);
        } catch {
          copyFileSync(from, to);
        }
        left -= size;
      }
    }
  };
  for (const folder of FOLDERS) if (existsSync(join('/usr', folder))) visit(folder);
}

/**
 * Runs a command to its end.
 * @param {string[]} command
 * @param {number[]} goodCodes
 * @returns {{ seconds: number, megabytes: number, cpu: number }} megabytes: the peak of resident memory; cpu: seconds of
 *   all threads, user and system; both are NaN without GNU time
 */
function run(command, goodCodes = [0]) {
  const measured = existsSync('/usr/bin/time') ? ['/usr/bin/time', '-f', 'peak %M cpu %U %S', ...command] : command;
  const [program = '', ...args] = measured;
  const start = process.hrtime.bigint();
  const { status, error, stderr } = spawnSync(program, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    maxBuffer: 1 << 28,
    encoding: 'utf8',
  });
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  if (error) throw error;
  if (!goodCodes.includes(status ?? -1))
    throw new Error(`${command.join(' ')}: exit status ${status}\n${stderr.slice(-2000)}`);
  const [, peak = NaN, user = NaN, system = NaN] = /peak (\d+) cpu ([\d.]+) ([\d.]+)/.exec(stderr) ?? [];
  return { seconds, megabytes: (Number(peak) * 1024) / 1e6, cpu: Number(user) + Number(system) };
}

/**
 * How many files of a tree are in another with the same content, and how many are not.
 * @param {string} source
 * @param {string} copy
 */
function compare(source, copy) {
  let [same, different] = [0, 0];
  /** @param {string} path */
  const visit = (path) => {
    for (const name of readdirSync(join(source, path))) {
      const [here, there] = [join(source, path, name), join(copy, path, name)];
      const stat = lstatSync(here);
      const other = lstatSync(there, { throwIfNoEntry: false });
      if (stat.isDirectory()) visit(join(path, name));
      else if (stat.isSymbolicLink()) {
        if (other?.isSymbolicLink() === true && readlinkSync(here) === readlinkSync(there)) same += 1;
        else different += 1;
      } else if (other?.isFile() === true && readFileSync(here).equals(readFileSync(there))) same += 1;
      else different += 1;
    }
  };
  visit('');
  return { same, different };
}

const mkfs = findCommand(['mkfs.cramfs']);
if (mkfs === undefined) {
  console.log(
    'mkfs.cramfs is not there (package util-linux-extra, or util-linux before Debian 13): nothing to compare with',
  );
  process.exit(0);
}
const fsck = findCommand(['fsck.cramfs']);
const sevenZip = findCommand(['7zz', '7z', '7za']);

withTemporaryFolder((folder) => {
  const [source, image] = [join(folder, 'source'), join(folder, 'image')];
  mkdirSync(source);
  fill(source);
  run([mkfs, '-N', 'little', source, image]);
  const { size } = statSync(image);
  if (size < LEAST_IMAGE_BYTES)
    console.log(`/usr gives an image of ${size} bytes only; at least ${LEAST_IMAGE_BYTES} were wanted`);

  const target = join(folder, 'target');
  const extractors = [
    { name: 'cramfs extract', command: [process.execPath, COMMAND, 'extract', image, target, '--quiet'], codes: [0] },
    ...(fsck === undefined
      ? []
      : [{ name: 'fsck.cramfs --extract', command: [fsck, `--extract=${target}`, image], codes: [0] }]),
    // It refuses links that lead out of their directory, and ends with 2 for that.
    ...(sevenZip === undefined
      ? []
      : [{ name: '7-Zip x', command: [sevenZip, 'x', '-y', `-o${target}`, image], codes: [0, 2] }]),
  ].map((entry) => ({ ...entry, runs: /** @type {ReturnType<typeof run>[]} */ ([]), files: '' }));
  const listers = [
    { name: 'cramfs ls -R', command: [process.execPath, COMMAND, 'ls', '-R', image] },
    ...(sevenZip === undefined ? [] : [{ name: '7-Zip l', command: [sevenZip, 'l', image] }]),
    { name: 'node -e 0', command: [process.execPath, '-e', '0'] },
  ].map((entry) => ({ ...entry, codes: [0], runs: /** @type {ReturnType<typeof run>[]} */ ([]), files: '' }));

  for (let round = 0; round <= ROUNDS; round++) {
    for (const entry of extractors) {
      spawnSync('sync');
      const result = run(entry.command, entry.codes);
      // The first round fills the caches, and shows whether the results are right.
      if (round === 0) {
        const { same, different } = compare(source, target);
        entry.files = `${same} right, ${different} not`;
      } else entry.runs.push(result);
      rmSync(target, { recursive: true });
    }
  }
  for (let round = 0; round < 3 * ROUNDS; round++) for (const entry of listers) entry.runs.push(run(entry.command));

  const wall = (/** @type {{ runs: ReturnType<typeof run>[] }} */ { runs }) =>
    median(runs.map(({ seconds }) => seconds));
  console.log(`image of ${size} bytes, ${availableParallelism()} processors, medians of ${ROUNDS} rounds by turns\n`);
  console.log(`${'command'.padEnd(24)}  wall s   CPU s  peak MB  files and links`);
  for (const entry of [...extractors, ...listers]) {
    const columns = [
      entry.name.padEnd(24),
      wall(entry).toFixed(3).padStart(6),
      median(entry.runs.map(({ cpu }) => cpu))
        .toFixed(2)
        .padStart(6),
      median(entry.runs.map(({ megabytes }) => megabytes))
        .toFixed(0)
        .padStart(7),
      entry.files,
    ];
    console.log(columns.join('  '));
  }
  const [ours, ...others] = extractors.map(wall);
  if (others.length > 0) {
    const ratio = (ours ?? NaN) / Math.min(...others);
    console.log(`\nextract: ${ratio.toFixed(2)} of the faster of the others (at most 0.75 wanted)`);
  }
  if (sevenZip !== undefined) {
    const [list = NaN, other = NaN, bare = NaN] = listers.map(wall);
    const allowed = 1.5 * other + bare;
    console.log(
      `list: ${list.toFixed(3)} s, at most ${allowed.toFixed(3)} s wanted (1.5 of 7-Zip, and node's start-up)`,
    );
  }
});
