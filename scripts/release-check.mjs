// `npm run release:check`: builds what a release has into dist/release (tarball, single file, list of our packages, checksums)
// and proves it: both are installed into empty places, by root also as an ordinary user, and used there.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { buildSingle } from './build-single.mjs';
import { proveConsumer } from './release-consumer.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const RELEASE = resolve('dist/release');
/** Bytes of the tarball, at most. */
const LIMIT = 1_000_000;
/** An ordinary user, as whom root tries everything again. */
const NOBODY = 65_534;

const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
if (process.env.GITHUB_REF_TYPE === 'tag' && process.env.GITHUB_REF_NAME !== `v${version}`) {
  fail(`the tag ${process.env.GITHUB_REF_NAME ?? ''} is not v${version}, the version of package.json`);
}
// npm pack builds dist anew.
const temporary = mkdtempSync(join(tmpdir(), 'cramfs-release-'));
try {
  run('npm', ['pack', '--silent', '--pack-destination', temporary]);
  const tarball = readdirSync(temporary).find((name) => name.endsWith('.tgz')) ?? fail('npm pack made no tarball');
  mkdirSync(RELEASE, { recursive: true });
  copyFileSync(join(temporary, tarball), join(RELEASE, tarball));
  const size = statSync(join(RELEASE, tarball)).size;
  if (size > LIMIT) fail(`${tarball} has ${size} bytes, more than ${LIMIT}`);
  await buildSingle(join(RELEASE, 'cramfs.cjs'));
  const sbom = run('npm', ['sbom', '--sbom-format', 'cyclonedx', '--omit', 'dev', '--package-lock-only']);
  if (JSON.parse(sbom).bomFormat !== 'CycloneDX') fail('npm sbom made no CycloneDX');
  writeFileSync(join(RELEASE, 'sbom.cdx.json'), sbom);
  const names = ['cramfs.cjs', tarball, 'sbom.cdx.json'];
  const sums = names.map((name) => `${sha256(join(RELEASE, name))}  ${name}\n`);
  writeFileSync(join(RELEASE, 'SHA256SUMS'), sums.join(''));
  for (const uid of process.getuid?.() === 0 ? [0, NOBODY] : [process.getuid?.() ?? 0]) prove(tarball, uid);
  for (const name of [...names, 'SHA256SUMS'])
    console.log(`dist/release/${name}  ${statSync(join(RELEASE, name)).size} bytes`);
} finally {
  rmSync(temporary, { recursive: true, force: true });
}

/**
 * Installs the tarball into an empty project and the single file into an empty folder, and uses both.
 * @param {string} tarball
 * @param {number} uid
 */
function prove(tarball, uid) {
  const folder = mkdtempSync(join(tmpdir(), 'cramfs-prove-'));
  try {
    for (const name of ['project', 'alone', 'home']) mkdirSync(join(folder, name));
    copyFileSync(join(RELEASE, tarball), join(folder, 'project', tarball));
    copyFileSync(join(RELEASE, 'cramfs.cjs'), join(folder, 'alone', 'cramfs.cjs'));
    writeFileSync(join(folder, 'project/package.json'), '{"private":true}');
    for (const name of ['project', 'alone']) {
      writeFileSync(join(folder, name, 'fw.cramfs'), gunzipSync(readFileSync('fixtures/images/root-XX.cramfs.gz')));
    }
    run('chown', ['-R', String(uid), folder]);
    chmodSync(folder, 0o755);
    const as = (/** @type {string} */ place, /** @type {string} */ command, /** @type {string[]} */ ...args) =>
      run(command, args, {
        cwd: join(folder, place),
        uid,
        env: { PATH: process.env.PATH, HOME: join(folder, 'home') },
      });
    as('project', 'npm', 'install', '--no-audit', '--no-fund', `./${tarball}`);
    const modules = join(folder, 'project/node_modules');
    const packages = Object.keys(JSON.parse(readFileSync(join(modules, '.package-lock.json'), 'utf8')).packages);
    const names = packages.map((name) => name.replace(/^.*node_modules[/]/, '')).join(', ');
    console.log(`production: ${packages.length} packages (${names}), ${bytesBelow(modules)} bytes`);
    for (const [place, program] of [
      ['project', 'node_modules/.bin/cramfs'],
      ['alone', './cramfs.cjs'],
    ]) {
      expect(as(place ?? '', program ?? '', '--version').trim(), version);
      expect(as(place ?? '', program ?? '', 'check', 'fw.cramfs'), 'no errors');
      expect(as(place ?? '', program ?? '', 'explain', 'image/crc-wrong'), 'CRC');
    }
    const script = "import { Board } from 'cramfs-map'; if (typeof Board !== 'function') process.exit(1)";
    as('project', process.execPath, '--input-type=module', '-e', script);
    console.log(proveConsumer(join(folder, 'project'), (command, ...args) => as('project', command, ...args)));
    console.log(`proved as user ${uid}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Bytes of the files below a folder.
 * @param {string} folder
 * @returns {number}
 */
function bytesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(folder, entry.name);
    return sum + (entry.isDirectory() ? bytesBelow(path) : entry.isFile() ? statSync(path).size : 0);
  }, 0);
}

/** @param {string} file */
function sha256(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

/**
 * @param {string | undefined} found
 * @param {string} expected
 */
function expect(found, expected) {
  if (found?.includes(expected) !== true) fail(`expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`);
}

/**
 * What a command printed on standard output; it must succeed, and npm must not warn.
 * @param {string} command
 * @param {string[]} args
 * @param {import('node:child_process').SpawnSyncOptions} [options]
 */
function run(command, args, options = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    ...options,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status !== 0) fail(`${command} ${args.join(' ')}: ${error?.message ?? `${stdout}${stderr}`}`);
  // npm warns on standard error, of packages that are deprecated, engines that do not fit, or keys of package.json.
  if (command === 'npm' && /warn|deprecated/i.test(stdout + stderr))
    fail(`npm ${args.join(' ')} warns: ${stderr}${stdout}`);
  return stdout;
}

/**
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  console.error(`release:check: ${message}`);
  process.exit(1);
}
