// `cramfs compare-kernels` on an image of about 10 MB with 1,000 files, against node's own start-up.
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { median, runNode, withTemporaryFolder } from './measure.mjs';

const COMMAND = fileURLToPath(new URL('../dist/bin/cramfs.cjs', import.meta.url));
const FILES = 1000;
const RUNS = 5;
const PAGE = 4096;

/** Pseudo-random bytes that hardly compress. */
let state = 12345;
/** @param {number} length */
const noise = (length) => {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    bytes[i] = state >>> 16;
  }
  return bytes;
};

/** @typedef {import('../__tests__/support/rawImage.ts').RawEntry} RawEntry */
/** @typedef {import('../lib/image/blocks.ts').BlockKind} BlockKind */

/** @type {RawEntry[]} */
const entries = Array.from({ length: FILES }, (_, n) => {
  const pages = 1 + (n % 5);
  const size = pages * PAGE - (n % 3 === 0 ? 0 : 100 + (n % 997));
  /** @type {((i: number) => BlockKind)[]} */
  const kinds = [
    () => 'direct',
    (i) => (i < pages - 1 ? 'direct' : 'zlib'),
    () => 'zlib',
    (i) => (i % 2 === 0 ? 'direct' : 'stored'),
  ];
  const kind = kinds[n % kinds.length] ?? (() => 'direct');
  const blocks = Array.from({ length: pages }, (_, i) => ({
    kind: kind(i),
    data: noise(Math.min(PAGE, size - i * PAGE)),
  }));
  return { type: 'file', name: `file${String(n).padStart(4, '0')}`, mode: 0o100755, size, blocks };
});

/** The raw-image writer of the tests. */
const bundled = await build({
  entryPoints: [fileURLToPath(new URL('../__tests__/support/rawImage.ts', import.meta.url))],
  bundle: true,
  platform: 'node',
  format: 'cjs',
  write: false,
  logLevel: 'warning',
});

withTemporaryFolder((folder) => {
  const writer = join(folder, 'rawImage.cjs');
  writeFileSync(writer, bundled.outputFiles[0]?.contents ?? '');
  /** @type {typeof import('../__tests__/support/rawImage.ts')} */
  const { buildRawImage } = createRequire(import.meta.url)(writer);
  const image = join(folder, 'thousand.cramfs');
  const bytes = buildRawImage({ entries });
  writeFileSync(image, bytes);
  const startUp = [];
  const whole = [];
  let summary = '';
  for (let run = 0; run < RUNS; run++) {
    startUp.push(runNode(['-e', '0']).seconds);
    const { seconds, stdout } = runNode(
      [COMMAND, 'compare-kernels', image, 'linux', 'patch-v1', '--page-size', '4K'],
      undefined,
      1,
    );
    whole.push(seconds);
    summary = stdout.toString('utf8').split('\n')[1] ?? '';
  }
  const [start, wall] = [median(startUp), median(whole)];
  console.log(
    `\ncompare-kernels of ${String(FILES)} files, ${(bytes.length / 1e6).toFixed(1)} MB; medians of ${String(RUNS)} runs`,
  );
  console.log(summary.trim());
  console.log(`node -e 0     ${start.toFixed(3)} s`);
  console.log(`wall          ${wall.toFixed(3)} s; 10 x node -e 0 + 2 s = ${(10 * start + 2).toFixed(3)} s`);
});
