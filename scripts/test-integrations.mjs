// `npm run test:integrations`: the files of integrations/ with the tools that they are for. Tools that are missing are installed
// where apt can do so, and that is said.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const CAN_INSTALL = process.platform === 'linux' && process.getuid?.() === 0;

/** Command → Debian package. */
const TOOLS = {
  cmake: 'cmake',
  fakeroot: 'fakeroot',
  git: 'git',
  'kconfig-conf': 'kconfig-frontends-nox',
  make: 'make',
  ninja: 'ninja-build',
  parallel: 'parallel',
  'pre-commit': 'pre-commit',
  shellcheck: 'shellcheck',
};

/** Packages of the tools that are not on the PATH. */
function missing() {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const isThere = (/** @type {string} */ name) => folders.some((folder) => isExecutable(join(folder, name)));
  return Object.entries(TOOLS).flatMap(([command, name]) => (isThere(command) ? [] : [name]));
}

/** @param {string} file */
function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

if (missing().length > 0 && CAN_INSTALL) {
  console.log(`test:integrations: installing ${missing().join(', ')} with apt-get`);
  for (const args of [
    ['update', '-qq'],
    ['install', '-y', '-qq', '--no-install-recommends', ...missing()],
  ]) {
    const { status } = spawnSync('apt-get', args, {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
    if (status !== 0) break;
  }
}
if (missing().length > 0) {
  console.error(`test:integrations: missing tools: install them (on Debian: apt-get install ${missing().join(' ')})`);
  process.exit(2);
}
const jest = ['--no-warnings', '--experimental-vm-modules', 'node_modules/jest/bin/jest.js'];
const { status } = spawnSync(
  process.execPath,
  [...jest, '--config', 'jest.integrations.config.mjs', ...process.argv.slice(2)],
  { stdio: 'inherit' },
);
process.exitCode = status ?? 1;
