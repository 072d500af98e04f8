// What one question costs: `cramfs-map IMAGE PATH --json` on an image, and on a dump of 200 MB with it, beside `node -e 0`,
// run by turns.
// Time and memory are taken in separate runs, so that the memory hook is not in the times.
import { COMMAND, extended, median, runNode, unpackImage, withTemporaryFolder } from './measure.mjs';
import { join } from 'node:path';
import { statSync } from 'node:fs';

const RUNS = 40;
const RSS_RUNS = 10;
const DUMP_BYTES = 200_000_000;
const PATH = '/bin/hello';

withTemporaryFolder((folder) => {
  const image = unpackImage(folder, 'root-XX.cramfs');
  const dump = extended(image, join(folder, 'flash.bin'), DUMP_BYTES);
  const rssFile = join(folder, 'rss');
  const cases = [
    { name: 'node -e 0', args: ['-e', '0'] },
    { name: `cramfs-map IMAGE ${PATH} --json`, args: [COMMAND, image, PATH, '--json'] },
    { name: `cramfs-map DUMP ${PATH} --json`, args: [COMMAND, dump, PATH, '--json'] },
  ].map((entry) => ({ ...entry, seconds: /** @type {number[]} */ ([]), rss: /** @type {number[]} */ ([]) }));

  for (const { args } of cases) runNode(args);
  for (let run = 0; run < RUNS; run++) for (const { args, seconds } of cases) seconds.push(runNode(args).seconds);
  for (let run = 0; run < RSS_RUNS; run++) {
    for (const { args, rss } of cases) rss.push(runNode(args, rssFile).maxRssBytes);
  }

  const [bare] = cases.map(({ seconds, rss }) => ({
    seconds: median(seconds),
    fastest: Math.min(...seconds),
    rss: median(rss),
  }));
  console.log(
    `image: ${statSync(image).size} bytes, dump: ${statSync(dump).size}; medians (and the fastest) of ${RUNS} (time) and ${RSS_RUNS} (memory) runs by turns\n`,
  );
  console.log(`${'command'.padEnd(36)}  wall ms  ratio  fastest  ratio  max RSS MiB  ratio  more MiB`);
  for (const { name, seconds, rss } of cases) {
    const [wall, fastest, memory] = [median(seconds), Math.min(...seconds), median(rss)];
    const columns = [
      name.padEnd(36),
      (wall * 1e3).toFixed(1).padStart(7),
      (wall / (bare?.seconds ?? NaN)).toFixed(2).padStart(5),
      (fastest * 1e3).toFixed(1).padStart(7),
      (fastest / (bare?.fastest ?? NaN)).toFixed(2).padStart(5),
      (memory / 2 ** 20).toFixed(1).padStart(11),
      (memory / (bare?.rss ?? NaN)).toFixed(2).padStart(5),
      ((memory - (bare?.rss ?? NaN)) / 2 ** 20).toFixed(1).padStart(8),
    ];
    console.log(columns.join('  '));
  }
});
