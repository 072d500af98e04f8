/** Stills of reports, and what the report's pictures are computed from. */
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from '@jest/globals';
import { DEFAULT_MODEL } from '../lib/driver/models/default.ts';
import { kernelModel } from '../lib/driver/models/named.ts';
import { openDetected } from '../lib/inspect/openDetected.ts';
import { survey } from '../lib/inspect/survey.ts';
import { changesOf } from '../lib/page/changes.ts';
import { fittingGrid, gridOf, pageAt } from '../lib/page/draw/flashPicture.ts';
import { mappingStill } from '../lib/page/draw/stills.ts';
import { layOut } from '../lib/page/layout.ts';
import { BOX, treemapOf } from '../lib/page/treemap.ts';
import { flashPages, packAccount } from '../lib/report/flashPages.ts';
import { TONES } from '../lib/report/palette.ts';
import { COLOURS } from '../lib/report/style.ts';
import { vmaPicture } from '../lib/report/vmaPicture.ts';
import { Board } from '../lib/verdict/board.ts';
import { Folder } from './support/cli.ts';
import { runCommand } from './support/extractHelp.ts';
import { fixture } from './support/fixtures.ts';
import { buildRawImage } from './support/rawImage.ts';

const folder = new Folder();
afterAll(() => {
  folder.remove();
});
const image = folder.fixture('images/root-XX.cramfs.gz');

