/** Extraction of the reference makers' images: on the disk and in archives, everything is as in the source tree. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { extractToDirectory } from '../lib/extract/toDirectory.node.ts';
import { extractToTar } from '../lib/extract/toTar.ts';
import { crc32, crcHex } from '../lib/format/crc32.ts';
import { CramfsImage } from '../lib/image/image.ts';
import { readTree, IS_ROOT, runCommand, withFolder } from './support/extractHelp.ts';
import { fixture } from './support/fixtures.ts';
import { readTar, type TarEntry } from './support/tarFile.ts';

interface ImageFacts {
  readonly file: string;
  readonly tree?: string;
  readonly args?: readonly string[];
}

interface BlobFacts {
  readonly file: string;
  readonly contains: readonly { readonly image: string; readonly offset: number }[];
}

interface Index {
  readonly images: Readonly<Record<string, ImageFacts>>;
  readonly blobs: Readonly<Record<string, BlobFacts>>;
}

const index = JSON.parse(Buffer.from(fixture('index.json')).toString()) as Index;

/** What does not need a tar, or has none: made by hand, or with a device table that changes the tree. */
const WITHOUT_TREE = new Set(['adv', 'arch-XX', 'tiny-qD']);
const names = Object.keys(index.images).filter((name) => !WITHOUT_TREE.has(name));

/** What an entry of the source tree is after the maker has cut it to the format's fields. */
function expected(entry: TarEntry, facts: ImageFacts): Record<string, unknown> {
  const squashed = facts.args?.includes('-q') === true;
  const name = Buffer.from(entry.path.split('/').pop() ?? '', 'latin1');
  const isLink = entry.type === 'symlink';
  const { path, type, target, major } = entry;
  return {
    // The name of the tree "trunc": cut to 252 bytes at the start of a character.
    path: name.length <= 252 ? path : cutName(name),
    type,
    mode: isLink ? 0o777 : entry.mode,
    uid: squashed ? 0 : entry.uid & 0xffff,
    gid: squashed ? 0 : entry.gid & 0xff,
    mtime: 0,
    target,
    major,
    // Linux reads device numbers in the old encoding.
    minor: entry.minor & 0xff,
    content: summaryOf(entry.content),
  };
}

/** Short, for the sake of the differences that a failing test shows. */
function summaryOf(content: Buffer): string {
  return `${content.length} bytes, CRC ${crcHex(crc32(content))}`;
}

function cutName(name: Buffer): string {
  let end = 252;
  while (((name[end] ?? 0) & 0xc0) === 0x80) end--;
  return name.subarray(0, end).toString('latin1');
}

/** The same of an extracted entry, with what an ordinary user cannot set taken from the source. */
function found(
  entry: { readonly path: string; readonly content: Buffer } & Record<string, unknown>,
): Record<string, unknown> {
  const { path, type, mode, uid, gid, mtime, target, major, minor, content } = entry;
  return { path, type, mode, uid, gid, mtime, target, major, minor, content: summaryOf(content) };
}

function treeOf(name: string): Record<string, unknown>[] {
  const facts = index.images[name] ?? { file: '' };
  const tree = facts.tree ?? 'tiny';
  const entries = readTar(fixture(`trees/${tree}.tar.gz`)).map((entry) => expected(entry, facts));
  return entries.sort((a, b) => ((a.path as string) < (b.path as string) ? -1 : 1));
}

/** What is left of a tree if only root could make it whole. */
function asUser(entries: Record<string, unknown>[]): Record<string, unknown>[] {
  if (IS_ROOT) return entries;
  return entries
    .filter(({ type }) => type !== 'chardev' && type !== 'blockdev')
    .map((entry) => ({ ...entry, uid: process.geteuid?.(), gid: process.getegid?.(), mode: withoutSetuid(entry) }));
}

function withoutSetuid({ type, mode }: Record<string, unknown>): number {
  return type === 'symlink' ? (mode as number) : (mode as number) & ~0o6000;
}

async function extractedTree(image: CramfsImage, folder: string): Promise<Record<string, unknown>[]> {
  const target = join(folder, 'out');
  const result = await extractToDirectory(image, target, { devices: true, setuid: true });
  expect(result.problems).toEqual([]);
  expect(result.ended).toBe('complete');
  const entries = readTree(target).map((entry) => found({ ...entry }));
  // Linux lets everybody make the character device 0, 0.
  return IS_ROOT ? entries : entries.filter(({ type }) => type !== 'chardev');
}

