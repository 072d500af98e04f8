// `npm run test:browser`: the report page and the viewer in a real browser. Uses the Chromium at $CHROMIUM or on the PATH;
// where there is none and apt can install it, it is installed, and that is said.
import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { findChromium } from './chromium.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const CAN_INSTALL = process.platform === 'linux' && process.getuid?.() === 0;

if (findChromium() === null && CAN_INSTALL) {
  console.log('test:browser: no Chromium found; installing it with apt-get');
  for (const args of [
    ['update', '-qq'],
    ['install', '-y', '-qq', '--no-install-recommends', 'chromium', 'fonts-dejavu-core'],
  ]) {
    const { status } = spawnSync('apt-get', args, {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
    if (status !== 0) break;
  }
}
const chromium = findChromium();
if (chromium === null) {
  console.error(
    'test:browser: no Chromium: install one (on Debian: apt-get install chromium) or set CHROMIUM to its path',
  );
  process.exit(2);
}
const jest = ['--no-warnings', '--experimental-vm-modules', 'node_modules/jest/bin/jest.js'];
const { status } = spawnSync(
  process.execPath,
  [...jest, '--config', 'jest.browser.config.mjs', ...process.argv.slice(2)],
  { stdio: 'inherit', env: { ...process.env, CHROMIUM: chromium } },
);
process.exitCode = status ?? 1;
