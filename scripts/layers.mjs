// `npm run layers`: draws docs/layers.svg, the layers of lib/, from the order that lint holds them to.
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { ROWS } from './eslint-layers.mjs';

/**
 * What each layer is about.
 * @type {Readonly<Record<string, string>>}
 */
const SUBJECTS = {
  base: 'errors, bytes, hexadecimal, rounding',
  format: 'on-disk structures',
  source: 'where bytes come from',
  elf: 'ELF, bFLT, #!',
  findings: 'definitions of findings',
  board: 'partition tables',
  image: 'inodes, directories, blocks, contents',
  physmem: 'bytes with addresses',
  inspect: 'walk, account',
  diagnose: 'what a dump is',
  tar: 'archives',
  mm: 'vmas, page tables, faults',
  check: 'fsck, one rule a file',
  driver: 'fs/cramfs: mount, decision, read path, kernel models',
  verdict: 'one request → what a mapping comes to',
  extract: 'files, tar, memfs',
  exec: 'simulated program starts',
  audit: 'every program and file of an image on a board',
  policy: 'rules, budgets',
  diff: 'two images',
  mkfs: 'plan, layout, proof',
  profile: 'which pages were used',
  stage: 'programs with what they need',
  report: 'text and JSON',
  page: 'the report as one HTML page',
  workers: 'threads',
  cli: 'arguments → exit codes',
};

const WIDTH = 760;
const MARGIN = 16;
const GAP = 10;
const HEIGHT = 42;

/** The drawing, the lowest layer at the bottom. */
export function layersSvg() {
  const height = 2 * MARGIN + ROWS.length * (HEIGHT + GAP) - GAP;
  const boxes = ROWS.flatMap((row, level) => {
    const width = Math.floor((WIDTH - 2 * MARGIN - (row.length - 1) * GAP) / row.length);
    const y = height - MARGIN - HEIGHT - level * (HEIGHT + GAP);
    return row.map((layer, place) => {
      const subject = SUBJECTS[layer];
      if (subject === undefined) throw new Error(`scripts/layers.mjs does not say what lib/${layer} is about`);
      const x = MARGIN + place * (width + GAP);
      const fill = row.length > 1 ? '#eef3fb' : '#e6f0e9';
      return [
        `<rect x="${x}" y="${y}" width="${width}" height="${HEIGHT}" rx="6" fill="${fill}" stroke="#5b6b82"/>`,
        `<text x="${x + 12}" y="${y + 26}" font-size="15" font-weight="600" fill="#1d2733">${layer}</text>`,
        `<text x="${x + 82}" y="${y + 26}" font-size="13" fill="#445266">${subject}</text>`,
      ].join('\n');
    });
  });
  const size = `viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="system-ui, sans-serif" role="img" aria-label="The layers of lib, each resting on those below">
<rect width="100%" height="100%" fill="#ffffff"/>
${boxes.join('\n')}
</svg>
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(new URL('../docs/layers.svg', import.meta.url), layersSvg());
}
