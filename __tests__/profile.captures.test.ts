import { beforeAll, describe, expect, test } from '@jest/globals';
import { CramfsImage } from '../lib/image/image.ts';
import { treeIndex } from '../lib/mkfs/treeIndex.ts';
import { imageTree } from '../lib/mkfs/source/imageTree.ts';
import type { CaptureReport } from '../lib/profile/capture.ts';
import { type FileIndex, imageIndex } from '../lib/profile/fileIndex.ts';
import { captureKind, type CaptureOptions, type CaptureResult, readCaptures } from '../lib/profile/readCaptures.ts';
import { profileCsv, profileJson } from '../lib/report/profile/profileJson.ts';
import { profileText } from '../lib/report/profile/profileText.ts';
import { fixture } from './support/fixtures.ts';
import { plainExec64 } from './support/plainExec64.ts';

let plain: FileIndex;
const direct = imageIndex(CramfsImage.open(fixture('exec/exec64.cramfs.gz')));

beforeAll(async () => {
  plain = imageIndex(CramfsImage.open(await plainExec64()));
});

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const TRACES = ['6.1', '6.12'].map((release) => fixture(`profile/exec64-plain@${release}.trace.gz`));
const SMAPS = ['6.1', '6.12'].map((release) => fixture(`profile/exec64@${release}.smaps.gz`));
const [TRACE_61 = new Uint8Array(0), TRACE_612 = new Uint8Array(0)] = TRACES;
const [SMAPS_61 = new Uint8Array(0)] = SMAPS;

const readBytes = (bytes: Uint8Array, files: FileIndex, options?: CaptureOptions): CaptureResult =>
  readCaptures([{ name: 'capture', bytes }], files, options);
const read = (content: string, files: FileIndex = plain, options?: CaptureOptions): CaptureResult =>
  readBytes(Buffer.from(content, 'latin1'), files, options);
const reportOf = ({ reports }: CaptureResult): CaptureReport => {
  const [report] = reports;
  if (report === undefined) throw new Error('no report');
  return report;
};
/** Pages of a file by number, with their uses. */
const pages = ({ profile }: CaptureResult, path: string): [number, number][] =>
  [...profile.of(path)].map(([page, { uses }]): [number, number] => [page, uses]).sort(([a], [b]) => a - b);

const EVENT = 'sh-7 [000] ..... 1.500000: mm_filemap_add_to_page_cache: dev 31:0';

describe('a recorded trace', () => {
  test('of Linux 6.1: each page that was brought in, once for each program', () => {
    const result = readBytes(TRACE_61, plain);
    expect(reportOf(result)).toMatchObject({ kind: 'trace', device: '31:0', pages: 60, unknownLines: 0 });
    expect(pages(result, '/bin/static')).toEqual([0, 1, 2, 4, 6].map((page) => [page, 1]));
    // /bin/script has /bin/dynamic run: it was started twice.
    expect(pages(result, '/bin/dynamic')).toEqual([0, 1, 2, 4, 5, 6].map((page) => [page, 2]));
    expect(result.profile.of('/bin/dynamic').get(0)?.first).toBe(1);
  });

  test('of Linux 6.12: its faults show which pages were only read', () => {
    const result = readBytes(TRACE_612, plain);
    const report = reportOf(result);
    expect(pages(result, '/bin/static')).toEqual([1, 2, 4, 6].map((page) => [page, 1]));
    expect(report.dropped).toMatchObject({ onlyRead: 3, broughtAlong: 1, otherDevices: 12, unknownFiles: 0 });
    expect(report.faultAround).toBe(190);
    // What was mapped is the same under both kernels.
    const [old, faulted] = [readBytes(TRACE_61, plain).profile, result.profile];
    for (const path of faulted.paths) {
      expect([...faulted.of(path).keys()].filter((page) => !old.of(path).has(page))).toEqual([]);
      expect([...old.of(path).keys()].filter((page) => page > 0 && !faulted.of(path).has(page))).toEqual([]);
    }
  });

  test('as perf prints it is the same', () => {
    const perf = text(TRACE_61)
      .split('\n')
      .flatMap((line) => {
        const match = /^\s*(\S+)-([0-9]+)\s+(\[[0-9]+\]) \S+\s+([0-9.]+): (mm_filemap.*)$/.exec(line);
        return match === null ? [] : [`${match[1]}  ${match[2]} ${match[3]} ${match[4]}: filemap:${match[5]}`];
      });
    const stack = '\tffffffff812a3b4c filemap_add_folio+0x8c ([kernel.kallsyms])';
    const result = read(`${perf.join(`\n${stack}\n\n`)}\n`);
    expect(reportOf(result)).toMatchObject({ kind: 'perf', unknownLines: 0 });
    expect(profileCsv(result.profile)).toBe(profileCsv(readBytes(TRACE_61, plain).profile));
  });

  test('of several runs adds up', () => {
    const two = readCaptures(
      [TRACE_61, TRACE_61].map((bytes) => ({ name: 'run', bytes })),
      plain,
    );
    expect(two.profile.totals.uses).toBe(2 * readBytes(TRACE_61, plain).profile.totals.uses);
    expect(two.profile.totals.pages).toBe(60);
  });

  test('of another image is refused', () => {
    expect(() => readBytes(TRACE_61, direct)).toThrow('none of the inode numbers in capture are in the image');
  });

  test('needs inode numbers, which a tree does not have', () => {
    const tree = treeIndex(imageTree(CramfsImage.open(fixture('exec/exec64.cramfs.gz'))), 4096);
    expect(() => readBytes(TRACE_61, tree)).toThrow('--profile-image');
  });
});