/** How many elements of a picture have each fill. */
function fills(svg: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [, fill = ''] of svg.matchAll(/<rect [^>]*(?:class="|fill="url\(#)([a-z-]+)/g))
    counts[fill] = (counts[fill] ?? 0) + 1;
  return counts;
}

describe('cramfs map --svg', () => {
  test('draws a cell for each page, with the sentence of the report', async () => {
    const { code, stdout } = await runCommand(['map', image, '/bin/table', '--svg']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" [^]*<\/svg>\n$/);
    expect(stdout).toContain('MIXEDMAP: 9 of 10 pages run from flash; 1 page costs RAM when touched.');
    // One more of each is in the legend.
    expect(fills(stdout)).toMatchObject({ direct: 9 + 1, zlib: 1 + 1 });
    expect(stdout).toContain('>r-- rodata</text>');
  });

  test('says what fails where nothing is mapped', async () => {
    const { stdout } = await runCommand(['map', image, '/bin/table', '--svg', '--prot', 'rw', '--shared']);
    expect(stdout).toContain('mmap fails');
    expect(fills(stdout)).toEqual({ paper: 1 });
  });

  test.each(['--json', '--quiet', '--trace'])('cannot be used with %s', async (option) => {
    const { code, stderr } = await runCommand(['map', image, '/bin/table', '--svg', option]);
    expect(code).toBe(2);
    expect(stderr).toContain('cannot be used with');
  });

  test('shows names as text, whatever is in them', () => {
    const name = '<script>&"\u0001\udcff';
    const bytes = buildRawImage({
      entries: [{ type: 'file', name, mode: 0o100644, size: 10, blocks: [{ kind: 'zlib', data: new Uint8Array(10) }] }],
    });
    const board = new Board(openDetected(bytes), { kernel: kernelModel(DEFAULT_MODEL.name) });
    const [path = ''] = layOut(board.image).paths;
    const svg = mappingStill(board.map({ path }), board);
    expect(svg).not.toContain('<script');
    expect(svg).toContain('&lt;script&gt;&amp;');
    // eslint-disable-next-line no-control-regex -- XML has no such characters
    expect(svg).not.toMatch(/[\u0000-\u0008\ud800-\udfff]/);
  });
});

describe('cramfs report --svg', () => {
  test('draws the region, to a file too', async () => {
    const out = `${folder.path}/region.svg`;
    expect(await runCommand(['report', image, '--svg', '-o', out])).toMatchObject({ code: 0, stdout: '' });
    const svg = readFileSync(out, 'utf8');
    expect(svg).toContain('>896 KiB of flash at 0x10000000; linux-6.18 on x86-64, 4 KiB pages<');
    expect(svg).toContain('direct, runs from flash');
    expect(svg).toContain('0x100c0000');
    expect((await runCommand(['report', image, '--svg'])).stdout).toBe(svg);
  });

  test('draws the old image above the new one', async () => {
    const old = folder.fixture('images/arch-XX.cramfs.gz');
    const { stdout } = await runCommand(['report', image, '--svg', '--compare', old]);
    expect(stdout.indexOf('arch-XX')).toBeGreaterThan(0);
    expect(stdout.lastIndexOf('root-XX')).toBeGreaterThan(stdout.lastIndexOf('arch-XX'));
  });
});

describe('the pages of a region', () => {
  const opened = openDetected(fixture('images/root-XX.cramfs.gz'));
  const account = packAccount(survey(opened).account);

  test('have the tone of what most of their used bytes are', () => {
    const { count, tones } = flashPages(account, 0xe0000, 4096);
    expect(count).toBe(0xe0000 / 4096);
    const layout = layOut(opened);
    const index = layout.paths.indexOf('/lib/ld-musl-i386.so.1');
    const direct = TONES.findIndex(({ name }) => name === 'direct');
    for (let at = 0; at < layout.pieces.length; at += 4) {
      if (layout.pieces[at + 2] !== index || layout.pieces[at + 1] !== 4096) continue;
      expect(tones[Math.floor((layout.pieces[at] ?? 0) / 4096)]).toBe(direct);
    }
    expect(TONES[tones[count - 1] ?? 0]?.name).toBe('empty');
  });

  test('show damage where the audit found it', () => {
    const { tones } = flashPages(account, 0xe0000, 4096, [5000]);
    expect(TONES[tones[1] ?? 0]?.name).toBe('damage');
  });

  test.each([
    [10, 340],
    [224, 660],
    [3584, 660],
    [60_000, 660],
    [60_000, 340],
  ])('fit into a grid whose rows are powers of two (%i pages, %i wide)', (pages, width) => {
    const grid = fittingGrid(pages, width, 560);
    expect(Math.log2(grid.columns) % 1).toBe(0);
    expect(grid.rows * grid.columns).toBeGreaterThanOrEqual(pages);
    expect(grid.cellWidth).toBeGreaterThanOrEqual(6);
    for (const page of [0, 1, pages - 1]) {
      const x = grid.left + ((page % grid.columns) + 0.5) * grid.cellWidth;
      const y = (Math.floor(page / grid.columns) + 0.5) * grid.cellHeight;
      expect(pageAt(grid, pages, x, y)).toBe(page);
    }
    expect(pageAt(gridOf(pages, width, 16), pages, -5, 0)).toBeNull();
  });
});

test('a treemap gives every file the area of its bytes, the smallest together', () => {
  const paths = Array.from({ length: 5000 }, (_, index) => `/d${String(index % 9)}/f${String(index)}`);
  const bytes = Float64Array.from(paths, (_, index) => 5000 - index);
  const { boxes, heads } = treemapOf(paths, Uint32Array.from(paths.keys()), bytes, 900, 400);
  expect(boxes.length / BOX).toBeLessThanOrEqual(4001);
  expect(heads.map(({ name }) => name).sort()).toEqual(Array.from({ length: 9 }, (_, index) => `/d${String(index)}`));
  const area = (at: number): number =>
    ((boxes[at + 2] ?? 0) - (boxes[at] ?? 0)) * ((boxes[at + 3] ?? 0) - (boxes[at + 1] ?? 0));
  const areas = new Map<number, number>();
  for (let at = 0; at < boxes.length; at += BOX) areas.set(boxes[at + 4] ?? -1, area(at));
  expect(areas.get(0)).toBeGreaterThan(areas.get(2500) ?? Infinity);
  // The last thousand files have 500,500 of 12,502,500 bytes.
  expect((areas.get(-1) ?? 0) / (900 * 400)).toBeCloseTo(0.04, 2);
});

test('a comparison lists what came, went, grew and moved, the most bytes first', () => {
  const content = (length: number, seed: number): Uint8Array =>
    Uint8Array.from({ length }, (_, index) => (index * seed) % 251);
  const made = (files: Readonly<Record<string, Uint8Array>>) =>
    layOut(
      openDetected(
        buildRawImage({
          entries: Object.entries(files).map(([name, data]) => ({
            type: 'file',
            name,
            mode: 0o100644,
            size: data.length,
            blocks: [{ kind: 'direct', data }],
          })),
        }),
      ),
    );
  const old = made({ a: content(4096, 3), b: content(1000, 5), c: content(400, 7) });
  const now = made({ a: content(4096, 3), c: content(3000, 7), d: content(4000, 9) });
  const changes = changesOf({ layout: now, files: [] }, { layout: old, files: [] });
  expect(changes.map(({ path, kind }) => [path, kind])).toEqual(
    expect.arrayContaining([
      ['/d', 'new'],
      ['/b', 'gone'],
    ]),
  );
  const sizes = changes.map(({ bytes }) => Math.abs(bytes));
  expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
  expect(changesOf({ layout: old, files: [] }, { layout: old, files: [] })).toEqual([]);
});

test('the terminal shows the same tones as the page', () => {
  const board = new Board(openDetected(fixture('images/root-XX.cramfs.gz')));
  const [row = '', legend = ''] = vmaPicture(board.map({ path: '/bin/table' }), 78, COLOURS);
  expect(row).toBe(' 0 \u001b[38;5;32m#########\u001b[39m\u001b[38;5;172m.\u001b[39m');
  expect(legend).toContain('\u001b[38;5;32m#\u001b[39m direct, \u001b[38;5;172m.\u001b[39m paged');
});
