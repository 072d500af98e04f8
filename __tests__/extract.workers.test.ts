/** Extraction with worker threads gives the same as without, stops when told, and fails when a thread does. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { build } from 'esbuild';
import { buildRawImage } from './support/rawImage.ts';
import { extractToDirectory } from '../lib/extract/toDirectory.node.ts';
import { extractToTar } from '../lib/extract/toTar.ts';
import { LINUX_INODE, WIDE_INODE } from '../lib/format/inode.ts';
import { CramfsImage } from '../lib/image/image.ts';
import { inflateLzma } from '../lib/image/lzma.ts';
import { openFileSource } from '../lib/source/nodeFile.ts';
import { ExtractCrew, type ExtractWork } from '../lib/workers/extractCrew.ts';
import { openAgain, openingOf } from '../lib/workers/openAgain.ts';
import { readTree, withFolder } from './support/extractHelp.ts';
import { fixture } from './support/fixtures.ts';

// Threads and processes start slowly on a busy machine.
jest.setTimeout(60_000);

let folder = '';
let script = '';
let image = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cramfs-workers-'));
  script = join(folder, 'imageWorker.cjs');
  image = join(folder, 'image');
  const bundle = { bundle: true, platform: 'node', format: 'cjs', logLevel: 'error' } as const;
  const logOverride = { 'empty-import-meta': 'silent' } as const;
  await build({ ...bundle, entryPoints: ['lib/workers/imageWorker.ts'], outfile: script, logOverride });
  await build({ ...bundle, entryPoints: ['bin/cramfs.ts'], outfile: join(folder, 'cramfs.cjs'), logOverride });
  writeFileSync(image, fixture('images/mini-XX.cramfs.gz'));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

function pool<Kind extends keyof ExtractWork>(kind: Kind, file = image): ExtractCrew<Kind> {
  const policy = { owners: process.geteuid?.() === 0, setuid: true };
  return new ExtractCrew({
    ...{ kind, opening: openingOf(open(), file, 0), script, policy },
    ...{ asLinuxReads: false, threads: 2 },
  });
}

const open = (): CramfsImage => CramfsImage.open(openFileSource(image));

describe('with worker threads', () => {
  test('a directory gets the same as without', async () => {
    await withFolder(async (temporary) => {
      const crew = pool('files');
      const [alone, together] = [join(temporary, 'a'), join(temporary, 'b')];
      const first = await extractToDirectory(open(), alone, { setuid: true });
      const second = await extractToDirectory(open(), together, { setuid: true, crew: () => crew });
      await crew.close();
      expect(second).toEqual(first);
      expect(readTree(together)).toEqual(readTree(alone));
    });
  });

  test('an archive has the same bytes as without', async () => {
    const archive = async (crew: ExtractCrew<'tar'> | null): Promise<Buffer> => {
      const pieces: Uint8Array[] = [];
      await extractToTar(open(), (bytes) => pieces.push(Uint8Array.from(bytes)), { crew: () => crew });
      return Buffer.concat(pieces);
    };
    const crew = pool('tar');
    const [alone, together] = [await archive(null), await archive(crew)];
    await crew.close();
    expect(together.equals(alone)).toBe(true);
  });

  test('trouble with the image’s file in a thread ends the extraction', async () => {
    await withFolder(async (temporary) => {
      const crew = pool('files', join(temporary, 'nothing'));
      const extraction = extractToDirectory(open(), join(temporary, 'out'), { crew: () => crew });
      await expect(extraction).rejects.toMatchObject({ name: 'CramfsError', code: 'IO' });
      await crew.close();
    });
  });

  test('without the built script this thread does it all', async () => {
    await withFolder(async (temporary) => {
      const policy = { owners: false, setuid: false };
      const common = { opening: openingOf(open(), image, 0), asLinuxReads: false, threads: 2, policy };
      const crew = new ExtractCrew({ kind: 'files', ...common });
      expect(crew.tryStart({} as Parameters<typeof crew.tryStart>[0], () => undefined)).toBe(false);
      const result = await extractToDirectory(open(), join(temporary, 'out'), { crew: () => crew });
      expect(result.ended).toBe('complete');
    });
  });
});

describe('an image opened again', () => {
  test('is read as the first time, with what a vendor changed', async () => {
    await withFolder((temporary) => {
      const file = join(temporary, 'image');
      writeFileSync(file, Buffer.concat([Buffer.alloc(512), readFileSync(image)]));
      const quirks = { linearXip: true, unflaggedStored: true, longTables: { extra: 1, wholeOnly: true } };
      const options = { imageOffset: 512, pageSize: 8192, quirks };
      for (const inodeLayout of [LINUX_INODE, WIDE_INODE]) {
        for (const inflate of [inflateLzma, undefined]) {
          const first = CramfsImage.open(openFileSource(file), { ...options, inodeLayout, inflate });
          const second = openAgain(structuredClone(openingOf(first, file, 512)));
          expect(second.pageSize).toBe(8192);
          expect(second.quirks).toEqual(quirks);
          expect(second.inodeLayout).toBe(inodeLayout);
          expect(second.inflate).toBe(first.inflate);
          expect(second.superblock).toEqual(first.superblock);
        }
      }
      return Promise.resolve();
    });
  });
});

describe('Ctrl-C', () => {
  /** 24 MiB of files that take a while. */
  const large = (): Uint8Array => {
    const data = new Uint8Array(4096).fill(7);
    const blocks = Array.from({ length: 10 }, () => ({ kind: 'stored' as const, data }));
    const name = (index: number): string => `f${String(index).padStart(3, '0')}`;
    return buildRawImage({
      entries: Array.from({ length: 600 }, (_, index) => ({ type: 'file' as const, name: name(index), blocks })),
    });
  };

  test.each([['1'], ['3']])(
    'leaves whole files only, with %s threads',
    async (threads) => {
      const file = join(folder, 'large');
      if (!existsSync(file)) writeFileSync(file, large());
      await withFolder(async (temporary) => {
        const out = join(temporary, 'out');
        const child = spawn(process.execPath, [join(folder, 'cramfs.cjs'), 'extract', file, out, '--threads', threads]);
        const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
        let stderr = '';
        child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
        while (child.exitCode === null && !(existsSync(out) && readdirSync(out).length > 3)) {
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
        child.kill('SIGINT');
        const code = await ended;
        // On a fast machine it may be done before the signal comes.
        expect([0, 130]).toContain(code);
        if (code === 130) expect(stderr).toMatch(/interrupted; the files written so far are complete/);
        const files = readTree(out).filter(({ type }) => type === 'file');
        expect(files.length).toBeGreaterThan(0);
        for (const { path, content, mtime } of files) {
          expect(path).toMatch(/^f\d{3}$/);
          expect({ length: content.length, mtime }).toEqual({ length: 40960, mtime: 0 });
        }
        expect(readdirSync(out).filter((name) => name.startsWith('.'))).toEqual([]);
      });
    },
    60_000,
  );
});
