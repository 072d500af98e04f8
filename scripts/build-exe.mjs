// `npm run build:exe`: dist/cramfs, one executable that needs no Node: the Node that runs this, with the single file in it
// ("single executable application"). The single file is in it twice: as the program, and as the text of its threads.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { buildSingle } from './build-single.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const OUTPUT = process.platform === 'win32' ? 'dist/cramfs.exe' : 'dist/cramfs';
/** Node's marker for where the program goes. */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';
const POSTJECT = 'postject@1.0.0-alpha.6';

const folder = mkdtempSync(join(tmpdir(), 'cramfs-exe-'));
try {
  const main = join(folder, 'cramfs.cjs');
  await buildSingle(main);
  const config = join(folder, 'sea.json');
  const blob = join(folder, 'sea.blob');
  const assets = { 'cramfs.cjs': main };
  writeFileSync(config, JSON.stringify({ main, output: blob, disableExperimentalSEAWarning: true, assets }));
  run(process.execPath, ['--experimental-sea-config', config]);
  rmSync(OUTPUT, { force: true });
  copyFileSync(process.execPath, OUTPUT);
  chmodSync(OUTPUT, 0o755);
  run('npx', ['--yes', POSTJECT, OUTPUT, 'NODE_SEA_BLOB', blob, '--sentinel-fuse', FUSE]);
  const licence = ['LICENSE', '../LICENSE', '../share/doc/nodejs/LICENSE', '../share/doc/nodejs/copyright']
    .map((name) => join(dirname(process.execPath), name))
    .find((file) => existsSync(file));
  if (licence !== undefined) writeFileSync(`${OUTPUT}.node-license.txt`, readFileSync(licence));
  console.log(`${OUTPUT}  ${statSync(OUTPUT).size} bytes, with Node ${process.version}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/**
 * @param {string} command
 * @param {string[]} args
 */
function run(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status === 0) return;
  console.error(error?.message ?? `${stdout}${stderr}`);
  process.exit(status ?? 1);
}
