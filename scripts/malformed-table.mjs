// Writes docs/malformed.md: what each command does with each damaged image of the fixtures. Fails if a command takes more than 5 s or 300 MiB, ends
// with a stack trace, or writes outside its target. `node scripts/malformed-table.mjs`, after a build.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const MAX_SECONDS = 5;
const MAX_RSS_MIB = 300;
const FIXTURES = 'fixtures/malformed';
/** Where the image is not at byte 0. @type {Record<string, string[]>} */
const OPTIONS = { '150-embedded.img': ['--image-offset', '0x1234'] };

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
/** Built, so not there for the compiler. */
const library = new URL('../dist/lib/index.js', import.meta.url).href;
const { CramfsImage, bytesSource, directoryEntries, sliceSource } = await import(library);
/** @type {{ image: string, expect: string, what: string }[]} */
const manifest = JSON.parse(readFileSync(`${FIXTURES}/manifest.json`, 'utf8'));
const folder = mkdtempSync(join(tmpdir(), 'cramfs-malformed-'));
/** @type {string[]} */
const complaints = [];
let slowest = { seconds: 0, what: '' };
let largest = { rss: 0, what: '' };

try {
  const rows = [];
  for (const { image, expect, what } of manifest) rows.push(await row(image, expect, what));
  const text = `${intro()}\n${rows.join('\n')}\n${notes()}`;
  writeFileSync('docs/malformed.md', text);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`slowest: ${slowest.seconds.toFixed(2)} s, ${slowest.what}`);
console.log(`largest: ${Math.round(largest.rss)} MiB, ${largest.what}`);
for (const complaint of complaints) console.error(complaint);
process.exitCode = complaints.length === 0 ? 0 : 1;

/**
 * One line of the table.
 * @param {string} image
 * @param {string} expect
 * @param {string} what
 */
async function row(image, expect, what) {
  const file = `${FIXTURES}/${image}`;
  const options = OPTIONS[image] ?? [];
  const check = await run(['check', file, '--json', ...options]);
  const refused = check.code === 1 || check.code === 3;
  if (expect === 'invalid' && !refused) complaints.push(`${image}: check does not report it`);
  if ((expect === 'valid' || expect === 'odd') && refused) complaints.push(`${image}: check reports an error`);
  const map = await run(['map', file, firstFile(file), ...options]);
  const info = await run(['info', file, ...options]);
  const list = await run(['ls', '-lR', file, ...options]);
  const extract = await runExtract(file, options, image);
  const cells = [image, what.replace(/[|]/g, '\\|'), expect, `${check.code} ${codes(check.stdout)}`.trim()];
  return `| ${[...cells, map.code, info.code, list.code, extract.code].join(' | ')} |`;
}

/**
 * Extracts into a folder in an otherwise empty one, and looks that nothing else appears there.
 * @param {string} file
 * @param {string[]} options
 * @param {string} image
 */
async function runExtract(file, options, image) {
  const jail = join(folder, 'jail');
  mkdirSync(jail);
  const result = await run(['extract', file, join(jail, 'target'), '--devices', '--setuid', ...options]);
  const outside = readdirSync(jail).filter((name) => name !== 'target');
  if (outside.length > 0) complaints.push(`${image}: extract wrote ${outside.join(', ')} beside its target`);
  rmSync(jail, { recursive: true, force: true });
  return result;
}

/**
 * The ids that check --json reports, errors first.
 * @param {string} json
 */
function codes(json) {
  /** @type {{ error?: { code: string }, findings?: { id: string, severity: string }[] }} */
  const { error, findings = [] } = JSON.parse(json);
  if (error !== undefined) return error.code;
  const ordered = ['error', 'warning', 'note'].flatMap((severity) =>
    findings.filter((finding) => finding.severity === severity),
  );
  return [...new Set(ordered.map(({ id }) => `[${id}](findings/${id}.md)`))].join(' ');
}