describe('recorded smaps', () => {
  test.each(SMAPS)('show direct mappings whole, by their physical addresses (%#)', (bytes) => {
    const result = readBytes(bytes, direct);
    expect(reportOf(result)).toMatchObject({ kind: 'smaps', device: '31:0', unknownLines: 0 });
    expect(reportOf(result).dropped).toMatchObject({ writable: 13, unknownOffsets: 0, unknownFiles: 0 });
    expect(pages(result, '/bin/static')).toEqual([0, 1, 2, 3, 4].map((page) => [page, 1]));
  });

  test('are read as maps without the lines below each mapping', () => {
    const maps = text(SMAPS_61)
      .split('\n')
      .filter((line) => /^[0-9a-f]+-[0-9a-f]+ /.test(line))
      .join('\n');
    const result = read(`${maps}\n`, direct);
    expect(reportOf(result)).toMatchObject({ kind: 'maps', unknownLines: 0 });
    expect(pages(result, '/bin/static')).toEqual([0, 1, 2, 3, 4].map((page) => [page, 1]));
  });

  test('with another physical address: the mappings are counted, not guessed', () => {
    const result = readBytes(SMAPS_61, direct, { physBase: 0x2000_0000 });
    expect(reportOf(result).dropped.unknownOffsets).toBeGreaterThan(5);
    expect(pages(result, '/bin/static')).toEqual([]);
  });

  test('of paged mappings weigh pages by the part that is in RAM', () => {
    const ino = [...text(TRACE_61).matchAll(/ino ([0-9a-f]+) .*ofs=0 /g)].map((match) =>
      parseInt(match[1] ?? '', 16),
    )[1];
    const smaps = [
      `7f0000000000-7f0000004000 r-xp 00015000 1f:00 ${String(ino)} /lib/ld-musl-x86_64.so.1`,
      'Rss:                   8 kB',
      'Anonymous:             0 kB',
      'VmFlags: rd ex mr mw me',
    ].join('\n');
    expect(pages(read(smaps), '/lib/ld-musl-x86_64.so.1')).toEqual([21, 22, 23, 24].map((page) => [page, 0.5]));
    expect(reportOf(read(smaps.replace('8 kB', '0 kB'))).dropped.untouched).toBe(1);
  });
});

