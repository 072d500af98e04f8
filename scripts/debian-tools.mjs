// Tests with other programs: what is missing is installed where apt can do so, and that is said; otherwise the tests fail.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';

const CAN_INSTALL = process.platform === 'linux' && process.getuid?.() === 0;

/**
 * Sees to it that commands are on the PATH; ends the process with 2 where they are not.
 * @param {string} script its name, for messages
 * @param {Readonly<Record<string, string>>} tools command → Debian package
 */
export function needTools(script, tools) {
  const before = missing(tools);
  if (before.length > 0 && CAN_INSTALL) {
    console.log(`${script}: installing ${before.join(', ')} with apt-get`);
    for (const args of [
      ['update', '-qq'],
      ['install', '-y', '-qq', '--no-install-recommends', ...before],
    ]) {
      const { status } = spawnSync('apt-get', args, {
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      });
      if (status !== 0) break;
    }
  }
  const after = missing(tools);
  if (after.length === 0) return;
  console.error(`${script}: missing tools: install them (on Debian: apt-get install ${after.join(' ')})`);
  process.exit(2);
}

/**
 * Runs Jest with a configuration and the rest of the command line; its exit code becomes that of the process.
 * @param {string} config
 * @param {NodeJS.ProcessEnv} [env]
 */
export function runJest(config, env = process.env) {
  const jest = ['--no-warnings', '--experimental-vm-modules', 'node_modules/jest/bin/jest.js'];
  const { status } = spawnSync(process.execPath, [...jest, '--config', config, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env,
  });
  process.exitCode = status ?? 1;
}

/**
 * Packages of the tools that are not on the PATH.
 * @param {Readonly<Record<string, string>>} tools
 */
function missing(tools) {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const isThere = (/** @type {string} */ name) => folders.some((folder) => isExecutable(join(folder, name)));
  return [...new Set(Object.entries(tools).flatMap(([command, name]) => (isThere(command) ? [] : [name])))];
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
