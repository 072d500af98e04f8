// Requests per second of `cramfs-map IMAGE --batch FILE` with 100,000 requests for one mapped file.
import { COMMAND, median, runNode, unpackImage, withTemporaryFolder } from './measure.mjs';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const LINES = 100_000;
const RUNS = 5;
// One line of --batch.
const REQUEST = JSON.stringify({ path: '/bin/hello' });

withTemporaryFolder((folder) => {
  const image = unpackImage(folder, 'root-XX.cramfs');
  const batch = join(folder, 'batch.txt');
  writeFileSync(batch, `${REQUEST}\n`.repeat(LINES));

  const startUp = [];
  const whole = [];
  let answers = 0;
  for (let run = 0; run < RUNS; run++) {
    startUp.push(runNode(['-e', '0']).seconds);
    const { seconds, stdout } = runNode([COMMAND, image, '--batch', batch]);
    whole.push(seconds);
    // A rate means nothing if the requests were not answered.
    answers = stdout.toString('latin1').split('\n').length - 1;
    if (answers < LINES) throw new Error(`expected at least ${LINES} lines of answers, found ${answers}`);
  }
  const [start, wall] = [median(startUp), median(whole)];
  console.log(`\n${LINES} requests for ${REQUEST}: ${answers} lines of answers; medians of ${RUNS} runs\n`);
  console.log(`wall          ${wall.toFixed(3)} s   ${Math.round(LINES / wall)} requests/s`);
  console.log(`less start-up ${(wall - start).toFixed(3)} s   ${Math.round(LINES / (wall - start))} requests/s`);
});
