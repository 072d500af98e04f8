// `cramfs check` against `fsck.cramfs --extract`, which inflates everything too, on an image of at least 150 MB.
// `node bench/check.mjs [IMAGE]`; needs mkfs.cramfs (without IMAGE) and fsck.cramfs of util-linux.
import { spawnSync } from 'node:child_process';
import { rmSync, statSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { bigImage } from './bigImage.mjs';
import { median, runNode, withTemporaryFolder } from './measure.mjs';

const RUNS = 5;
const LIMIT = 0.75;
const CRAMFS = fileURLToPath(new URL('../dist/bin/cramfs.cjs', import.meta.url));

withTemporaryFolder((folder) => {
  const image = bigImage(folder, process.argv[2]);
  const out = join(folder, 'out');
  /** @type {number[]} */
  const theirs = [];
  /** @type {number[]} */
  const ours = [];
  if (image === null || !timeFsck(image, out)) {
    console.log('skipped: mkfs.cramfs and fsck.cramfs of util-linux are needed');
    return;
  }
  const args = [CRAMFS, 'check', image];
  const rss = join(folder, 'rss');
  const { maxRssBytes } = runNode(args, rss);
  // One after the other, so that what else the machine does slows both down alike.
  for (let run = 0; run < RUNS; run++) {
    theirs.push(timeFsck(image, out) || NaN);
    ours.push(runNode(args).seconds);
  }
  const [fsck, check] = [median(theirs), median(ours)];
  console.log(`\n${image}: ${(statSync(image).size / 1e6).toFixed(1)} MB; medians of ${RUNS} runs in turn,`);
  console.log(
    `${availableParallelism()} processors, load ${loadavg()
      .map((load) => load.toFixed(1))
      .join(' ')}\n`,
  );
  console.log(`fsck.cramfs --extract  ${fsck.toFixed(2)} s`);
  console.log(`cramfs check           ${check.toFixed(2)} s   peak memory ${Math.round(maxRssBytes / 2 ** 20)} MiB`);
  console.log(`ratio                  ${(check / fsck).toFixed(2)}     (limit ${LIMIT})`);
  if (check / fsck > LIMIT) process.exitCode = 1;
});

/**
 * Seconds that fsck.cramfs takes to extract an image; 0 if it cannot be run.
 * @param {string} image
 * @param {string} out
 */
function timeFsck(image, out) {
  rmSync(out, { recursive: true, force: true });
  const start = process.hrtime.bigint();
  const { error, status } = spawnSync('fsck.cramfs', [`--extract=${out}`, image], { stdio: 'ignore' });
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  rmSync(out, { recursive: true, force: true });
  return error || status !== 0 ? 0 : seconds;
}
