// `npm run hostile -- DIR... [--only TEXT] [--seconds 10] [--megabytes 512]`: runs every command on each file of some
// folders, and prints the outcome, the seconds (elapsed, and of CPU time) and the peak memory of each run as a table. A run
// that takes more than the limits, ends by an internal error or a signal, or prints control characters is marked; the exit
// code is 1 then. On a busy machine only the CPU time counts against the limit, unless a run is killed at six times of it.
// Images are read; other files are given to each command and option that takes such a file.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { readOptions } from './options.mjs';

const { values, positionals: folders } = readOptions(import.meta.url, {
  allowPositionals: true,
  options: {
    only: { type: 'string', default: '' },
    seconds: { type: 'string', default: '10' },
    megabytes: { type: 'string', default: '512' },
  },
});
const limits = { seconds: Number(values.seconds), megabytes: Number(values.megabytes) };
if (folders.length === 0 || !(limits.seconds > 0) || !(limits.megabytes > 0)) {
  console.error('usage: npm run hostile -- DIR... [--only TEXT] [--seconds N] [--megabytes N]');
  process.exit(2);
}

const PROGRAM = fileURLToPath(new URL('../dist/bin/cramfs.cjs', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'cramfs-hostile-'));
const usageFile = join(scratch, 'usage');
const hook = join(scratch, 'hook.cjs');
// Memory and CPU time are what the process itself says at its end: KiB and microseconds on every system.
writeFileSync(
  hook,
  `process.on('exit', () => {
    const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
    require('node:fs').writeFileSync(${JSON.stringify(usageFile)}, JSON.stringify({ maxRSS, cpu: userCPUTime + systemCPUTime }));
  });`,
);
const plain = writePlainInputs();

/** What texts are tried on: a tree of one file, and an image of it. */
function writePlainInputs() {
  const tree = join(scratch, 'plain');
  const image = join(scratch, 'plain.img');
  mkdirSync(tree);
  writeFileSync(join(tree, 'f'), 'a'.repeat(5000));
  run(['mkfs', tree, image]);
  return { tree, image };
}

/** A file of the image, for commands that take one: the largest, as long as the list is sound. @param {string} image */
function largestFile(image) {
  const { stdout } = run(['ls', '--json', '-R', image]);
  try {
    /** @type {{ entries: { path: string, type: string, size: number }[] }} */
    const { entries } = JSON.parse(stdout);
    // A path with a NUL cannot be handed to a program.
    const files = entries.filter(({ type, path }) => type === 'file' && !path.includes('\0'));
    return files.reduce((best, next) => (next.size > best.size ? next : best), { path: '/', size: -1 }).path;
  } catch {
    return '/';
  }
}

/**
 * @typedef {{ name: string, args: string[] }} Command
 * @param {string} file
 * @returns {Command[]}
 */
function commandsFor(file) {
  if (/[.](tar|tgz|tar[.]gz)$/.test(file)) return archiveCommands(file);
  return /[.](img|cramfs|bin|romfs)$/.test(file) ? imageCommands(file) : textCommands(file);
}

/** @param {string} name @param {string[]} args */
const each = (name, ...args) => ({ name, args });

/** @param {string} file */
function archiveCommands(file) {
  return [
    each('mkfs', 'mkfs', file, join(scratch, 'out')),
    each('stage', 'stage', '--from', file, '/bin/sh', '-o', join(scratch, 'out')),
    each('scan', 'scan', file),
  ];
}

const XIP = ['--xip', 'mmu', '--phys', '0x10000000'];

/** Everything that reads a file beside an image. @param {string} file */
function textCommands(file) {
  const { tree, image } = plain;
  const out = join(scratch, 'out');
  return [
    each('mkfs --from-listing', 'mkfs', '--from-listing', file, tree, out),
    each('mkfs --device-table', 'mkfs', '--device-table', file, tree, out),
    each('mkfs --truncate --device-table', 'mkfs', '--truncate', '--device-table', file, tree, out),
    each('mkfs --uid-gid-map', 'mkfs', '--uid-gid-map', file, tree, out),
    each('mkfs --insert', 'mkfs', '--insert', file, tree, out),
    each('mkfs --xip-list', 'mkfs', ...XIP, '--xip-list', file, tree, out),
    each('mkfs --xip-profile', 'mkfs', ...XIP, '--xip-profile', file, tree, out),
    each('policy check', 'policy', 'check', file),
    each('audit --policy', 'audit', '--policy', file, image),
    each('audit --baseline', 'audit', '--baseline', file, image),
    each('audit --board', 'audit', '--board', file, image),
    each('audit --partition-table', 'audit', '--partition-table', file, '--partition', 'rootfs', image),
    each('audit --merge', 'audit', '--merge', file),
    each('diff', 'diff', file, image),
    each('map --batch', 'map', image, '--batch', file),
    each('profile', 'profile', image, file),
    each('profile --check', 'profile', '--check', image, file),
    each('stage --dlopen-list', 'stage', '--from', tree, '--dlopen-list', file, '/f', '-o', out),
    each('info', 'info', file),
    each('scan', 'scan', file),
  ];
}

