// `npm run test:defects -- [--only TEXT]`: runs, with real kernels, each command of docs/linux-defects.md that shows a defect
// of Linux, and the example of docs/patch-review.md, and looks for what the page says of its outcome. The first run builds
// the RISC-V kernels (docs/kernel-lab.md). The exit code is 1 where a command shows something else.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { readOptions } from './options.mjs';

const { values } = readOptions(import.meta.url, { options: { only: { type: 'string', default: '' } } });
const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * What each section's commands show: their exit codes, and texts of their output.
 * @type {Record<string, { codes: number[], shows: RegExp[] }>}
 */
const OUTCOMES = {
  'The last page reads as zeros': {
    codes: [0],
    shows: [/"type":"read".*,"c71c0011"\]/, /"type":"vector".*"direct_pages":4.*(?<!"c71c0011")\]\}/],
  },
  'Entries in the last 264 bytes': { codes: [0], shows: [/"path":"[/]a".*ENOENT/, /"path":"[/]zdir".*ENOENT/] },
  'A block at image offset 0 is not mapped': {
    codes: [0],
    shows: [/"kmsg":\["cramfs: a\[0\]: direct mmap impossible: unsuitable block layout"\],"state":"none"/],
  },
  'MAP_POPULATE never returns': {
    codes: [4],
    shows: [/not done after 30 s, asked to map [/]f/, /bad data blocksize 9000/],
  },
  '6.17 takes an address for a page frame': { codes: [3], shows: [/Corrupted page table/] },
  'The last-page test reads past the device': {
    codes: [3, 0],
    shows: [/page fault for address: [0-9a-f]+400200a/, /memchr_inv/, /"returned":false.*"function":"memchr_inv"/],
  },
  'Sorted names are compared as signed char': {
    codes: [0, 0],
    shows: [/"path":"[/]b","errno":null/, /"path":"[/]b","errno":"ENOENT"/],
  },
  'RISC-V: executable mappings of flash oops or set bits of other memory': {
    codes: [0, 0],
    shows: [/"returned":false.*"function":"flush_icache_pte"/, /"exit":42/],
  },
  'An example': {
    codes: [1],
    shows: [/direct mmap impossible: data is not page aligned/, /218 differences in 34 records/],
  },
};

/**
 * The shell commands of a page's sections: of fenced blocks for shells, and after "$ " of what the lab printed.
 * @param {string} page
 * @returns {{ title: string, commands: string[] }[]}
 */
function sectionsOf(page) {
  const text = readFileSync(join(root, 'docs', page), 'utf8');
  return text.split(/^## /m).map((section) => ({
    title: section.slice(0, section.indexOf('\n')),
    commands: [...section.matchAll(/^```(?:sh|console lab)\n(.*?)^```/gms)].flatMap(([block, body = '']) => {
      const lines = body.split('\n').filter((line) => line !== '');
      return block.startsWith('```sh')
        ? lines
        : lines.filter((line) => line.startsWith('$ ')).map((line) => line.slice(2));
    }),
  }));
}

const folder = mkdtempSync(join(tmpdir(), 'cramfs-defects-'));
const bin = join(folder, 'bin');
mkdirSync(bin);
const lab = join(root, 'dist', 'bin', 'cramfs-lab.cjs');
writeFileSync(join(bin, 'cramfs-lab'), `#!/bin/sh\nexec "${process.execPath}" "${lab}" "$@"\n`, { mode: 0o755 });
symlinkSync(join(root, 'fixtures'), join(folder, 'fixtures'));
const env = { ...process.env, PATH: `${bin}:${process.env.PATH ?? ''}` };

let failed = 0;
let shown = 0;
for (const { title, commands } of ['linux-defects.md', 'patch-review.md'].flatMap(sectionsOf)) {
  const outcome = OUTCOMES[title];
  if (outcome === undefined || !title.includes(values.only)) continue;
  const codes = [];
  let output = '';
  for (const command of commands) {
    const { status, stdout, stderr } = spawnSync('sh', ['-c', command], {
      ...{ cwd: folder, env, encoding: 'utf8' },
      maxBuffer: 2 ** 28,
    });
    output += `${stdout}${stderr}`;
    if (command.startsWith('cramfs-lab')) codes.push(status);
    else if (status !== 0) output += `${command}: exit code ${String(status)}\n`;
  }
  const missing = outcome.shows.filter((text) => !text.test(output)).map(String);
  const isRight = missing.length === 0 && String(codes) === String(outcome.codes);
  console.log(`${isRight ? 'shown' : 'NOT SHOWN'}: ${title} (exit codes ${codes.join(', ')})`);
  if (isRight) shown++;
  else {
    failed++;
    console.log(
      `  expected exit codes ${outcome.codes.join(', ')}; missing: ${missing.join(' ')}\n${output.slice(0, 4000)}`,
    );
  }
}
rmSync(folder, { recursive: true });
console.log(`${String(shown)} of ${String(shown + failed)} shown by real kernels`);
process.exitCode = failed === 0 && shown > 0 ? 0 : 1;
