/** The report page and the viewer in a real browser: `npm run test:browser`. */
import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type Browser, chromium, type Page } from 'playwright-core';
import { auditImage } from '../lib/audit/auditImage.ts';
import { DEFAULT_MODEL } from '../lib/driver/models/default.ts';
import { kernelModel } from '../lib/driver/models/named.ts';
import { KERNEL_MODELS } from '../lib/driver/models/index.ts';
import type { CpuName } from '../lib/mm/cpu.ts';
import { CPU_NAMES } from '../lib/mm/cpus/index.ts';
import { openDetected } from '../lib/inspect/openDetected.ts';
import { walk } from '../lib/inspect/walk.ts';
import { pageWith } from '../lib/page/html.ts';
import { collectImage, REPORT_FORMAT } from '../lib/page/reportData.ts';
import { mapJson } from '../lib/report/mapJson.ts';
import { bytesSource } from '../lib/source/byteSource.ts';
import { Board } from '../lib/verdict/board.ts';
import type { MapRequest } from '../lib/verdict/request.ts';
import { buildPage } from '../scripts/page.mjs';
import { fixture } from './support/fixtures.ts';
import { buildRawImage } from './support/rawImage.ts';
import { imageOf, LZMA_BLOCKS, TEXT } from './support/vendorImage.ts';

jest.setTimeout(120_000);

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'cramfs-browser-'));
const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
let browser: Browser;
let page = '';
let viewer = '';

beforeAll(async () => {
  page = await buildPage(root, 'main');
  viewer = join(folder, 'viewer.html');
  writeFileSync(viewer, await buildPage(root, 'viewer'));
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? 'chromium', args: ['--no-sandbox'] });
});
afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Writes the report of an image; its path. */
function reportOf(name: string, bytes: Uint8Array, old?: Uint8Array, embed = false): string {
  const collect = (image: Uint8Array) => {
    const source = bytesSource(image);
    const audit = auditImage(new Board(openDetected(source)), { name });
    return collectImage(source, { audit, machine: { kernel: DEFAULT_MODEL.name }, embed });
  };
  const file = join(folder, `${name}.html`);
  const data = {
    format: REPORT_FORMAT,
    version: 'test',
    image: collect(bytes),
    old: old === undefined ? null : collect(old),
  } as const;
  writeFileSync(file, pageWith(page, data));
  return file;
}

interface Visit {
  readonly page: Page;
  /** What the console said, errors, and requests for anything but the page itself. */
  readonly trouble: string[];
}

/** Opens a file from disk, and watches what it does. */
async function visit(file: string, options: { dark?: boolean; width?: number; hash?: string } = {}): Promise<Visit> {
  const { dark = false, width = 1440, hash = '' } = options;
  const opened = await browser.newPage({
    viewport: { width, height: 1000 },
    colorScheme: dark ? 'dark' : 'light',
  });
  const trouble: string[] = [];
  opened.on('console', (message) => trouble.push(`console: ${message.text()}`));
  opened.on('pageerror', (error) => trouble.push(`error: ${error.message}`));
  opened.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(pathToFileURL(file).href) && !/^(data|blob):/.test(url)) trouble.push(`request: ${url}`);
  });
  await opened.goto(`${pathToFileURL(file).href}${hash}`);
  if (file !== viewer) await ready(opened);
  return { page: opened, trouble };
}

/** Waits until a report's map and files are laid out. */
async function ready(opened: Page): Promise<void> {
  await opened.waitForFunction(() => performance.getEntriesByName('report-ready').length > 0);
}

/** What axe calls serious or critical. */
async function faults({ page: opened }: Visit): Promise<string[]> {
  await opened.addScriptTag({ path: axe }).catch(() => undefined);
  if (!(await opened.evaluate('typeof axe === "object"'))) {
    // The page's policy allows no script but its own: debugging tools are not bound by it.
    const session = await opened.context().newCDPSession(opened);
    await session.send('Page.setBypassCSP', { enabled: true });
    await opened.reload();
    await opened.waitForSelector('.flash-map, .drop');
    await opened.addScriptTag({ path: axe });
  }
  return await opened.evaluate(`axe.run().then(({ violations }) => violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html.slice(0, 120)).join(' | ')))`);
}

