// `npm run test:kernel -- [--kernel-release R] [--cache DIR] [--images N] [--vectors N] [--seed N] [--download-only]`:
// a real kernel beside the emulation. Asks it again what the recorded transcripts say that it was asked, programs
// included, then about random images. What is missing is installed or downloaded: docs/kernel-lab.md.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { readOptions } from './options.mjs';

const { values } = readOptions(import.meta.url, {
  options: {
    'kernel-release': { type: 'string' },
    cache: { type: 'string' },
    images: { type: 'string', default: '6' },
    vectors: { type: 'string', default: '200' },
    seed: { type: 'string' },
    'download-only': { type: 'boolean', default: false },
  },
});
process.chdir(fileURLToPath(new URL('..', import.meta.url)));

/** Options of every command. */
const kernel = [
  ...(values['kernel-release'] === undefined ? [] : ['--kernel-release', values['kernel-release']]),
  ...(values.cache === undefined ? [] : ['--cache', values.cache]),
];

/**
 * Runs a subcommand of cramfs-lab.
 * @param {string} name
 * @param {string[]} args
 */
function lab(name, args) {
  const argv = ['dist/bin/cramfs-lab.cjs', name, ...kernel, ...args];
  const { status } = spawnSync(process.execPath, argv, { stdio: 'inherit' });
  // Neither found different nor fine: there is no kernel to go on with.
  if (status !== 0 && status !== 1) process.exit(status ?? 130);
  return status;
}

if (values['download-only']) process.exit(lab('setup', ['--download-only']));

const transcripts = readdirSync('fixtures/transcripts').map((name) => `fixtures/transcripts/${name}`);
const rerun = lab('rerun', ['--images', 'fixtures', ...transcripts]);
console.log();
const seed = values.seed === undefined ? [] : ['--seed', values.seed];
const random = lab('random', ['--images', values.images, '--vectors', values.vectors, ...seed]);
process.exitCode = Math.max(rerun, random);
