/** Extraction for programs: volumes in memory, single files, streams, entries. */
import * as nodeFs from 'node:fs';
import { mkdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import { memfs } from 'memfs';
import { buildRawImage, type RawBlock } from './support/rawImage.ts';
import { entries, readFile } from '../lib/extract/files.ts';
import { createReadStream } from '../lib/extract/readStream.node.ts';
import { extractToDirectory } from '../lib/extract/toDirectory.node.ts';
import { extractTo } from '../lib/extract/toFileSystem.ts';
import { toVolume } from '../lib/extract/toVolume.ts';
import { CramfsImage } from '../lib/image/image.ts';
import { withFolder } from './support/extractHelp.ts';
import { fixture } from './support/fixtures.ts';
import { readTar } from './support/tarFile.ts';

const mini = (): CramfsImage => CramfsImage.open(fixture('images/mini-XX.cramfs.gz'));
const source = readTar(fixture('trees/mini.tar.gz'));
const utf8 = (text: string): string => Buffer.from(text, 'latin1').toString('utf8');
const page = (byte: number): Uint8Array => new Uint8Array(4096).fill(byte);

/** An image whose file /f ends in a direct block and is a whole number of pages: the last-page defect. */
const defect = (): CramfsImage =>
  CramfsImage.open(
    buildRawImage({
      entries: [
        { type: 'file', name: 'f', blocks: [1, 2].map((byte) => ({ kind: 'direct' as const, data: page(byte) })) },
        { type: 'file', name: 'g', blocks: [{ kind: 'zlib', data: Buffer.from('good') }] },
      ],
    }),
  );

describe('a volume', () => {
  test('holds the files, directories and links of the source tree', async () => {
    const volume = await toVolume(mini());
    for (const entry of source) {
      const path = `/${utf8(entry.path)}`;
      if (entry.type === 'file') {
        expect(volume.statSync(path).mode & 0o7777).toBe(entry.mode);
        volume.chmodSync(path, 0o400);
        expect(entry.content.equals(volume.readFileSync(path) as Buffer)).toBe(true);
      } else if (entry.type === 'symlink') {
        expect(volume.readlinkSync(path)).toBe(utf8(entry.target));
      } else if (entry.type === 'directory') {
        expect(volume.statSync(path).isDirectory()).toBe(true);
        expect(volume.statSync(path).mode & 0o7777).toBe(entry.mode);
      } else {
        expect(volume.existsSync(path)).toBe(false);
      }
    }
  });

  test('has the owners of the image if they are asked for', async () => {
    const volume = await toVolume(mini(), { owners: true });
    expect(volume.statSync('/dup/second')).toMatchObject({ uid: 7, gid: 7 });
  });

  test('of a part of the image has that part only', async () => {
    const volume = await toVolume(mini(), { paths: ['text/short.txt'] });
    expect(volume.readdirSync('/')).toEqual(['text']);
    await expect(toVolume(mini(), { paths: ['nothing'] })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('of a damaged image fails, or tells', async () => {
    const image = CramfsImage.open(fixture('malformed/103-bad-adler.img'));
    await expect(toVolume(image)).rejects.toMatchObject({ name: 'CramfsError' });
    const problems: string[] = [];
    await toVolume(image, { onProblem: ({ code }) => problems.push(code) });
    expect(problems).toEqual(['BAD_ZLIB']);
  });
});

describe('any file system', () => {
  test('takes an image below a directory', () => {
    const { fs } = memfs({ '/there/file': 'kept' });
    const result = extractTo(fs, '/there/below', mini());
    expect(result).toMatchObject({ files: 85, symlinks: 10, problems: [], ended: 'complete' });
    expect(fs.readFileSync('/there/below/text/short.txt', 'utf8')).toMatch(/^A short own text/);
    expect(fs.readFileSync('/there/file', 'utf8')).toBe('kept');
  });

  test('on the disk too: nothing is replaced, and no link is followed', async () => {
    await withFolder((folder) => {
      const out = join(folder, 'out');
      mkdirSync(join(out, 'text'), { recursive: true });
      mkdirSync(join(folder, 'elsewhere'));
      symlinkSync('../elsewhere', join(out, 'bin'));
      writeFileSync(join(out, 'text/short.txt'), 'mine');
      const result = extractTo(nodeFs, out, mini());
      expect(result.problems.map(({ code, path }) => [code, path])).toEqual([
        ['EEXIST', '/bin'],
        ['EEXIST', '/text/short.txt'],
      ]);
      expect(nodeFs.readdirSync(join(folder, 'elsewhere'))).toEqual([]);
      expect(readlinkSync(join(out, 'bin'))).toBe('../elsewhere');
      expect(readFileSync(join(out, 'text/short.txt'), 'utf8')).toBe('mine');
    });
  });

  test('gets no name that it would change', () => {
    const { fs } = memfs();
    const image = CramfsImage.open(fixture('malformed/058-name-not-utf8.img'));
    expect(extractTo(fs as never, '/out', image).problemCounts.image).toBe(1);
    expect(extractTo(fs as never, '/out2', image, { anyNames: true }).problemCounts.image).toBe(0);
  });
});

describe('single files', () => {
  test('are read whole, through links too', () => {
    for (const { path, type, content } of source.filter((entry) => entry.type === 'file')) {
      expect(type).toBe('file');
      expect(content.equals(readFile(mini(), `/${utf8(path)}`))).toBe(true);
    }
    expect(Buffer.from(readFile(mini(), '/links/relative')).toString()).toMatch(/^A short own text/);
    expect(() => readFile(mini(), '/links')).toThrow(/not a regular file/);
    expect(() => readFile(mini(), '/none')).toThrow(/no such file/);
  });

  test('are streams, of any part', async () => {
    const { content } = source.find(({ path }) => path === 'bin/table') ?? { content: Buffer.alloc(0) };
    expect(content.equals(await buffer(createReadStream(mini(), '/bin/table')))).toBe(true);
    const ranges = [
      { start: 5000 },
      { end: 4095 },
      { start: 4096, end: 4096 },
      { start: 100, end: 9000 },
      { start: 1e6 },
    ];
    for (const range of ranges) {
      const expected = content.subarray(range.start ?? 0, range.end === undefined ? content.length : range.end + 1);
      expect(expected.equals(await buffer(createReadStream(mini(), '/bin/table', range)))).toBe(true);
    }
    const broken = createReadStream(CramfsImage.open(fixture('malformed/103-bad-adler.img')), '/none');
    await expect(buffer(broken)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('come one by one', () => {
    const found: string[] = [];
    for (const entry of entries(mini(), { paths: ['dev', 'links/x', 'data/one'] })) {
      const extra = entry.device === null ? '' : ` ${entry.device.major},${entry.device.minor}`;
      found.push(`${entry.path} ${entry.type}${extra}`);
      if (entry.type === 'symlink') expect(entry.readLink()).toBe('y');
      if (entry.type === 'file') expect(entry.read().length).toBe(1);
      else if (entry.type !== 'symlink') expect(() => entry.read()).toThrow(/not a regular file/);
    }
    expect(found).toContain('/dev/null chardev 1,3');
    expect(found[0]).toBe('/ directory');
    expect(found.length).toBe(13);
  });
});

describe('a long file on the disk', () => {
  /** Blocks of a file: a quarter of them zlib's, verbatim, holes, and zlib's again. */
  const blocks = (count: number): RawBlock[] =>
    Array.from({ length: count }, (_, index) => {
      const data = page(index);
      return index % 4 === 1 ? { kind: 'stored', data } : index % 4 === 2 ? { kind: 'hole' } : { kind: 'zlib', data };
    });
  const content = (count: number): Buffer =>
    Buffer.concat(Array.from({ length: count }, (_, index) => page(index % 4 === 2 ? 0 : index)));
  const damaged: RawBlock = { kind: 'zlib', stored: page(0x55) };
  const image = (...last: RawBlock[]): CramfsImage =>
    CramfsImage.open(
      buildRawImage({
        entries: [{ type: 'file', name: 'f', size: 200 * 4096, blocks: [...blocks(200 - last.length), ...last] }],
      }),
    );

  test.each([1, 62, 63, 64, 65, 126, 127, 128, 200])('of %i blocks is the same as in memory', async (count) => {
    const entry = { type: 'file' as const, name: 'f', size: count * 4096, blocks: blocks(count) };
    const long = CramfsImage.open(buildRawImage({ entries: [entry] }));
    expect(content(count).equals(readFile(long, '/f'))).toBe(true);
    await withFolder(async (folder) => {
      const out = join(folder, 'out');
      expect(await extractToDirectory(long, out)).toMatchObject({ files: 1, bytes: count * 4096, problems: [] });
      expect(content(count).equals(readFileSync(join(out, 'f')))).toBe(true);
    });
  });

  test('whose last block is damaged is not there, and takes nothing’s place', async () => {
    await withFolder(async (folder) => {
      for (const [out, isNew] of [
        [join(folder, 'new'), true],
        [join(folder, 'old'), false],
      ] as const) {
        if (!isNew) mkdirSync(out);
        if (!isNew) writeFileSync(join(out, 'f'), 'mine');
        const result = await extractToDirectory(image(damaged), out, { force: true });
        expect(result).toMatchObject({ files: 0, bytes: 0, ended: 'complete' });
        expect(result.problems.map(({ blame, code }) => [blame, code])).toEqual([['image', 'BAD_ZLIB']]);
        expect(nodeFs.readdirSync(out)).toEqual(isNew ? [] : ['f']);
        if (!isNew) expect(readFileSync(join(out, 'f'), 'utf8')).toBe('mine');
      }
      const result = await extractToDirectory(image(), join(folder, 'old'), { force: true });
      expect(result).toMatchObject({ files: 1, problems: [] });
      expect(content(200).equals(readFileSync(join(folder, 'old/f')))).toBe(true);
    });
  });
});

describe('as Linux reads', () => {
  test('the last page of the defect is zeros, and the file is told', async () => {
    const stored = Buffer.concat([page(1), page(2)]);
    const linux = Buffer.concat([page(1), page(0)]);
    expect(stored.equals(readFile(defect(), '/f'))).toBe(true);
    expect(linux.equals(readFile(defect(), '/f', { asLinuxReads: true }))).toBe(true);
    await withFolder(async (folder) => {
      const result = await extractToDirectory(defect(), join(folder, 'out'), { asLinuxReads: true });
      expect(result.differing).toEqual(['/f']);
      expect(linux.equals(readFileSync(join(folder, 'out/f')))).toBe(true);
      expect(readFileSync(join(folder, 'out/g'), 'utf8')).toBe('good');
    });
    expect(extractTo(memfs().fs as never, '/out', defect(), { asLinuxReads: true }).differing).toEqual(['/f']);
    expect(extractTo(memfs().fs as never, '/out', defect()).differing).toEqual([]);
  });

  test('an image that Linux does not mount is refused', () => {
    const image = CramfsImage.open(buildRawImage({ entries: [], superblock: { flags: 0x1003 } }));
    expect(() => readFile(image, '/f', { asLinuxReads: true })).toThrow();
    expect(() => extractTo(memfs().fs as never, '/out', image, { asLinuxReads: true })).toThrow(/refuses to mount/);
  });
});
