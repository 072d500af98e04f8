// What V8 compiled of the programs, kept beside them in dist/bin for bin/launch.ts: the programs are run on a sample, since
// only functions that were called are compiled. It is for the Node that builds, so it is no part of the package.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

const SAMPLE = new URL('../fixtures/images/root-XX.cramfs.gz', import.meta.url);
const HOOK = fileURLToPath(new URL('keep-code.cjs', import.meta.url));

/**
 * What is run, each on the sample `image`; `out` is a path that is free. What the first run of a program, or of a subcommand,
 * loads is its pack.
 */
const RUNS = [
  ['cramfs-map', 'image', '/bin/hello', '--json'],
  ['cramfs-map', 'image', '/bin/hello'],
  ['cramfs', 'ls', '-R', 'image'],
  ['cramfs', 'info', 'image'],
  ['cramfs', 'scan', 'image'],
  ['cramfs', 'check', 'image'],
  ['cramfs', 'audit', 'image'],
  ['cramfs', 'extract', '--quiet', 'image', 'out'],
];

/** What is run for the code of its own files only: what it needs of a pack is not worth a place there. */
const RARE_RUNS = [['cramfs-map', 'image', '/bin/hello', '--fill', 'ff']];

/**
 * Runs the programs of a folder, and keeps what V8 made of them.
 * @param {string} bin
 * @param {readonly string[]} programs names of their own files, without .cjs
 */
export function keepCode(bin, programs) {
  // That there is something, however empty, is what the launcher goes by.
  for (const name of programs) {
    writeFileSync(join(bin, `${name}.cjs.${process.versions.v8}-${process.arch}.code`), '');
  }
  const folder = mkdtempSync(join(tmpdir(), 'cramfs-build-'));
  const packs = new Set();
  try {
    writeFileSync(join(folder, 'image'), gunzipSync(readFileSync(SAMPLE)));
    // Code for each file, then packs of the files, which get their code last.
    for (const [program = '', ...args] of [...RUNS, ...RARE_RUNS]) run(bin, folder, program, args, {});
    for (const [program = '', ...args] of RUNS) {
      const words = [`${program}-main.cjs`, ...(program === 'cramfs' ? args.slice(0, 1) : []), 'pack'];
      const pack = resolve(bin, words.join('.'));
      if (!packs.has(pack)) run(bin, folder, program, args, { PACK: pack });
      packs.add(pack);
    }
    for (const [program = '', ...args] of RUNS) run(bin, folder, program, args, {});
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param {string} bin
 * @param {string} cwd
 * @param {string} program
 * @param {readonly string[]} args
 * @param {Record<string, string>} env
 */
function run(bin, cwd, program, args, env) {
  rmSync(join(cwd, 'out'), { recursive: true, force: true });
  const { status, stderr } = spawnSync(process.execPath, ['--require', HOOK, resolve(bin, `${program}.cjs`), ...args], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  // 1: findings.
  if (status !== 0 && status !== 1) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
}
