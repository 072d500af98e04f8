import { afterAll, describe, expect, test } from '@jest/globals';
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type ElfHeaders, PHENTSIZE, PT_INTERP } from '../lib/elf/elf.ts';
import { execProgram } from '../lib/exec/execProgram.ts';
import { CramfsImage } from '../lib/image/image.ts';
import { newDeflate } from '../lib/mkfs/deflate.node.ts';
import { directCompressor } from '../lib/mkfs/encodeFile.ts';
import { buildImage } from '../lib/mkfs/mkfs.ts';
import { imageTree } from '../lib/mkfs/source/imageTree.ts';
import { bytesContent, type DirectoryEntry, findEntry, newDirectory, putEntry } from '../lib/mkfs/sourceTree.ts';
import { type Closure, findClosure } from '../lib/stage/closure.ts';
import { elfHeaders, shrinkElf } from '../lib/stage/shrinkElf.ts';
import { stagedTree } from '../lib/stage/stagedTree.ts';
import { writeTree } from '../lib/stage/toDirectory.node.ts';
import { treeImage } from '../lib/stage/treeImage.ts';
import { Board } from '../lib/verdict/board.ts';
import { Folder } from './support/cli.ts';
import { fixture } from './support/fixtures.ts';

const folder = new Folder();
afterAll(() => {
  folder.remove();
});

