// docs/benchmarks.md, from what was measured.
import { readFileSync, writeFileSync } from 'node:fs';
import { ALLOWED } from './growth.mjs';
import { REQUESTS } from './works.mjs';

const DOCUMENT = new URL('../docs/benchmarks.md', import.meta.url);
const PROFILES = new URL('profiles.md', import.meta.url);

/**
 * @typedef {object} Frames milliseconds
 * @property {number} median from one frame to the next
 * @property {number} most of 95 frames in 100
 * @property {number} cpu that the page's main thread worked for each
 *
 * @typedef {object} PageResult
 * @property {number} files
 * @property {number} imageBytes
 * @property {number} reportBytes
 * @property {number} seconds to write the report
 * @property {number} paint milliseconds to the first paint, with a verdict
 * @property {number} ready milliseconds to map, treemap and table
 * @property {number} engine milliseconds of one mapping, asked for by a script: the median
 * @property {number} again milliseconds of one mapping again in the form: the median
 * @property {number} againMost the longest of them
 * @property {Frames} scroll of the map
 * @property {Frames} zoom of the map
 * @property {Frames} rows while the table scrolls
 */

/**
 * @typedef {object} Measured
 * @property {number} runs
 * @property {number} files of the small tree
 * @property {number} megabytes of the system tree
 * @property {string} machine
 * @property {number} load when the run began
 * @property {{ small: number, system: number }} images megabytes
 * @property {import('./run.mjs').Result[]} results
 * @property {{ min: number, median: number, max: number } | null} rates requests a second
 * @property {PageResult[] | null} page
 * @property {import('./growth.mjs').Growth[]} growth
 * @property {{ count: number, different: string[] } | null} equality
 * @property {string[]} skipped
 * @property {string[]} missed
 * @property {number} seconds
 */

const spread = (/** @type {{ min: number, median: number, max: number }} */ { min, median, max }) =>
  [min, median, max].map((value) => value.toFixed(2)).join(' / ');
const thousands = (/** @type {number} */ value) => Math.round(value).toLocaleString('en-US');

/** @param {string[][]} rows the first is the head */
function table(rows) {
  const lines = rows.map((cells) => `| ${cells.join(' | ')} |`);
  lines.splice(1, 0, `|${' --- |'.repeat(rows[0]?.length ?? 0)}`);
  return lines.join('\n');
}

/** @param {Measured} measured */
function mainTable({ results, rates, page }) {
  const head = [
    'work',
    'beside',
    'wall',
    'CPU',
    'target',
    'at first',
    '',
    'ours / peer',
    'peak memory',
    'what limits it',
  ];
  const rows = results.map(({ row, ratio, ours, peer, misses, stepBack }) => [
    row.name,
    row.beside,
    row.by === 'wall' ? `**${spread(ratio.wall)}**` : spread(ratio.wall),
    row.by === 'cpu' ? `**${spread(ratio.cpu)}**` : spread(ratio.cpu),
    `≤ ${row.target}${row.megabytes === undefined ? '' : `, ≤ ${row.megabytes} MB`}`,
    row.first === undefined ? '' : String(row.first),
    `${misses.length === 0 ? 'reached' : 'missed'}${stepBack === null ? '' : `; a step back, ${stepBack}`}`,
    `${ours.wall.toFixed(2)} / ${peer.wall.toFixed(2)} s`,
    `${ours.megabytes.toFixed(0)} / ${peer.megabytes.toFixed(0)} MB`,
    row.limit,
  ]);
  const extra = [];
  if (rates !== null) {
    const all = [rates.min, rates.median, rates.max].map(thousands).join(' / ');
    const verdict = rates.median >= REQUESTS ? 'reached' : 'missed';
    extra.push(
      `Batch mapping: ${all} requests, no two of them equal, for each second of CPU time (minimum / median / maximum; target ${thousands(REQUESTS)}: ${verdict}).`,
    );
  }
  if (page !== null) extra.push('', pageTable(page));
  return `${table([head, ...rows])}\n\n${extra.join('\n')}`;
}

/** What is required of the report page: bytes of the report of 1,000 files, milliseconds of a mapping and of frames. */
const PAGE_TARGETS = { bytes: 2_000_000, again: 1, frame: 20, most: 33.5 };

/**
 * A row on the report page, and what of it misses its target.
 * @param {PageResult} result
 */