/** The link in the address bar, which is written after the events of a frame. */
async function hashOf(page: Page): Promise<string> {
  return page.evaluate('new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(location.hash), 0)))');
}

describe('a report', () => {
  const image = fixture('images/root-XX.cramfs.gz');

  test('opens from disk without a request or an error, and shows a file that is clicked', async () => {
    const seen = await visit(reportOf('root.cramfs', image));
    const { page: opened } = seen;
    await opened.getByRole('row').filter({ hasText: '/bin/counter' }).click();
    await expect(opened.locator('.panel h3').first().textContent()).resolves.toBe(
      'MIXEDMAP: 3 of 5 pages run from flash; 2 pages cost RAM when touched',
    );
    expect(await hashOf(opened)).toBe(`#file=${encodeURIComponent('/bin/counter')}`);
    await opened.locator('input[name=offset]').fill('1p');
    await expect(opened.locator('.panel h3').first().textContent()).resolves.toBe(
      'MIXEDMAP: 2 of 4 pages run from flash; 2 pages cost RAM when touched',
    );
    await opened.locator('select[name=kernel]').selectOption('linux-6.17');
    await expect(opened.locator('.log').textContent()).resolves.toContain('mapped counter[1]');
    expect(seen.trouble).toEqual([]);
    await opened.close();
  });

  test('shows what a link to it names', async () => {
    const { page: opened } = await visit(reportOf('root.cramfs', image), { hash: '#file=%2Fbin%2Fhello&at=0x3000' });
    await expect(opened.locator('.panel h2').textContent()).resolves.toBe('/bin/hello');
    await opened.close();
  });

  test('keeps the whole question and the view in the link', async () => {
    const file = reportOf('root.cramfs', image);
    const first = await visit(file, { hash: '#file=%2Fbin%2Ftable' });
    const verdictOf = ({ page: opened }: Visit) => opened.locator('.panel h3').first().textContent();
    const set = first.page.locator.bind(first.page);
    await set('input[name=offset]').fill('1p');
    await set('input[name=length]').fill('0x1800');
    await set('select[name=prot]').selectOption('rx');
    await set('select[name=sharing]').selectOption('shared');
    await set('select[name=kernel]').selectOption('linux-6.17');
    await set('input[name=phys]').fill('0x60100800');
    await set('select[name=pageSize]').selectOption('4096');
    await set('.files input[type=search]').fill('T');
    await set('.files select').first().selectOption('programs');
    await set('.treemap-head select').selectOption('saved');
    await set('.th .path button').click();
    await first.page.getByRole('button', { name: 'Zoom out' }).click();
    await first.page.waitForURL(/columns=/);
    const hash = await hashOf(first.page);
    expect(hash).toMatch(
      /^#file=%2Fbin%2Ftable&offset=1p&length=0x1800&prot=rx&sharing=shared&kernel=linux-6.17&phys=0x60100800&columns=\d+&kind=programs&filter=T&sort=path&area=saved$/,
    );
    const second = await visit(file, { hash });
    const looks = 'Array.from(document.querySelectorAll("input, select"), ({ value }) => value)';
    expect(await second.page.evaluate(looks)).toEqual(await first.page.evaluate(looks));
    expect(await verdictOf(second)).toBe(await verdictOf(first));
    for (const part of ['.log', '.flags', '.tbody', '.th'])
      expect(await second.page.locator(part).textContent()).toBe(await first.page.locator(part).textContent());
    expect(await hashOf(second.page)).toBe(hash);
    // A link that is followed in an open page asks all of its question.
    await second.page.evaluate('location.hash = "#file=%2Fbin%2Ftable&part=1"');
    await second.page.getByRole('heading', { name: 'PFNMAP: the only page runs from flash' }).waitFor();
    expect(await second.page.locator('select[name=kernel]').inputValue()).toBe('linux-6.18');
    expect(await second.page.locator('.files input[type=search]').inputValue()).toBe('');
    expect([...first.trouble, ...second.trouble]).toEqual([]);
    await first.page.close();
    await second.page.close();
  });

  test('takes a link with nonsense as far as it makes sense', async () => {
    const seen = await visit(reportOf('root.cramfs', image), {
      hash: '#file=%2Fbin%2Ftable&kernel=windows&prot=%3Cb%3E&offset=%3Cimg%3E&columns=x&sort=-y&kind=%00&part=99&at=-1&%%&=',
    });
    await expect(seen.page.locator('.panel .error').textContent()).resolves.toBe('offset: "<img>" is not a number');
    expect(await seen.page.locator('select[name=kernel]').inputValue()).toBe('linux-6.18');
    expect(await seen.page.locator('.tbody .tr').count()).toBeGreaterThan(5);
    expect(seen.trouble).toEqual([]);
    await seen.page.close();
  });

  test('answers 200 random requests as the command does', async () => {
    for (const name of ['images/root-XX.cramfs.gz', 'patch/adv.cramfs.gz']) {
      const bytes = fixture(name);
      // Without an MMU most mappings are copies, made of the data: for them the report needs all of it.
      const whole = name.includes('adv');
      const opened = openDetected(bytes);
      const paths = [...walk(opened)].filter(({ inode }) => inode.type !== 'symlink').map((entry) => entry.path);
      const { page: shown } = await visit(reportOf('random', bytes, undefined, whole));
      const kernels = KERNEL_MODELS.filter(({ nommu }) => whole || nommu === undefined).map(({ name }) => name);
      const random = generator(20_261_127);
      const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
      const asked: [MapRequest, { kernel: string; physBase: number; cpu: CpuName }][] = Array.from(
        { length: 100 },
        () => [
          {
            path: pick(paths),
            offset: Math.floor(random() * 6) * 4096,
            length: pick([undefined, 1, 4096, 8192, 100_000]),
            prot: pick(['r', 'rx', 'rw', 'x', '-']),
            shared: random() < 0.5,
          },
          {
            kernel: pick(kernels),
            cpu: pick(CPU_NAMES),
            physBase: pick([0x1000_0000, 0x1000_0800, 0x6010_0000]),
          },
        ],
      );
      const answers = await shown.evaluate(
        (requests) =>
          requests.map(([request, machine]) => {
            const { cramfsReport } = globalThis as unknown as {
              cramfsReport: { map: (request: unknown, machine: unknown) => unknown };
            };
            try {
              return JSON.stringify(cramfsReport.map(request, machine));
            } catch (error) {
              return String(error);
            }
          }),
        asked,
      );
      const own = asked.map(([request, { kernel, ...machine }]) => {
        try {
          const board = new Board(opened, { kernel: kernelModel(kernel), ...machine });
          return JSON.stringify(mapJson(board.map(request, { advice: true }), { advice: true }));
        } catch (error) {
          return String(error);
        }
      });
      expect(answers).toEqual(own);
      await shown.close();
    }
  });

  test('can be used with the keyboard alone, from the first screen to a verdict', async () => {
    const { page: opened } = await visit(reportOf('root.cramfs', image));
    /** Tabs until the element with the focus is the one. */
    const tabTo = async (expression: string): Promise<void> => {
      for (let tabs = 0; tabs < 60; tabs++) {
        await opened.keyboard.press('Tab');
        if (await opened.evaluate(`document.activeElement?.matches(${JSON.stringify(expression)})`)) return;
      }
      throw new Error(`Tab does not get to ${expression}`);
    };
    const verdict = opened.locator('.panel h3').first();
    await tabTo('.flash-map input');
    await opened.keyboard.type('/bin/counter');
    await opened.keyboard.press('Enter');
    await expect(opened.locator('.panel h2').textContent()).resolves.toBe('/bin/counter');
    await tabTo('.map-scroll');
    await opened.keyboard.press('Home');
    for (let step = 0; step < 30; step++) await opened.keyboard.press('ArrowRight');
    await opened.keyboard.press('+');
    await opened.keyboard.press('Enter');
    await expect(opened.locator('.panel h2').textContent()).resolves.toBe('/lib/ld-musl-i386.so.1');
    await tabTo('.table-scroll');
    await opened.keyboard.press('Home');
    await opened.keyboard.press('ArrowDown');
    await expect(opened.locator('.panel h2').textContent()).resolves.toBe('/bin/table');
    await expect(verdict.textContent()).resolves.toMatch(/^MIXEDMAP: 9 of 10 pages run from flash/);
    await tabTo('input[name=length]');
    await opened.keyboard.type('9p');
    await expect(verdict.textContent()).resolves.toBe('PFNMAP: all 9 pages run from flash; no RAM is used');
    await tabTo('select[name=sharing]');
    await opened.keyboard.press('ArrowDown');
    await expect(opened.locator('.flags').textContent()).resolves.toMatch(/VmFlags rd mr me ms /);
    await opened.close();
  });

  test('maps a segment as the program is loaded', async () => {
    const seen = await visit(reportOf('root.cramfs', image), { hash: '#file=%2Fbin%2Ftable' });
    await seen.page.locator('select[name=part]').selectOption({ label: 'segment 1, r-x text' });
    await expect(seen.page.locator('select[name=prot]').inputValue()).resolves.toBe('rx');
    await expect(seen.page.locator('.panel h3').first().textContent()).resolves.toBe(
      'PFNMAP: the only page runs from flash; no RAM is used',
    );
    expect(seen.trouble).toEqual([]);
    await seen.page.close();
  });

  test('sorts and filters the table, and shows programs or data alone', async () => {
    const { page: opened, trouble } = await visit(reportOf('root.cramfs', image));
    const column = (name: string) => opened.locator(`.tbody .td.${name}`).allTextContents();
    const head = (title: RegExp) => opened.locator('.th').getByRole('button', { name: title });
    await head(/^path/).click();
    const ascending = await column('path');
    expect(ascending.length).toBeGreaterThan(5);
    expect(ascending).toEqual([...ascending].sort());
    await head(/^path/).click();
    const descending = await column('path');
    expect(descending).toEqual([...descending].sort().reverse());
    await opened.getByLabel('Kind of files').selectOption('data');
    for (const path of await column('path')) expect(path).not.toMatch(/^[/]bin[/]|[.]so[.]1$/);
    await opened.getByLabel('Kind of files').selectOption('programs');
    for (const path of await column('path')) expect(path).toMatch(/^[/](bin|lib)[/]/);
    await opened.getByLabel('Filter files by path').fill('COUNT');
    expect(await column('path')).toEqual(['/bin/counter']);
    expect(await opened.locator('.treemap-head .muted').textContent()).toMatch(/^1 of [0-9]+ files$/);
    expect(trouble).toEqual([]);
    await opened.close();
  });

  test('fills the treemap with what is asked for, and selects the file that is clicked in it', async () => {
    const { page: opened, trouble } = await visit(reportOf('root.cramfs', image));
    await opened.getByLabel('Filter files by path').fill('/lib/ld-musl');
    const box = await opened.locator('canvas.treemap').boundingBox();
    if (box === null) throw new Error('the treemap is not shown');
    const middle = { x: box.width / 2, y: box.height / 2 };
    /** What the treemap says of its middle, once it is laid out. */
    const hovered = async (area: string): Promise<string> => {
      for (let attempt = 0; attempt < 50; attempt++) {
        await opened.mouse.move(box.x + 5, box.y - 40);
        await opened.mouse.move(box.x + middle.x, box.y + middle.y);
        const text = await opened.locator('canvas.treemap + .note').textContent();
        if (text?.startsWith('/lib/ld-musl-i386.so.1') === true) return text;
        await opened.waitForTimeout(100);
      }
      throw new Error(`nothing is hovered (${area})`);
    };
    const shown: string[] = [];
    for (const area of ['flash', 'saved']) {
      await opened.getByLabel('Area of the treemap').selectOption(area);
      shown.push(await hovered(area));
    }
    expect(shown).toEqual(['/lib/ld-musl-i386.so.1 · 696.73 KiB', '/lib/ld-musl-i386.so.1 · 696 KiB']);
    await opened.locator('canvas.treemap').click({ position: middle });
    expect(await opened.locator('.panel h2').textContent()).toBe('/lib/ld-musl-i386.so.1');
    expect(trouble).toEqual([]);
    await opened.close();
  });

  test('leads from a finding to its file, in the map as well', async () => {
    const { page: opened, trouble } = await visit(reportOf('root.cramfs', image));
    const finding = opened.locator('.finding').filter({ hasText: 'xip/program-fails' });
    if ((await finding.getAttribute('open')) === null) await finding.locator('summary').click();
    await finding.getByRole('button', { name: '/bin/bare' }).click();
    expect(await opened.locator('.panel h2').textContent()).toBe('/bin/bare');
    // What is found is the inode, byte 188 of the image.
    expect(await opened.locator('.flash-map .note').textContent()).toBe('0x10000000 · offset 0x0 · metadata');
    expect(await hashOf(opened)).toBe(`#file=${encodeURIComponent('/bin/bare')}&at=0xbc`);
    expect(await opened.locator('.tbody .tr.selected .path').textContent()).toBe('/bin/bare');
    expect(trouble).toEqual([]);
    await opened.close();
  });

  test('prints all of each finding, the colours of the legend, and no panel that nothing was chosen for', async () => {
    const { page: opened, trouble } = await visit(reportOf('root.cramfs', image));
    const openFindings = () => opened.locator('.finding[open]').count();
    const before = await openFindings();
    await opened.evaluate(() => {
      window.addEventListener('afterprint', () => performance.mark('printed'));
      window.addEventListener('beforeprint', () => {
        performance.mark('print', { detail: document.querySelectorAll('.finding:not([open])').length });
      });
    });
    const paper = await opened.pdf({ format: 'A4' });
    expect(Buffer.from(paper).subarray(0, 5).toString()).toBe('%PDF-');
    await opened.waitForFunction(() => performance.getEntriesByName('printed').length > 0);
    const closed = await opened.evaluate(() =>
      performance.getEntriesByName('print').map((mark) => (mark as PerformanceMark).detail as number),
    );
    expect(closed).toEqual([0]);
    // As it was on the screen.
    expect(before).toBeLessThan(await opened.locator('.finding').count());
    expect(await openFindings()).toBe(before);

    await opened.emulateMedia({ media: 'print' });
    expect(await opened.locator('.panel').isVisible()).toBe(false);
    const swatch = opened.locator('.swatch').first();
    expect(await swatch.evaluate((element) => getComputedStyle(element).printColorAdjust)).toBe('exact');
    expect(trouble).toEqual([]);
    await opened.close();
  });

  test('finds addresses, and says what was not found', async () => {
    const { page: opened } = await visit(reportOf('root.cramfs', image));
    const field = opened.locator('.flash-map input');
    await field.fill('0x1001e000');
    await field.press('Enter');
    await expect(opened.locator('.panel h2').textContent()).resolves.toBe('/lib/ld-musl-i386.so.1');
    await field.fill('no such path');
    await field.press('Enter');
    await expect(opened.locator('.flash-map .note').textContent()).resolves.toBe('Nothing found for "no such path"');
    await opened.close();
  });

  test('says that a copy without an MMU needs the whole image', async () => {
    for (const embed of [false, true]) {
      const { page: opened } = await visit(reportOf('root.cramfs', image, undefined, embed), {
        hash: '#file=%2Fetc%2Fnotes',
      });
      await opened.locator('select[name=kernel]').selectOption('nommu');
      await expect(opened.locator('.verdict').textContent()).resolves.toMatch(
        embed ? /^COPY: all 15 pages are copied into RAM/ : /without an MMU this mapping is a copy.*--embed/,
      );
      await opened.close();
    }
  });

  test('shows names as text, whatever is in them', async () => {
    const hostile = [
      '<img src=x onerror=alert(1)>',
      '</script><script>alert(2)</script>'.replaceAll('/', '∕'),
      '"><b>',
      '\u202egpj',
      '&lt;',
    ];
    const bytes = buildRawImage({
      entries: hostile.sort().map((name) => ({
        type: 'file',
        name,
        mode: 0o100644,
        size: 4096,
        blocks: [{ kind: 'direct', data: new Uint8Array(4096).fill(7) }],
      })),
    });
    const seen = await visit(reportOf('hostile', bytes));
    expect(await seen.page.locator('img, b, main script').count()).toBe(0);
    expect(await seen.page.locator('.tbody .tr').count()).toBe(hostile.length);
    expect(seen.trouble).toEqual([]);
    await seen.page.close();
  });

  test('compares two images, one map above the other', async () => {
    const seen = await visit(reportOf('compared', image, fixture('images/arch-XX.cramfs.gz')));
    expect(await seen.page.locator('.flash-map').count()).toBe(2);
    await expect(seen.page.locator('.comparison').textContent()).resolves.toContain('RAM for file pages');
    await seen.page.locator('.changes .link').first().click();
    await expect(seen.page.locator('.panel h2').textContent()).resolves.toMatch(/^\//);
    expect(seen.trouble).toEqual([]);
    await seen.page.close();
  });

  test('zooms where two fingers part or meet', async () => {
    const seen = await visit(reportOf('root.cramfs', image));
    const { page: opened } = seen;
    const box = await opened.locator('.map-scroll canvas').boundingBox();
    const [x, y] = [(box?.x ?? 0) + 300, (box?.y ?? 0) + 60];
    const session = await opened.context().newCDPSession(opened);
    const touch = async (type: 'touchStart' | 'touchMove' | 'touchEnd', apart: number): Promise<void> => {
      const fingers = [x - apart / 2, x + apart / 2].map((at, id) => ({ x: at, y, id }));
      await session.send('Input.dispatchTouchEvent', { type, touchPoints: type === 'touchEnd' ? [] : fingers });
    };
    const pinch = async (...distances: number[]): Promise<number> => {
      await touch('touchStart', distances[0] ?? 0);
      for (const apart of distances.slice(1)) await touch('touchMove', apart);
      await touch('touchEnd', 0);
      return Number(/columns=(\d+)/.exec(await hashOf(opened))?.[1] ?? NaN);
    };
    const near = await pinch(60, 80, 100, 120);
    expect(near).toBeGreaterThanOrEqual(8);
    expect(await pinch(160, 120, 100, 80)).toBe(near * 2);
    expect(seen.trouble).toEqual([]);
    await opened.close();
  });

  test.each([
    ['report', false, 1440],
    ['report', true, 1440],
    ['report', false, 375],
    ['report', true, 375],
    ['comparison', false, 1440],
    ['comparison', true, 1440],
    ['comparison', true, 375],
  ])('has no serious fault of accessibility (%s, dark: %s, %i wide)', async (what, dark, width) => {
    const old = what === 'comparison' ? fixture('images/arch-XX.cramfs.gz') : undefined;
    const seen = await visit(reportOf('root.cramfs', image, old), { dark, width, hash: '#file=%2Fbin%2Fcounter' });
    await expect(faults(seen)).resolves.toEqual([]);
    const overflow = await seen.page.evaluate(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    );
    expect(overflow).toBeLessThanOrEqual(0);
    await seen.page.close();
  });
});

describe('the viewer', () => {
  const drop = async (bytes: Uint8Array, name = 'dump.bin') => {
    const seen = await visit(viewer);
    await seen.page.setInputFiles('input[type=file]', { name, mimeType: '', buffer: Buffer.from(bytes) });
    return seen;
  };

  const pad = (bytes: Uint8Array): Uint8Array => {
    const dump = new Uint8Array(0x40000 + bytes.length + 5000).fill(0xff);
    dump.set(bytes, 0x40000);
    return dump;
  };

  test.each([
    ['a little-endian image', () => fixture('images/mini-XX.cramfs.gz')],
    ['a big-endian image', () => fixture('images/mini-BXX.cramfs.gz')],
    ['an image behind a boot pad', () => fixture('images/mini-XXp.cramfs.gz')],
    ['an image with LZMA blocks', () => imageOf({ blocks: LZMA_BLOCKS, size: TEXT.length, flags: 3 })],
  ])('reports %s within a dump', async (_what, image) => {
    const seen = await drop(pad(image()));
    await seen.page.waitForSelector('.flash-map');
    await seen.page.locator('.tbody .tr').first().click();
    await expect(seen.page.locator('.panel h3').first().textContent()).resolves.toMatch(/flash/);
    expect(seen.trouble).toEqual([]);
    await seen.page.close();
  });

  test('reads a dump of 256 MiB in pieces, and stops when it is cancelled', async () => {
    const file = join(folder, 'large.bin');
    const image = fixture('images/root-XX.cramfs.gz');
    const at = 200 * 1024 * 1024;
    const handle = openSync(file, 'w');
    ftruncateSync(handle, 256 * 1024 * 1024);
    writeSync(handle, image, 0, image.length, at);
    closeSync(handle);
    const seen = await visit(viewer);
    const { page: opened } = seen;
    await opened.setInputFiles('input[type=file]', file);
    await opened.waitForFunction(() => (document.querySelector('progress')?.value ?? 0) > 0);
    await opened.getByRole('button', { name: 'Cancel' }).click();
    await opened.getByText('Cancelled.').waitFor();
    expect(await opened.locator('.flash-map').count()).toBe(0);
    await opened.setInputFiles('input[type=file]', []);
    await opened.setInputFiles('input[type=file]', file);
    await opened.waitForSelector('.flash-map', { timeout: 60_000 });
    await expect(opened.locator('.tbody .tr').count()).resolves.toBe(12);
    const memory = await opened.evaluate(
      () => (performance as unknown as { memory: { usedJSHeapSize: number } }).memory.usedJSHeapSize,
    );
    expect(memory).toBeLessThan(100 * 1024 * 1024);
    expect(seen.trouble).toEqual([]);
    await opened.close();
  });

  test('says so when there is no image', async () => {
    const seen = await drop(new Uint8Array(5000).fill(0x41));
    await seen.page.getByText('No cramfs image found in this file.').waitFor();
    expect(seen.trouble).toEqual([]);
    await seen.page.close();
  });

  test('answers every hostile image within seconds', async () => {
    const names = readdirSync(join(root, 'fixtures/malformed')).filter((name) => /\.img(\.gz)?$/.test(name));
    expect(names.length).toBeGreaterThanOrEqual(33);
    const seen = await visit(viewer);
    for (const name of names) {
      await seen.page.goto(pathToFileURL(viewer).href);
      const buffer = Buffer.from(fixture(`malformed/${name}`));
      await seen.page.setInputFiles('input[type=file]', { name, mimeType: '', buffer });
      await seen.page.waitForFunction(
        () =>
          document.querySelector('.flash-map, .found li') !== null ||
          (document.querySelector('progress')?.hidden ?? false),
        undefined,
        { timeout: 20_000 },
      );
      await expect(seen.page.locator('[role=status]').allTextContents()).resolves.not.toContain(
        expect.stringMatching(/internal/i),
      );
      expect(await seen.page.locator('main script, main img, main iframe').count()).toBe(0);
    }
    expect(seen.trouble).toEqual([]);
    await seen.page.close();
  }, 300_000);

  test.each([false, true])(
    'has no serious fault of accessibility, empty and with a report (dark: %s)',
    async (dark) => {
      const seen = await visit(viewer, { dark });
      // The page's policy allows no script but its own: debugging tools are not bound by it.
      const session = await seen.page.context().newCDPSession(seen.page);
      await session.send('Page.setBypassCSP', { enabled: true });
      await seen.page.reload();
      await expect(faults(seen)).resolves.toEqual([]);
      const buffer = Buffer.from(pad(fixture('images/root-XX.cramfs.gz')));
      await seen.page.setInputFiles('input[type=file]', { name: 'dump.bin', mimeType: '', buffer });
      await seen.page.waitForSelector('.tbody .tr');
      await seen.page.locator('.tbody .tr').first().click();
      await expect(faults(seen)).resolves.toEqual([]);
      await seen.page.close();
    },
  );
});

/** Numbers from 0 to 1, the same at each run (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
