// `npm run dumps -- FOLDER… | --own  [--commands scan,info,…] [--json] [--no-follow]`: what each command says first of every
// file of some folders, or of every kind of dump that the tests make of our images (docs/dumps.md), and its exit code; and of
// the command that it says to run next, pasted into a shell, the same. The exit code is 1 if a command ends by an internal
// error or a signal, or a command to paste is not better off: it ends with 2 (wrong usage), or with 3 where the tool that it
// needs is installed.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { bundled } from './bundled.mjs';
import { readOptions } from './options.mjs';

const ALL = ['scan', 'info', 'check', 'audit', 'ls', 'extract', 'map', 'report', 'describe', 'diff', 'mkfs'];
const { values, positionals } = readOptions(import.meta.url, {
  allowPositionals: true,
  options: {
    commands: { type: 'string', default: ALL.join(',') },
    json: { type: 'boolean', default: false },
    'no-follow': { type: 'boolean', default: false },
    own: { type: 'boolean', default: false },
  },
});
const commands = values.commands.split(',');
if ((positionals.length === 0) !== values.own || commands.some((command) => !ALL.includes(command))) {
  console.error(`usage: npm run dumps -- FOLDER… | --own [--commands ${ALL.join(',')}] [--json] [--no-follow]`);
  process.exit(2);
}

const PROGRAM = fileURLToPath(new URL('../dist/bin/cramfs.cjs', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'cramfs-dumps-'));
const out = join(scratch, 'out');
const SECONDS = 120;
/** Where commands run: those to paste write files there. */
const here = join(scratch, 'here');
mkdirSync(here);

/** Writes each kind of dump that the tests make. @returns {Promise<string>} the folder */
async function ownDumps() {
  const folder = join(scratch, 'own');
  mkdirSync(folder);
  const outfile = fileURLToPath(new URL('../dist/own/dumps.mjs', import.meta.url));
  const entry = fileURLToPath(new URL('../__tests__/support/dumpVariants.ts', import.meta.url));
  /** @type {{ DUMP_VARIANTS: Record<string, { title: string, make: () => Buffer }[]> }} */
  const { DUMP_VARIANTS } = await bundled(entry, outfile);
  rmSync(dirname(outfile), { recursive: true });
  Object.values(DUMP_VARIANTS)
    .flat()
    .forEach(({ title, make }, index) => {
      const name = `${String(index).padStart(3, '0')} ${title.replace(/[^A-Za-z0-9 -]+/g, '')}.bin`;
      writeFileSync(join(folder, name), make());
    });
  return folder;
}

/** @param {string} command @param {string} file */
function wordsOf(command, file) {
  switch (command) {
    case 'extract':
      return ['extract', file, out];
    case 'map':
      return ['map', file, largestFile(file)];
    case 'report':
      return ['report', file, '-o', out];
    case 'diff':
      return ['diff', file, file];
    case 'mkfs':
      return ['mkfs', file, out];
    default:
      return [command, file];
  }
}

/** A file of the image, or of the first in a dump, for commands that take one. @param {string} file */
function largestFile(file) {
  return largestOf([file]) ?? largestOf([file, '--image', '1']) ?? '/';
}

/** @param {string[]} place @returns {string | null} */
function largestOf(place) {
  const { stdout } = spawnSync(process.execPath, [PROGRAM, 'ls', '--json', '-R', ...place], { encoding: 'utf8' });
  try {
    /** @type {{ entries: { path: string, type: string, size: number }[] }} */
    const { entries } = JSON.parse(stdout);
    // An argument cannot have a NUL, which names of damaged images may.
    const files = entries.filter(({ type, path }) => type === 'file' && !path.includes('\0'));
    return files.reduce((best, next) => (next.size > best.size ? next : best), { path: '/', size: -1 }).path;
  } catch {
    return null;
  }
}

/** @typedef {{ command: string, code: number, first: string, says: string }} Outcome */

/** @param {string} command @param {string} program @param {string[]} args @returns {Outcome} */
function run(command, program, args) {
  rmSync(out, { recursive: true, force: true });
  // One stream: what comes first is first.
  const { status, signal, stdout } = spawnSync('sh', ['-c', 'exec "$@" 2>&1', 'sh', program, ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    timeout: SECONDS * 1000,
    cwd: here,
  });
  const says = stdout.split(scratch).join('$TMP');
  const first = says.split('\n').find((line) => line.trim() !== '') ?? '';
  return { command, code: signal === null ? (status ?? 70) : 137, first, says };
}

/** Runs a command line as a shell would, with `cramfs` being the program under test. @param {string} text */
function paste(text) {
  const line = text.split('$TMP').join(scratch);
  const functions = ['cramfs', 'cramfs-map']
    .map((name) => `${name}() { "${process.execPath}" "${PROGRAM.replace('cramfs.cjs', `${name}.cjs`)}" "$@"; }`)
    .join('\n');
  // A function cannot have a dash in every shell.
  return run(text, 'bash', ['-c', `${functions}\n${line}`]);
}

/** The files of a folder, or the file. @param {string} given @returns {string[]} */
function filesOf(given) {
  const path = resolve(given);
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesOf(join(path, name)))
    .filter((file) => !/[.](jsonl|json|md|txt|c)$/.test(file));
}

/** @param {Outcome} outcome */
const isBroken = ({ code }) => code === 70 || code > 100;
/**
 * A suggestion that does not help. What is not ours: a map of "/", where no file of the image is known before, a tool that is
 * not installed (127), and an image in a container that cannot be told from here.
 * @param {Outcome} outcome
 */
function isUseless(outcome) {
  const { code, command, says } = outcome;
  if (isBroken(outcome) && code !== 127) return true;
  return (
    (code === 2 && !says.includes('it is a directory')) ||
    (code === 3 && !command.includes('|') && command.startsWith('cramfs') && !ANSWERS.test(says))
  );
}

/** What map and mkfs answer of a sound image: that Linux does not mount it, and that no builder here writes what it has. */
const ANSWERS = /Linux refuses to mount this image|it does not fit into a cramfs image/;

let failures = 0;
try {
  const folders = values.own ? [await ownDumps()] : positionals;
  for (const file of folders.flatMap(filesOf)) {
    const rows = [];
    for (const command of commands) {
      const outcome = run(command, process.execPath, [PROGRAM, ...wordsOf(command, file)]);
      const suggested = /(?:; run|^ {2}to look into it|^fix): (.+)$/m.exec(outcome.first)?.[1] ?? null;
      const next = suggested === null || values['no-follow'] ? null : paste(suggested);
      const failed = isBroken(outcome) || (next !== null && isUseless(next));
      if (failed) failures++;
      rows.push({
        file,
        command,
        code: outcome.code,
        first: outcome.first,
        next: next && { command: next.command, code: next.code, first: next.first },
        failed,
      });
    }
    if (values.json) for (const row of rows) console.log(JSON.stringify(row));
    else {
      console.log(`\n${file}`);
      for (const { command, code, first, next, failed } of rows) {
        console.log(`${failed ? '!' : ' '} ${command.padEnd(9)} ${String(code).padStart(2)}  ${first}`);
        if (next !== null) console.log(`     pasted ${String(next.code).padStart(2)}  ${next.first}`);
      }
    }
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
if (failures > 0) console.error(`${String(failures)} runs marked !`);
process.exitCode = failures > 0 ? 1 : 0;