export function pageCells({ files, imageBytes, reportBytes, paint, ready, engine, again, scroll, zoom, rows }) {
  const name = `${thousands(files)} files`;
  const megabytes = (/** @type {number} */ bytes) => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 2 : 0)} MB`;
  const frames = /** @type {const} */ ([
    ['map scrolls', scroll],
    ['map zooms', zoom],
    ['table scrolls', rows],
  ]);
  const misses = frames
    .filter(([, { median, most }]) => median > PAGE_TARGETS.frame || most > PAGE_TARGETS.most)
    .map(([what, { median, most }]) => `page, ${name}: ${what} (${median.toFixed(1)}, ${most.toFixed(1)} ms)`);
  if (again >= PAGE_TARGETS.again) misses.push(`page, ${name}: one mapping again (${again.toFixed(2)} ms)`);
  if (files === 1000 && reportBytes > PAGE_TARGETS.bytes) misses.push(`page, ${name}: ${megabytes(reportBytes)}`);
  const cells = [
    `${name}, ${megabytes(imageBytes)}`,
    megabytes(reportBytes),
    `${paint.toFixed(0)} ms`,
    `${ready.toFixed(0)} ms`,
    `${engine.toFixed(2)} / ${again.toFixed(2)} ms`,
    ...frames.map(
      ([, { median, most, cpu }]) => `${median.toFixed(1)} / ${most.toFixed(1)} ms (CPU ${cpu.toFixed(1)})`,
    ),
  ];
  return { cells, misses };
}

/** @param {PageResult[]} results */
function pageTable(results) {
  const head = ['report page', 'size', 'first paint', 'interactive', 'one mapping: engine / in the form'];
  const frames = ['map scrolls', 'map zooms', 'table scrolls'];
  const { again, frame, most } = PAGE_TARGETS;
  return `${table([[...head, ...frames], ...results.map((result) => pageCells(result).cells)])}

Frames in Chromium without a GPU: median / 95 % within, and what the main thread works for each. Targets: a mapping again in the form
below ${again} ms, frames within ${frame} ms in the median and ${most} ms in 95 %, the report of 1,000 files below 2 MB.`;
}

/** @param {Measured} measured */
function growthTable({ growth }) {
  const [first] = growth;
  const counts = first?.sizes.map(({ files }) => `${thousands(files)} files`) ?? [];
  const rows = growth.map(({ name, sizes, perFile }) => [
    name,
    ...sizes.map(({ cpu, megabytes }) => `${cpu.toFixed(2)} s, ${megabytes.toFixed(0)} MB`),
    perFile.toFixed(2),
    perFile <= ALLOWED ? 'linear' : 'missed',
  ]);
  return table([['work', ...counts, 'a file, 16 × beside 4 ×', ''], ...rows]);
}

/** @param {Measured} measured */
export function writeDocument(measured) {
  const { runs, files, megabytes, machine, load, images, equality, skipped, missed, seconds } = measured;
  const equal =
    equality === null
      ? ''
      : `${equality.count} answers (what commands print, images, extracted trees; one thread, two, and as many as there are
processors) were compared with their recorded hashes: ${equality.different.length === 0 ? 'all are the same' : `different: ${equality.different.join(', ')}`}.`;
  const notes = [
    ...(missed.length > 0 ? [`Missed: ${missed.join('; ')}.`] : ['All targets are reached.']),
    ...(skipped.length > 0 ? [`Left out: ${skipped.join('; ')}.`] : []),
  ];
  writeFileSync(
    DOCUMENT,
    `# Benchmarks

Written by \`npm run bench -- --runs ${runs} --record\` in ${thousands(seconds / 60)} minutes; how to repeat it: [bench/README.md](../bench/README.md).
A ratio is ours beside another tool's, both run by turns: minimum / median / maximum of ${runs} rounds. The ratio that the target is
about is bold. Wall time counts all processors (check, extract and mkfs use several); CPU time is user and system time of all
threads. "At first" is the ratio on the day when the target was set, on the same kind of machine.

Machine: ${machine}; load ${load.toFixed(1)} when the run began. What wall times say on a machine that does something else is little.
Commands run without the variables NODE_* of the environment.

The small tree has ${thousands(files)} generated configuration files of 1 to 40 lines; the system tree is Debian's /usr/share without doc, man,
locale and icons, with Python and the shared libraries, up to ${megabytes} MB. Their images have ${images.small.toFixed(1)} and ${images.system.toFixed(1)} MB. Both are extracted
to memory (/dev/shm).

${mainTable(measured)}

${notes.join('\n')}

\`fsck.cramfs --extract\` without a folder inflates every block and writes nothing: what cramfsck does. \`check\` does the same, and
asks its rules. \`mkfs.cramfs\` writes the util-linux layout: the same bytes, compared in each run.

## Growth

The small tree, a quarter and a sixteenth of it: CPU time without the start-up of node (the fastest of ${runs}), and peak memory. Linear
means that a file of the largest tree costs at most ${ALLOWED} times a file of the middle one.

${growthTable(measured)}

## Equal answers

${equal}

${readFileSync(PROFILES, 'utf8').trim()}
`,
  );
}