describe('a table', () => {
  test('of AXFS has byte offsets and counts, and is not taken for our own CSV', () => {
    const axfs = './bin/static,4096,3\n./bin/static,8192,1\n./bin/gone,0,2\n./bin/static,40960,1\n./bin/static,0,0\n';
    const result = read(axfs);
    expect(reportOf(result)).toMatchObject({ kind: 'axfs', dropped: { unknownFiles: 1, pastEnd: 1 } });
    expect(pages(result, '/bin/static')).toEqual([
      [1, 3],
      [2, 1],
    ]);
  });

  test('of our own is read back as it was written, as CSV and as JSON', () => {
    for (const bytes of [TRACE_612, Buffer.from('"/bin/static",1,2\n/bin/dynamic,0,1,2.5\n')]) {
      const result = readBytes(bytes, plain);
      const csv = profileCsv(result.profile);
      expect(profileCsv(read(csv).profile)).toBe(csv);
      expect(profileCsv(read(JSON.stringify(profileJson(result, plain))).profile)).toBe(csv);
      expect(profileText(result, plain)).toContain('total');
    }
  });

  test.each([
    ['/bin/static,0,0', 'line 2: "/bin/static" cannot have 0 pages from 0 on'],
    ['/bin/static,4090,7', 'cannot have 7 pages'],
    ['/bin/static,-1,2', 'is not "path,first page,pages,uses,first use"'],
    ['/bin/static,0,1,0', 'cannot be used 0 times'],
  ])('with a mistake names the line: %s', (row, message) => {
    expect(() => read(`path,first page,pages\n${row}\n`)).toThrow(message);
  });
});

describe('a hostile capture', () => {
  test('with lines of 10 MB is read in bounded time and memory', () => {
    const long = 'x'.repeat(10_000_000);
    const result = read(
      `# tracer: nop\n${long}\n${EVENT} ino 1074 pfn=0x1 ofs=0 order=0\n${long} mm_filemap_fault: dev\n`,
    );
    expect(reportOf(result)).toMatchObject({ unknownLines: 2, pages: 1, firstUnknown: { line: 2 } });
    expect(reportOf(result).firstUnknown?.text.length).toBe(80);
  });

  test.each([
    ['a negative offset', `${EVENT} ino 1074 pfn=0x1 ofs=-4096 order=0`],
    ['an offset within a page', `${EVENT} ino 1074 pfn=0x1 ofs=17 order=0`],
    ['no inode number', `${EVENT} ino zz pfn=0x1 ofs=0 order=0`],
    ['an end before its start', 'sh-7 [000] ..... 1.5: mm_filemap_get_pages: dev=31:0 ino=1074 ofs=8192-0'],
    ['text', 'hello'],
  ])('with %s: the line is counted', (_, line) => {
    const result = read(`# tracer: nop\n${EVENT} ino 1074 pfn=0x1 ofs=0 order=0\n${line}\n`);
    expect(reportOf(result)).toMatchObject({ unknownLines: 1, pages: 1 });
  });

  test('with inode numbers of no file, and pages past the end, counts them', () => {
    const event = (ino: string, ofs: number): string => `${EVENT} ino ${ino} pfn=0x1 ofs=${String(ofs)} order=9\n`;
    const result = read(event('1074', 0) + event('5', 0) + event('ffffffffffffffff', 0) + event('1074', 2 ** 52));
    expect(reportOf(result)).toMatchObject({ pages: 8, dropped: { unknownFiles: 2, pastEnd: 1 } });
  });

  test('that names more pages than any real one ends with LIMIT', () => {
    const line = `${EVENT} ino 49f8 pfn=0x1 ofs=0 order=20\n`;
    expect(() => read(line.repeat(50_000))).toThrow(expect.objectContaining({ code: 'LIMIT' }));
  });

  test('that is something else is refused', () => {
    for (const content of ['', 'hello\n', '\0'.repeat(100_000), ' ,'.repeat(100_000)]) {
      expect(captureKind(Buffer.from(content))).toBeNull();
      expect(() => read(content)).toThrow('capture is not a capture');
    }
    expect(() => read('{"files": 3}')).toThrow('it has no list of files');
    expect(() => read('[{"path": 3}]')).toThrow('entry 0 has no "path"');
    expect(() => read('[[[[')).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });

  test('of two devices that fit alike asks for one', () => {
    const line = (device: string): string => `${EVENT.replace('31:0', device)} ino 1074 pfn=0x1 ofs=0 order=0\n`;
    expect(() => read(line('31:0') + line('31:1'))).toThrow('choose one with --device');
    expect(reportOf(read(line('31:0') + line('31:1'), plain, { device: '31:1' }))).toMatchObject({
      device: '31:1',
      pages: 1,
      dropped: { otherDevices: 1 },
    });
    expect(reportOf(read(line('31:0') + line('8:1').repeat(5))).device).toBe('31:0');
  });
});

