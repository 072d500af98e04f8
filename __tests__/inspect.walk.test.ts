/** The walk over an image's tree. */
import { describe, expect, test } from '@jest/globals';
import { CramfsError } from '../lib/base/errors.ts';
import { S_IFDIR, S_IFREG } from '../lib/format/constants.ts';
import { encodeInode } from '../lib/format/inode.ts';
import { CramfsImage } from '../lib/image/image.ts';
import { walk, type WalkOptions, type WalkProblem } from '../lib/inspect/walk.ts';
import { fixture } from './support/fixtures.ts';
import { plainSuperblock } from './support/plainSuperblock.ts';

interface Child {
  readonly name: string;
  readonly mode: number;
  readonly offset: number;
  readonly size: number;
}

/** The bytes of a directory, in little endian. */
function directoryBytes(children: readonly Child[]): Uint8Array {
  return Buffer.concat(
    children.map(({ name, mode, offset, size }) => {
      const namelen = Math.ceil(name.length / 4) * 4;
      const bytes = Buffer.alloc(namelen);
      bytes.write(name, 'latin1');
      return Buffer.concat([encodeInode({ mode, uid: 0, gid: 0, size, namelen, offset }, true), bytes]);
    }),
  );
}

/** An image of directories that follow each other from byte 76; the first is the root. */
function imageOf(directories: readonly Uint8Array[]): CramfsImage {
  const body = Buffer.concat(directories);
  const head = plainSuperblock({
    size: 76 + body.length,
    root: { mode: S_IFDIR | 0o755, uid: 0, gid: 0, size: directories[0]?.length ?? 0, namelen: 0, offset: 76 },
  });
  return CramfsImage.open(Buffer.concat([head, body]));
}

const dir = (name: string, offset: number, size: number): Child => ({ name, mode: S_IFDIR | 0o755, offset, size });
const file = (name: string): Child => ({ name, mode: S_IFREG | 0o644, offset: 0, size: 0 });

/** The paths of a walk, and the kinds of problems on it. */
function walked(image: CramfsImage, options: WalkOptions = {}): { paths: string[]; problems: string[] } {
  const problems: WalkProblem[] = [];
  const paths = [...walk(image, { ...options, onProblem: (problem) => problems.push(problem) })].map(
    (entry) => entry.path,
  );
  return { paths, problems: problems.map((problem) => problem.kind) };
}

/** A directory with each child name twice, n levels: 2^(n+1) - 1 entries from 32 n bytes. */
function doubling(levels: number): CramfsImage {
  const directories: Uint8Array[] = [];
  for (let level = 0; level < levels; level++) {
    const below = level + 1 < levels ? { offset: 76 + (level + 1) * 32, size: 32 } : { offset: 0, size: 0 };
    directories.push(directoryBytes([dir('a', below.offset, below.size), dir('b', below.offset, below.size)]));
  }
  return imageOf(directories);
}

/** `levels` directories, each in the one before. */
function nested(levels: number, name: string): CramfsImage {
  const each = 12 + Math.ceil(name.length / 4) * 4;
  return imageOf(
    Array.from({ length: levels }, (_, level) =>
      directoryBytes([level + 1 < levels ? dir(name, 76 + (level + 1) * each, each) : dir(name, 0, 0)]),
    ),
  );
}

/** /x/f, /x/y/g, /z/h, /e */
const small = (): CramfsImage => {
  const [xAt, yAt, zAt] = [76 + 48, 76 + 48 + 32, 76 + 48 + 32 + 16];
  return imageOf([
    directoryBytes([dir('x', xAt, 32), dir('z', zAt, 16), file('e')]),
    directoryBytes([file('f'), dir('y', yAt, 16)]),
    directoryBytes([file('g')]),
    directoryBytes([file('h')]),
  ]);
};