describe('extraction into a directory', () => {
  test.each(names)('gives the source tree of %s', async (name) => {
    const image = CramfsImage.open(fixture(index.images[name]?.file ?? ''));
    await withFolder(async (folder) => {
      expect(await extractedTree(image, folder)).toEqual(asUser(treeOf(name)));
    });
  });

  test.each(Object.entries(index.blobs).flatMap(([blob, facts]) => facts.contains.map((part) => ({ blob, ...part }))))(
    'gives the source tree of $image in $blob at $offset',
    async ({ blob, image: name, offset }) => {
      const image = CramfsImage.open(fixture(`blobs/${blob}.gz`), { imageOffset: offset });
      await withFolder(async (folder) => {
        expect(await extractedTree(image, folder)).toEqual(asUser(treeOf(name)));
      });
    },
  );

  test('gives what a device table added', async () => {
    const image = CramfsImage.open(fixture('images/tiny-qD.cramfs.gz'));
    await withFolder(async (folder) => {
      const entries = new Map((await extractedTree(image, folder)).map((entry) => [entry.path, entry]));
      expect(entries.get('fifo')).toMatchObject({ type: 'fifo', mode: 0o622 });
      expect(entries.get('newdir')).toMatchObject({ type: 'directory', mode: 0o751 });
      expect(entries.get('readme')).toMatchObject({ type: 'file' });
      if (IS_ROOT) {
        expect(entries.get('empty/mtd3')).toMatchObject({ type: 'chardev', mode: 0o640, gid: 6, major: 90, minor: 6 });
        expect(entries.get('readme')).toMatchObject({ mode: 0o4755, uid: 3, gid: 4 });
      }
    });
  });

  test('is the same through the command, as far as it is asked for', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'image');
      writeFileSync(file, fixture('images/mini-XX.cramfs.gz'));
      const target = join(folder, 'out');
      const run = await runCommand(['extract', file, target, '--json']);
      expect(run).toMatchObject({ code: 0, stderr: '' });
      const summary = JSON.parse(run.stdout) as Record<string, unknown>;
      expect(summary).toMatchObject({
        schemaVersion: 1,
        ended: 'complete',
        extracted: { files: 85, symlinks: 10, directories: 38 },
        problems: [],
        leftOut: { devices: 6 },
      });
      const wanted = treeOf('mini-XX')
        .filter(({ type }) => type !== 'chardev' && type !== 'blockdev')
        .map((entry) => ({ ...entry, mode: withoutSetuid(entry) }));
      expect(readTree(target).map((entry) => found({ ...entry }))).toEqual(asUser(wanted));
    });
  });

  test('takes paths, and makes only what leads to them', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'image');
      writeFileSync(file, fixture('images/mini-XX.cramfs.gz'));
      const run = await runCommand(['extract', file, join(folder, 'out'), '/text', 'deep/d1/d2/side.txt', '/data/one']);
      expect(run).toMatchObject({ code: 0, stderr: '' });
      const paths = readTree(join(folder, 'out')).map(({ path }) => path);
      expect(paths).toEqual([
        ...['', 'data', 'data/one', 'deep', 'deep/d1', 'deep/d1/d2', 'deep/d1/d2/side.txt', 'text'],
        ...['text/lines.txt', 'text/page.txt', 'text/pages2.txt', 'text/short.txt', 'text/table.csv'],
      ]);
      const missing = await runCommand(['extract', file, join(folder, 'out2'), '/text', '/text/nothing']);
      expect(missing.code).toBe(2);
      expect(missing.stderr).toMatch(/[/]text[/]nothing: no such file/);
      expect(readTree(folder).some(({ path }) => path.startsWith('out2'))).toBe(false);
    });
  });

  test('keeps names that are no UTF-8 byte for byte', async () => {
    const image = CramfsImage.open(fixture('malformed/058-name-not-utf8.img'));
    await withFolder(async (folder) => {
      const entries = await extractedTree(image, folder);
      expect(entries.map((entry) => entry.path)).toContainEqual(expect.stringMatching(/[\x80-\xff]/));
    });
  });
});

describe('extraction into an archive', () => {
  const archive = async (image: CramfsImage, options = {}): Promise<Buffer> => {
    const pieces: Uint8Array[] = [];
    const result = await extractToTar(image, (bytes) => pieces.push(Uint8Array.from(bytes)), options);
    expect(result.problems).toEqual([]);
    return Buffer.concat(pieces);
  };

  test.each(names)('gives the source tree of %s', async (name) => {
    const bytes = await archive(CramfsImage.open(fixture(index.images[name]?.file ?? '')));
    expect(bytes.length % 10240).toBe(0);
    const entries = readTar(bytes).sort((a, b) => (a.path < b.path ? -1 : 1));
    expect(entries.map((entry) => found({ ...entry }))).toEqual(treeOf(name));
  });

  test('gives the same bytes each time, from the command too', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'image');
      writeFileSync(file, fixture('images/mini-B.cramfs.gz'));
      const bytes = await archive(CramfsImage.open(readFileSync(file)));
      const piped = await runCommand(['extract', file, '--tar', '-']);
      expect(piped.code).toBe(0);
      expect(piped.bytes.equals(bytes)).toBe(true);
      expect(piped.stderr).toMatch(/85 files/);
      const target = join(folder, 'out.tar');
      expect(await runCommand(['extract', file, '--tar', target, '--quiet'])).toMatchObject({ code: 0, stdout: '' });
      expect(readFileSync(target).equals(bytes)).toBe(true);
      expect(await runCommand(['extract', file, '--tar', target])).toMatchObject({ code: 2 });
      expect(await runCommand(['extract', file, '--tar', target, '--force'])).toMatchObject({ code: 0 });
      const part = await runCommand(['extract', file, '--tar', '-', 'text/short.txt', 'void']);
      expect(readTar(part.bytes).map(({ path }) => path)).toEqual(['', 'text', 'text/short.txt', 'void']);
    });
  });

  test('is read by GNU tar as it was written', async () => {
    if (!spawnSync('tar', ['--version'], { encoding: 'utf8' }).stdout.includes('GNU tar')) return;
    await withFolder(async (folder) => {
      const image = CramfsImage.open(fixture('images/mini-ul-big.cramfs.gz'));
      const file = join(folder, 'out.tar');
      writeFileSync(file, await archive(image));
      const target = join(folder, 'out');
      mkdirSync(target);
      const devices = IS_ROOT ? [] : ['--exclude', './dev/*'];
      const { status, stderr } = spawnSync('tar', ['xpf', file, '--numeric-owner', '-C', target, ...devices], {
        encoding: 'utf8',
      });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      if (IS_ROOT) expect(readTree(target).map((entry) => found({ ...entry }))).toEqual(treeOf('mini-ul-big'));
    });
  });
});
