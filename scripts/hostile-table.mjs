// `npm run hostile -- DIR [--seconds 10] [--megabytes 512]`: runs every command over each file of a folder, and prints the
// outcome, the seconds and the peak memory of each run as a table. A run that takes more than the limits, or ends by an
// internal error or a signal, is marked; the exit code is 1 then. Images are read; texts are given to mkfs as listing and
// as device table, archives as source.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: 'string', default: '10' }, megabytes: { type: 'string', default: '512' } },
});
const [folder] = positionals;
const limits = { seconds: Number(values.seconds), megabytes: Number(values.megabytes) };
if (folder === undefined || !(limits.seconds > 0) || !(limits.megabytes > 0)) {
  console.error('usage: npm run hostile -- DIR [--seconds N] [--megabytes N]');
  process.exit(2);
}

const PROGRAM = fileURLToPath(new URL('../dist/bin/cramfs.cjs', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'cramfs-hostile-'));
const usageFile = join(scratch, 'usage');
const hook = join(scratch, 'hook.cjs');
// Memory is what the process itself says at its end, in KiB on every system.
writeFileSync(
  hook,
  `process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(usageFile)}, String(process.resourceUsage().maxRSS)));`,
);

/** A file of the image, for commands that take one: the largest, as long as the list is sound. @param {string} image */
function largestFile(image) {
  const { stdout } = run(['ls', '--json', '-R', image]);
  try {
    /** @type {{ entries: { path: string, type: string, size: number }[] }} */
    const { entries } = JSON.parse(stdout);
    const files = entries.filter(({ type }) => type === 'file');
    return files.reduce((best, next) => (next.size > best.size ? next : best), { path: '/', size: -1 }).path;
  } catch {
    return '/';
  }
}

/** @param {string} file */
function commandsFor(file) {
  const out = join(scratch, 'out');
  const builds = { 'mkfs --from-listing': '--from-listing', 'mkfs --device-table': '--device-table' };
  if (/[.]txt$/.test(file)) {
    const empty = join(scratch, 'empty');
    mkdirSync(empty, { recursive: true });
    return Object.entries(builds).map(([name, option]) => ({ name, args: ['mkfs', option, file, empty, out] }));
  }
  if (/[.](tar|tgz|tar[.]gz)$/.test(file)) return [{ name: 'mkfs', args: ['mkfs', file, out] }];
  if (/[.]json$/.test(file)) return [{ name: 'policy check', args: ['policy', 'check', file] }];
  const path = largestFile(file);
  const each = (/** @type {string} */ name, /** @type {string[]} */ ...args) => ({ name, args });
  return [
    each('info', 'info', file),
    each('ls -R', 'ls', '-R', '-l', file),
    each('tree', 'tree', file),
    each('stat', 'stat', file, path),
    each('blocks', 'blocks', file, path),
    each('cat', 'cat', file, path),
    each('scan', 'scan', file),
    each('check', 'check', file),
    each('audit', 'audit', file),
    each('audit --kernel nommu', 'audit', '--kernel', 'nommu', file),
    each('map', 'map', file, path),
    each('exec', 'exec', file, path),
    each('diff', 'diff', file, file),
    each('compare-kernels', 'compare-kernels', file, 'linux-4.15'),
    each('describe', 'describe', file),
    each('mkfs', 'mkfs', file, out),
    each('mkfs --xip', 'mkfs', '--xip', 'mmu', '-X', file, out),
    each('extract', 'extract', '--force', file, join(scratch, 'tree')),
    each('extract --tar', 'extract', '--tar', '/dev/null', file),
    each('report', 'report', file, '-o', join(scratch, 'report.html')),
  ];
}

/** @param {string[]} args */
function run(args) {
  rmSync(usageFile, { force: true });
  const began = process.hrtime.bigint();
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, ['--require', hook, PROGRAM, ...args], {
    timeout: limits.seconds * 3000,
    killSignal: 'SIGKILL',
    maxBuffer: 1 << 30,
    encoding: 'latin1',
  });
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  let megabytes = NaN;
  try {
    megabytes = Number(readFileSync(usageFile, 'utf8')) / 1024;
  } catch {
    // It did not come to its end.
  }
  return { status, signal, stdout, stderr, seconds, megabytes };
}

let bad = 0;
let runs = 0;
let worst = { seconds: 0, megabytes: 0 };
console.log(['input', 'command', 'outcome', 'seconds', 'MB'].join('\t'));
try {
  for (const name of readdirSync(folder).sort()) {
    const file = join(folder, name);
    if (!statSync(file).isFile() || name.endsWith('.md')) continue;
    for (const command of commandsFor(file)) {
      const { status, signal, stdout, stderr, seconds, megabytes } = run(command.args);
      // eslint-disable-next-line no-control-regex -- control characters are what is looked for
      const raw = command.name !== 'cat' && /[\u0000-\u0008\u000b-\u001f\u007f]/.test(stdout + stderr);
      const faults = [
        ...(seconds > limits.seconds ? ['SLOW'] : []),
        ...(megabytes > limits.megabytes ? ['LARGE'] : []),
        ...(status === null || status === 70 ? ['BROKEN'] : []),
        ...(raw ? ['CONTROL CHARACTERS'] : []),
      ];
      if (faults.length > 0) bad++;
      runs++;
      worst = { seconds: Math.max(worst.seconds, seconds), megabytes: Math.max(worst.megabytes, megabytes || 0) };
      const outcome = [signal ?? `exit ${String(status)}`, ...faults].join(' ');
      const memory = Number.isNaN(megabytes) ? '-' : megabytes.toFixed(0);
      console.log([name, command.name, outcome, seconds.toFixed(2), memory].join('\t'));
      rmSync(join(scratch, 'tree'), { recursive: true, force: true });
      rmSync(join(scratch, 'out'), { force: true });
    }
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
console.log(
  `${runs} runs, ${bad} beyond the limits or broken; longest ${worst.seconds.toFixed(2)} s, most ${worst.megabytes.toFixed(0)} MB`,
);
process.exitCode = bad === 0 ? 0 : 1;
