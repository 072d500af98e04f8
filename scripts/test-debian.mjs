// `npm run test:debian [-- --cache DIR]`: the tests on Debian's own programs, for x86-64 and 32-bit ARM. Downloads the packages
// once, with what they depend on, and unpacks them; nothing is installed. Needs apt and dpkg-deb, and about 300 MB of disk.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { readOptions } from './options.mjs';

const ARCHITECTURES = ['amd64', 'armhf'];
const PACKAGES = ['busybox', 'coreutils', 'dash', 'findutils', 'grep', 'gzip', 'sed', 'tar'];
/** Programs with many libraries, and lddtree with what it needs: x86-64 only. */
const MORE = [
  'bash',
  'curl',
  'file',
  'git',
  'less',
  'openssh-client',
  'procps',
  'xz-utils',
  'pax-utils',
  'python3-pyelftools',
];

const { values } = readOptions(import.meta.url, { options: { cache: { type: 'string' } } });
process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const cacheHome = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
const cache = values.cache ?? join(cacheHome, 'cramfs-map', 'debian');

for (const architecture of ARCHITECTURES) unpack(architecture, join(cache, architecture));
const jest = ['--no-warnings', '--experimental-vm-modules', 'node_modules/jest/bin/jest.js'];
const { status } = spawnSync(process.execPath, [...jest, '--config', 'jest.debian.config.mjs'], {
  stdio: 'inherit',
  env: { ...process.env, DEBIAN_ROOTS: cache },
});
process.exitCode = status ?? 1;

/**
 * Makes FOLDER/root, the files of the packages.
 * @param {string} architecture
 * @param {string} folder
 */
function unpack(architecture, folder) {
  const root = join(folder, 'root');
  const packages = architecture === 'amd64' ? [...PACKAGES, ...MORE] : PACKAGES;
  // A folder of another list of packages is made again.
  const contents = join(folder, 'packages.txt');
  const list = `${packages.join('\n')}\n`;
  if (existsSync(root) && existsSync(contents) && readFileSync(contents, 'utf8') === list) return;
  console.log(`test:debian: downloading packages of ${architecture}`);
  const [lists, archives, status] = [join(folder, 'lists'), join(folder, 'cache'), join(folder, 'status')];
  for (const each of [lists, join(archives, 'archives')]) mkdirSync(join(each, 'partial'), { recursive: true });
  // As if nothing were installed, so that all dependencies come too.
  closeSync(openSync(status, 'w'));
  const apt = [
    `APT::Architecture=${architecture}`,
    `APT::Architectures::=${architecture}`,
    `Dir::State::lists=${lists}`,
    `Dir::State::status=${status}`,
    `Dir::Cache=${archives}`,
    'APT::Sandbox::User=root',
    'Acquire::Languages=none',
  ].flatMap((setting) => ['-o', setting]);
  /** @type {import('node:child_process').StdioOptions} */
  const quiet = ['ignore', 'ignore', 'inherit'];
  // A list that is not available does not hinder the others.
  spawnSync('apt-get', [...apt, '-qq', 'update'], { stdio: quiet });
  const install = ['-qq', 'install', '--yes', '--download-only', '--no-install-recommends', ...packages];
  execFileSync('apt-get', [...apt, ...install], { stdio: quiet });
  const unfinished = `${root}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished);
  for (const name of readdirSync(join(archives, 'archives'))) {
    if (name.endsWith('.deb')) execFileSync('dpkg-deb', ['-x', join(archives, 'archives', name), unfinished]);
  }
  for (const part of ['doc', 'man', 'locale', 'info']) {
    rmSync(join(unfinished, 'usr', 'share', part), { recursive: true, force: true });
  }
  rmSync(root, { recursive: true, force: true });
  renameSync(unfinished, root);
  writeFileSync(contents, list);
}