/**
 * A regular file near the root, to be mapped; or a path that is in no image.
 * @param {string} path
 */
function firstFile(path) {
  try {
    const offset = path.includes('150-') ? 0x1234 : 0;
    const image = CramfsImage.open(sliceSource(bytesSource(readFileSync(path)), offset));
    const entries = [...directoryEntries(image, image.root)];
    // A program's argument cannot hold a NUL.
    const file = entries.find(({ inode, name }) => inode.type === 'file' && !name.includes('\0'));
    return `/${file?.name ?? 'f'}`;
  } catch {
    return '/f';
  }
}

/**
 * Runs a command, and notes time and memory.
 * @param {string[]} args
 * @returns {Promise<{ code: number, stdout: string }>}
 */
function run(args) {
  const rssFile = join(folder, 'rss');
  const start = process.hrtime.bigint();
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--require', './bench/rss-hook.cjs', 'dist/bin/cramfs.cjs', ...args], {
      env: { ...process.env, CRAMFS_BENCH_RSS: rssFile },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (/** @type {Buffer} */ piece) => (stdout += piece.toString('utf8')));
    child.stderr.on('data', (/** @type {Buffer} */ piece) => (stderr += piece.toString('utf8')));
    child.on('error', reject);
    child.on('close', (code) => {
      const what = args.slice(0, 2).join(' ');
      const seconds = Number(process.hrtime.bigint() - start) / 1e9;
      const rss = Number(readFileSync(rssFile, 'utf8')) / 1024;
      if (seconds > slowest.seconds) slowest = { seconds, what };
      if (rss > largest.rss) largest = { rss, what };
      if (seconds > MAX_SECONDS) complaints.push(`${what}: ${seconds.toFixed(1)} s`);
      if (rss > MAX_RSS_MIB) complaints.push(`${what}: ${Math.round(rss)} MiB`);
      if (code === null || code === 70 || /^ +at /m.test(stderr)) complaints.push(`${what}: ${stderr}`);
      resolve({ code: code ?? -1, stdout });
    });
  });
}

function intro() {
  return `# Damaged and hostile images

What the commands do with each image of [fixtures/malformed](../fixtures/malformed/README.md). The numbers are exit statuses;
behind that of \`check\` are its findings, errors first. \`map\` maps a file of the root. \`extract\` ran as root with
\`--devices --setuid\`.

Every command ended within ${MAX_SECONDS} s and ${MAX_RSS_MIB} MiB, without a stack trace; \`extract\` wrote nothing beside its target.
This page is made by \`node scripts/malformed-table.mjs\`, which fails if that is not so.

| image | what | expected | check | map | info | ls | extract |
|---|---|---|---|---|---|---|---|`;
}

function notes() {
  return `
## Where we read an image otherwise than its manifest

The manifest's words: \`valid\` passes, \`invalid\` is reported with exit status 1 or 3, \`hostile\` is contained, \`odd\` may
give warnings and no error.

* **120-ext-control** is valid, and \`check\` warns of it: the image is sound, but Linux reads the last page of such a file as zeros.
  That is a defect of Linux, which whoever uses the image should hear of. The exit status is 0.
* **150-embedded** is odd: the image starts at byte 0x1234 of the file. \`cramfs scan\` finds it; the other commands want
  \`--image-offset 0x1234\`, with which they were run here, and name \`cramfs scan\` in the error otherwise.
* **061-unsorted** is odd: a file that Linux cannot open is worth a warning, and no error, since it can be extracted.
* **094-file-size-0-off** and **140-dev-offset** are invalid although Linux ignores the offset: the reference checkers refuse them,
  and data may hide there.
* **100-zlib-short** and **128-ext-uncomp-short** are invalid although Linux reads zeros for what is missing: no maker writes them,
  and bytes of the file are lost.
* **071-deep-100000**, **113-hole-bomb** and **130-direct-bomb** are hostile and have no error, for there is nothing wrong with them: they warn.
  \`extract\` has limits for them.
`;
}
