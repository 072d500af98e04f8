// What V8 compiled of the programs, kept beside them in dist/bin for bin/launch.ts: the programs are run on a sample, since
// only functions that were called are compiled. It is for the Node that builds, so it is no part of the package.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

const SAMPLE = new URL('../fixtures/images/root-XX.cramfs.gz', import.meta.url);
const HOOK = fileURLToPath(new URL('keep-code.cjs', import.meta.url));

/** Bytes before the code of a pack: its length, 0 here. */
const NO_CODE = Buffer.alloc(8);

/**
 * What is run, each on the sample `image`; `out` is a path that is free, and `requests` a batch. What each loads is a pack: the one that bin/launch.ts
 * takes for the same words.
 */
const RUNS = [
  { pack: [], words: ['cramfs-map', 'image', '/bin/hello'] },
  { pack: ['json'], words: ['cramfs-map', 'image', '/bin/hello', '--json'] },
  ...[
    ['ls', '-R', 'image'],
    ['info', 'image'],
    ['scan', 'image'],
    ['check', 'image'],
    ['audit', 'image'],
    ['extract', '--quiet', 'image', 'out'],
  ].map((words) => ({ pack: words.slice(0, 1), words: ['cramfs', ...words] })),
];

/** What is run for the code of its own files only: what it needs of a pack is not worth a place there. */
const RARE_RUNS = [
  ['cramfs-map', 'image', '/bin/hello', '--fill', 'ff'],
  ['cramfs-map', 'image', '--batch', 'requests'],
];

/**
 * Runs the programs of a folder, and keeps what V8 made of them.
 * @param {string} bin
 * @param {readonly string[]} programs names of their own files, without .cjs
 * @param {(pieces: string[]) => Promise<string>} packText the text of a pack of files, in the order in which they are loaded
 */
export async function keepCode(bin, programs, packText) {
  const ending = `.${process.versions.v8}-${process.arch}.code`;
  // That there is something, however empty, is what the launcher goes by.
  for (const name of programs) writeFileSync(join(bin, `${name}.cjs${ending}`), '');
  const folder = mkdtempSync(join(tmpdir(), 'cramfs-build-'));
  const list = join(folder, 'loaded');
  try {
    writeFileSync(join(folder, 'image'), gunzipSync(readFileSync(SAMPLE)));
    writeFileSync(join(folder, 'requests'), '{"path":"/bin/hello"}\n');
    // Code for each file, then packs of the files, which get their code last.
    for (const words of RARE_RUNS) run(bin, folder, words, {});
    for (const { pack, words } of RUNS) {
      run(bin, folder, words, { LOADED: list });
      const text = await packText(JSON.parse(readFileSync(list, 'utf8')));
      const name = [`${words[0]}-main.cjs`, ...pack, 'pack'].join('.');
      writeFileSync(join(folder, name), Buffer.concat([NO_CODE, Buffer.from(text, 'latin1')]));
    }
    for (const name of readdirSync(folder).filter((each) => each.endsWith('.pack'))) {
      copyFileSync(join(folder, name), join(bin, `${name}${ending}`));
    }
    for (const { words } of RUNS) run(bin, folder, words, {});
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param {string} bin
 * @param {string} cwd
 * @param {readonly string[]} words the program and its arguments
 * @param {Record<string, string>} env
 */
function run(bin, cwd, [program = '', ...args], env) {
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