describe('a hostile capture of each format', () => {
  const MAPPING = '00400000-00401000 r-xp 00000000 1f:00 4212 /mnt/bin/dynamic';
  const FORMATS = {
    trace: `# tracer: nop\n${EVENT} ino 1074 pfn=0x1 ofs=0 order=0\n`,
    perf: 'sh  7 [000] 1.500000: filemap:mm_filemap_add_to_page_cache: dev 31:0 ino 1074 pfn=0x1 ofs=0 order=0\n',
    maps: `${MAPPING}\n`,
    smaps: `${MAPPING}\nRss: 4 kB\n`,
    axfs: './bin/dynamic,0,1\n',
    csv: 'path,first page,pages,uses,first use\n/bin/dynamic,0,1,1,1\n',
  };
  const long = 'x'.repeat(10_000_000);

  test.each(Object.entries(FORMATS))('%s: a line of 10 MB is counted, and not kept', (kind, content) => {
    const bytes = `${content}${long}\n`;
    if (kind === 'csv') {
      expect(() => read(bytes)).toThrow(expect.objectContaining({ code: 'USAGE' }));
      return;
    }
    const report = reportOf(read(bytes));
    expect(report).toMatchObject({ kind, pages: 1, unknownLines: 1 });
    expect(report.firstUnknown?.text.length).toBe(80);
  });

  test.each([
    ['trace', `${FORMATS.trace}${EVENT} ino 5 pfn=0x1 ofs=0 order=0\n`, { unknownFiles: 1 }],
    ['perf', FORMATS.perf + FORMATS.perf.replace('1074', 'fffffffffffffff'), { unknownFiles: 1 }],
    ['maps', FORMATS.maps + FORMATS.maps.replace('4212', '99999999999999999999'), { unknownFiles: 1 }],
    ['smaps', FORMATS.smaps + FORMATS.smaps.replace('4212', '5'), { unknownFiles: 1 }],
    ['axfs', `${FORMATS.axfs}./nowhere,0,1\n`, { unknownFiles: 1 }],
    ['csv', `${FORMATS.csv}/nowhere,0,1,1,1\n`, { unknownFiles: 1 }],
    ['maps', FORMATS.maps + FORMATS.maps.replace(' 00000000 ', ' fffffffffffff000 '), { unknownOffsets: 1 }],
    ['axfs', `${FORMATS.axfs}./bin/dynamic,99999999999,1\n`, { pastEnd: 1 }],
  ])('%s: files and pages that are not there are counted', (kind, content, dropped) => {
    expect(reportOf(read(content))).toMatchObject({ kind, pages: 1, dropped });
  });

  test.each([
    ['trace', `${FORMATS.trace}${EVENT} ino 1074 pfn=0x1 ofs=-4096 order=0\n`],
    ['perf', FORMATS.perf + FORMATS.perf.replace('ofs=0', 'ofs=-1')],
    ['maps', FORMATS.maps + FORMATS.maps.replace(' 00000000 ', ' -0001000 ')],
    ['smaps', `${FORMATS.smaps}Rss: -4 kB\n`],
    ['axfs', `${FORMATS.axfs}./bin/dynamic,-4096,1\n`],
  ])('%s: a line with a negative number is counted', (kind, content) => {
    expect(reportOf(read(content))).toMatchObject({ kind, pages: 1, unknownLines: 1 });
  });

  test.each([
    ['csv', `${FORMATS.csv}/bin/dynamic,-1,1\n`],
    ['json', '{"files": [{"path": "/bin/dynamic", "pages": [[-1, 1, 1, null]]}]}'],
    ['json', '{"files": [{"path": "/bin/dynamic", "pages": [[0, 1e300, 1, null]]}]}'],
    ['json', `{"files": "${long.slice(0, 100_000)}"}`],
  ])('%s: a negative or impossible number is an error', (_, content) => {
    expect(() => read(content)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});
