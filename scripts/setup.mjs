// Makes a checkout ready to run: installs the dependencies if node_modules is missing or older than the lockfile, and
// builds dist if it is missing or older than the sources. Does nothing, quickly, when both are up to date.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

/** @param {string} file */
const modified = (file) => (existsSync(file) ? statSync(file).mtimeMs : -Infinity);

/**
 * The time of the latest change below a folder; removing or renaming a file changes its folder's time.
 * @param {string} path
 * @returns {number}
 */
function latest(path) {
  if (!existsSync(path)) return -Infinity;
  const status = statSync(path);
  if (!status.isDirectory()) return status.mtimeMs;
  return Math.max(status.mtimeMs, ...readdirSync(path).map((name) => latest(`${path}/${name}`)));
}

/**
 * @param {string} command
 * @param {string[]} args
 */
function run(command, args) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', shell: process.platform === 'win32' });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

// npm writes this file last, so its time is that of the installation.
if (modified('node_modules/.package-lock.json') < modified('package-lock.json')) {
  // The build follows below, so that it is not done twice.
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund']);
}

const scripts = ['build', 'parts', 'pieces', 'kept-code'].map((name) => `scripts/${name}.mjs`);
const sources = ['lib', 'bin', ...scripts, 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json'];
// The build makes the folder anew and writes the commands last.
const built = Math.min(modified('dist/lib/index.js'), modified('dist/bin/cramfs-map.cjs'));
if (built < Math.max(...sources.map(latest))) run(process.execPath, ['scripts/build.mjs']);