describe('walk', () => {
  test('tells each directory before what is in it', () => {
    expect(walked(small())).toEqual({
      paths: ['/', '/x', '/x/f', '/x/y', '/x/y/g', '/z', '/z/h', '/e'],
      problems: [],
    });
  });

  test('in listing order tells the entries of a directory together', () => {
    expect(walked(small(), { order: 'listing' })).toEqual({
      paths: ['/', '/x', '/z', '/e', '/x/f', '/x/y', '/x/y/g', '/z/h'],
      problems: [],
    });
  });

  test('knows depth, parent and the bytes of the path', () => {
    for (const entry of walk(small())) {
      expect(entry.pathBytes).toBe(entry.path.length);
      expect(entry.depth).toBe(entry.path === '/' ? 0 : entry.path.split('/').length - 1);
    }
  });

  test('enters what the caller wants entered, and starts where asked', () => {
    const image = small();
    expect(walked(image, { enter: (entry) => entry.name !== 'x' }).paths).toEqual(['/', '/x', '/z', '/z/h', '/e']);
    const from = [...walk(image)].find((entry) => entry.path === '/x');
    expect(walked(image, { from }).paths).toEqual(['/x', '/x/f', '/x/y', '/x/y/g']);
  });

  test.each(['tree', 'listing'] as const)('enters a directory that contains itself once (%s)', (order) => {
    const self = imageOf([directoryBytes([dir('loop', 76, 32), file('f')])]);
    expect(walked(self, { order })).toEqual({ paths: ['/', '/loop', '/f'], problems: ['cycle'] });
    expect(walked(CramfsImage.open(fixture('malformed/041-cycle-2.img')), { order }).problems).toEqual(['cycle']);
    expect(() => [...walk(self, { order })]).toThrow(
      'the directory tree is damaged: expected a directory of its own, found a directory that contains itself, at byte 76',
    );
  });

  test.each(['tree', 'listing'] as const)('ends at the bound where directories are named twice (%s)', (order) => {
    expect(walked(doubling(5), { order }).paths).toHaveLength(2 ** 6 - 1);
    const { paths, problems } = walked(doubling(100), { order });
    expect(paths).toHaveLength(65_536);
    expect(problems).toEqual(['entries']);
    expect(walked(doubling(100), { order, maxEntries: 10 }).paths).toHaveLength(10);
  });

  test.each(['tree', 'listing'] as const)('does not enter a path too long for Linux (%s)', (order) => {
    expect(walked(nested(1000, 'd'), { order }).problems).toEqual([]);
    const { paths, problems } = walked(nested(100_000, 'd'), { order });
    expect(problems).toEqual(['path']);
    expect(paths[paths.length - 1]).toBe('/d'.repeat(2048));
  });

  test.each(['tree', 'listing'] as const)('reaches the 100,000th level if asked to (%s)', (order) => {
    let deepest = 0;
    for (const entry of walk(nested(100_000, 'd'), { order, maxPathBytes: Infinity, maxEntries: Infinity })) {
      deepest = Math.max(deepest, entry.depth);
    }
    expect(deepest).toBe(100_000);
  });

  test.each(['tree', 'listing'] as const)('goes on behind a directory that is not there (%s)', (order) => {
    const image = imageOf([directoryBytes([dir('gone', 4096, 64), file('f')])]);
    expect(walked(image, { order })).toEqual({ paths: ['/', '/gone', '/f'], problems: ['damage'] });
    expect(() => [...walk(image, { order })]).toThrow(CramfsError);
    expect(() => [...walk(image, { order })]).toThrow('/gone: a directory entry lies outside the image');
  });

  test.each(['tree', 'listing'] as const)('leaves out entries without a name (%s)', (order) => {
    const image = imageOf([directoryBytes([file(''), file('f'), dir('', 76, 40)])]);
    expect(walked(image, { order })).toEqual({ paths: ['/', '/f'], problems: ['nameless', 'nameless'] });
  });

  test('shows hostile names harmlessly in errors', () => {
    const image = imageOf([directoryBytes([dir('a\u001b[2Jb', 76, 20)])]);
    expect(() => [...walk(image)]).toThrow('/a\\x1b[2Jb: the directory tree is damaged');
  });

  test('hands trouble with the source through', () => {
    const image = small();
    const failing = CramfsImage.open({
      size: image.source.size,
      close: () => undefined,
      read: (offset, length) => {
        if (offset >= 124) throw new CramfsError('IO', { offset });
        return image.source.read(offset, length);
      },
    });
    expect(() => walked(failing)).toThrow('cannot read the image');
  });
});