const tree = (): DirectoryEntry => imageTree(CramfsImage.open(fixture('exec/exec64.cramfs.gz')));
const paths = ({ files }: Closure): [string, string][] => files.map(({ path, reason }) => [path, reason]);
const file = (root: DirectoryEntry, path: string): Uint8Array => {
  const entry = findEntry(root, path);
  if (entry?.type !== 'file') throw new Error(`${path} is not a file`);
  return entry.content.read();
};
const put = (root: DirectoryEntry, path: string, bytes: Uint8Array | string, mode = 0o755): void => {
  const content = bytesContent(typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
  putEntry(root, path, { type: 'file', mode, uid: 0, gid: 0, content });
};

/** A library with the needs of /opt/rpath: that program without its interpreter. */
function putLibrary(root: DirectoryEntry, path: string, size: number): void {
  const bytes = new Uint8Array(size);
  bytes.set(file(root, '/opt/rpath'));
  const headers = elfHeaders(bytes);
  const index = headers?.segments.findIndex(({ type }) => type === PT_INTERP) ?? -1;
  if (headers === null || index === -1) throw new Error('no interpreter');
  new DataView(bytes.buffer).setUint32(headers.phoff + index * PHENTSIZE[64], 0, true);
  put(root, path, bytes);
}

describe('the closure of programs', () => {
  test('has the interpreter, the libraries, and the links on the way to them', () => {
    expect(paths(findClosure(tree(), { roots: ['/opt/rpath'] }))).toEqual([
      ['/lib/ld-musl-x86_64.so.1', 'interpreter'],
      ['/opt/lib/libone.so.1', 'link'],
      ['/opt/lib/libone.so.1.2', 'library'],
      ['/opt/lib/libtwo.so', 'library'],
      ['/opt/rpath', 'root'],
    ]);
  });

  test('follows links to a program, scripts, and what env is to find', () => {
    const root = tree();
    put(root, '/bin/by-env', '#!/usr/bin/env dynamic\n');
    put(root, '/usr/bin/env', file(root, '/bin/static'));
    expect(paths(findClosure(root, { roots: ['/bin/link', '/bin/script', '/bin/by-env'] }))).toEqual([
      ['/bin/by-env', 'root'],
      ['/bin/dynamic', 'root'],
      ['/bin/link', 'link'],
      ['/bin/script', 'root'],
      ['/lib/ld-musl-x86_64.so.1', 'interpreter'],
      ['/usr/bin/env', 'script'],
    ]);
  });

  test('names what is missing, where it was looked for, and where it is', () => {
    const { problems } = findClosure(tree(), { roots: ['/opt/missing'] });
    expect(problems.find(({ name }) => name === 'libtwo.so')).toEqual({
      name: 'libtwo.so',
      by: '/opt/missing',
      why: 'it is missing',
      searched: ['/lib', '/usr/local/lib', '/usr/lib'],
      elsewhere: ['/opt/lib/libtwo.so'],
    });
    const found = findClosure(tree(), { roots: ['/opt/missing'], libraryPath: '/opt/lib' });
    expect(found.problems).toEqual([]);
    expect(() => findClosure(tree(), { roots: ['/bin/none'] })).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
  });

  test('has libraries that are opened at run time, a library that is named, and all of a directory', () => {
    const opened = findClosure(tree(), { roots: ['/bin/dynamic'], dlopen: ['libwide.so', 'libgone.so'] });
    expect(paths(opened)).toContainEqual(['/lib/libwide.so', 'library']);
    expect(opened.problems.map(({ name }) => name)).toEqual(['libgone.so']);
    const root = tree();
    putLibrary(root, '/opt/librpath.so', file(root, '/opt/rpath').length);
    const named = findClosure(root, { roots: ['/opt/librpath.so', '/bin/dynamic'] });
    expect(paths(named)).toContainEqual(['/opt/lib/libtwo.so', 'library']);
    const alone = findClosure(root, { roots: ['/opt/librpath.so'] });
    expect(alone.uncertain).toEqual([expect.stringContaining('no program names a dynamic linker for it')]);
    expect(paths(findClosure(tree(), { roots: ['/opt/lib'] })).length).toBe(4);
  });

  test('is what exec finds on an image of it, and needs no more', async () => {
    const from = tree();
    const roots = ['/bin/dynamic', '/bin/wide', '/bin/static', '/bin/static-pie', '/bin/now', '/opt/rpath'];
    const closure = findClosure(from, { roots });
    const staged = stagedTree(from, closure.files, null);
    const { bytes } = await buildImage(staged.root, { compressor: directCompressor(newDeflate({ kind: 'fast' })) });
    const [whole, part] = [fixture('exec/exec64.cramfs.gz'), bytes].map((each) => new Board(CramfsImage.open(each)));
    for (const path of roots) {
      const [before, after] = [whole, part].map((board) => board && execProgram(board, { path }));
      expect(after?.outcome).toEqual({ kind: 'runs' });
      const loaded = after?.objects.map((object) => object.path) ?? [];
      expect(loaded).toEqual(before?.objects.map((object) => object.path));
      expect(closure.files.map((each) => each.path)).toEqual(expect.arrayContaining(loaded));
    }
  });
});

describe('a staged tree', () => {
  test('leaves out what another image has, and keeps what differs', () => {
    const from = tree();
    const first = newDirectory();
    put(first, '/lib/ld-musl-x86_64.so.1', file(from, '/lib/ld-musl-x86_64.so.1'));
    put(first, '/bin/dynamic', 'another');
    const { files } = findClosure(from, { roots: ['/bin/dynamic'] });
    const { excluded, differing, root } = stagedTree(from, files, first);
    expect([excluded, differing]).toEqual([['/lib/ld-musl-x86_64.so.1'], ['/bin/dynamic']]);
    expect(findEntry(root, '/lib')).toBeNull();
  });

  test('is written as a directory, whole or not at all', () => {
    const from = tree();
    const { root } = stagedTree(from, findClosure(from, { roots: ['/opt/rpath'] }).files, null);
    putEntry(root, '/dev/null', { type: 'chardev', mode: 0o666, uid: 0, gid: 0, major: 1, minor: 3 });
    const to = join(folder.path, 'staged');
    expect(writeTree(root, to)).toEqual(['/dev/null']);
    expect(readFileSync(join(to, 'opt/rpath')).equals(file(from, '/opt/rpath'))).toBe(true);
    expect(lstatSync(join(to, 'opt/rpath')).mode & 0o7777).toBe(0o755);
    expect(readlinkSync(join(to, 'opt/lib/libone.so.1'))).toBe('libone.so.1.2');
    expect(() => writeTree(root, to)).toThrow('exists');
    const failing = { ...root, children: new Map(root.children) };
    const content = {
      size: 1,
      read: (): Uint8Array => {
        throw new Error('gone');
      },
    };
    failing.children.set('zz', { type: 'file', mode: 0o644, uid: 0, gid: 0, content });
    expect(() => writeTree(failing, join(folder.path, 'failed'))).toThrow('gone');
    expect(existsSync(join(folder.path, 'failed'))).toBe(false);
    expect(readdirSync(folder.path)).toEqual(['staged']);
  });
});

describe('the image of a tree that is never written', () => {
  test('reads files when they are asked for, whole pages included', () => {
    const root = newDirectory();
    let reads = 0;
    const bytes = new Uint8Array(8192).fill(7);
    const read = (): Uint8Array => {
      reads++;
      return bytes;
    };
    putEntry(root, '/a/whole', { type: 'file', mode: 0o644, uid: 1000, gid: 1000, content: { size: 8192, read } });
    put(root, '/a/small', 'text', 0o644);
    const image = CramfsImage.open(treeImage(root, true), { pageSize: 4096 });
    expect(reads).toBe(0);
    const board = new Board(image, { cpu: 'x86-64' });
    const [small, whole] = ['/a/small', '/a/whole'].map((path) => board.open(path).inode);
    expect([small?.size, whole?.size]).toEqual([4, 8193]);
    expect(board.map({ path: '/a/whole', offset: 0, length: 8192, prot: 'r', shared: false }).state).toBe('pfnmap');
  });

  test('has a library of more than 16 MiB, as far as a linker looks at it', () => {
    const from = tree();
    putLibrary(from, '/opt/large.so', 17 << 20);
    const headers = elfHeaders(file(from, '/opt/large.so'));
    if (headers === null) throw new Error('no ELF');
    const small = elfHeaders(shrinkElf(file(from, '/opt/large.so'), headers));
    const places = (each: ElfHeaders | null): unknown => each?.segments.map(({ type, vaddr }) => [type, vaddr]);
    expect(places(small)).toEqual(places(headers));
    const { files, uncertain } = findClosure(from, { roots: ['/opt/large.so', '/bin/dynamic'] });
    expect(uncertain).toEqual([]);
    expect(files.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['/opt/lib/libtwo.so', '/opt/lib/libone.so.1.2']),
    );
  });
});