/** @param {string} file */
function imageCommands(file) {
  const out = join(scratch, 'out');
  const path = largestFile(file);
  return [
    each('info', 'info', file),
    each('ls -R', 'ls', '-R', '-l', file),
    each('tree', 'tree', file),
    each('stat', 'stat', file, path),
    each('blocks', 'blocks', file, path),
    each('cat', 'cat', file, path),
    each('scan', 'scan', file),
    each('check', 'check', file),
    each('check --json', 'check', '--json', file),
    each('manifest', 'manifest', file),
    each('audit', 'audit', file),
    each('audit --json', 'audit', '--json', '--kernel', 'linux-4.15', file),
    each('audit of two', 'audit', '--jobs', '2', '--json', file, file),
    each('audit --kernel nommu', 'audit', '--kernel', 'nommu', file),
    each('map', 'map', file, path),
    each('map --trace', 'map', '--trace', '--pages', '--crc', file, path),
    each('exec', 'exec', file, path),
    each('diff', 'diff', file, file),
    each('compare-kernels', 'compare-kernels', file, 'linux-4.15'),
    each('describe', 'describe', file),
    each('mkfs', 'mkfs', file, out),
    each('mkfs --xip', 'mkfs', ...XIP, file, out),
    each('extract', 'extract', '--force', file, join(scratch, 'tree')),
    each('extract --tar', 'extract', '--tar', '/dev/null', file),
    each('stage', 'stage', '--from', file, path, '-o', out),
    each('report', 'report', file, '-o', join(scratch, 'report.html')),
    each('report --compare', 'report', file, '--compare', file, '-o', join(scratch, 'report.html')),
  ];
}

/** @param {string[]} args */
function run(args) {
  rmSync(usageFile, { force: true });
  const began = process.hrtime.bigint();
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, ['--require', hook, PROGRAM, ...args], {
    timeout: limits.seconds * 6000,
    killSignal: 'SIGKILL',
    maxBuffer: 1 << 30,
    encoding: 'latin1',
  });
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  let [megabytes, cpu] = [NaN, seconds];
  try {
    /** @type {{ maxRSS: number, cpu: number }} */
    const usage = JSON.parse(readFileSync(usageFile, 'utf8'));
    megabytes = usage.maxRSS / 1024;
    cpu = usage.cpu / 1e6;
  } catch {
    // It did not come to its end.
  }
  return { status, signal, stdout, stderr, seconds, cpu, megabytes };
}

const worst = { seconds: 0, cpu: 0, megabytes: 0 };
let bad = 0;
let runs = 0;

/** @param {string} file @param {Command} command */
function tryCommand(file, command) {
  const { status, signal, stdout, stderr, seconds, cpu, megabytes } = run(command.args);
  // The bytes as they are: U+0080 to U+009F are C2 80 to C2 9F.
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  const isRaw = (/** @type {string} */ text) => /[\u0000-\u0008\u000b-\u001f\u007f]|\u00c2[\u0080-\u009f]/.test(text);
  const raw = command.name !== 'cat' && isRaw(stdout + stderr);
  const faults = [
    ...(Math.min(seconds, cpu) > limits.seconds ? ['SLOW'] : []),
    ...(megabytes > limits.megabytes ? ['LARGE'] : []),
    ...(status === null || status === 70 ? ['BROKEN'] : []),
    ...(raw ? ['CONTROL CHARACTERS'] : []),
  ];
  if (faults.length > 0) bad++;
  runs++;
  worst.seconds = Math.max(worst.seconds, seconds);
  worst.cpu = Math.max(worst.cpu, cpu);
  worst.megabytes = Math.max(worst.megabytes, megabytes || 0);
  const limit = status === 3 && stderr.includes('limit was reached') ? ' LIMIT' : '';
  const outcome = [signal ?? `exit ${String(status)}${limit}`, ...faults].join(' ');
  const memory = Number.isNaN(megabytes) ? '-' : megabytes.toFixed(0);
  console.log([basename(file), command.name, outcome, seconds.toFixed(2), cpu.toFixed(2), memory].join('\t'));
}

console.log(['input', 'command', 'outcome', 'seconds', 'CPU', 'MB'].join('\t'));
try {
  for (const folder of folders) {
    for (const name of readdirSync(folder).sort()) {
      const file = join(folder, name);
      if (!statSync(file).isFile() || name.endsWith('.md') || !name.includes(values.only)) continue;
      for (const command of commandsFor(file)) {
        tryCommand(file, command);
        rmSync(join(scratch, 'tree'), { recursive: true, force: true });
        rmSync(join(scratch, 'out'), { force: true });
      }
    }
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
console.log(
  `${runs} runs, ${bad} beyond the limits or broken; longest ${worst.seconds.toFixed(2)} s (${worst.cpu.toFixed(2)} s of CPU time), most ${worst.megabytes.toFixed(0)} MB`,
);
process.exitCode = bad === 0 ? 0 : 1;
