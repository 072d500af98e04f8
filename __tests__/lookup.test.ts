/** Paths, walked as Linux walks them in a mounted cramfs. */
import { describe, expect, test } from '@jest/globals';
import { buildRawImage, type RawEntry, type RawImageSpec } from './support/rawImage.ts';
import { mountedImage, walkerIn } from './support/mounted.ts';
import { PathWalker, type Resolved } from '../lib/driver/lookup.ts';
import { cramfsReaddir, nameOf } from '../lib/driver/directory.ts';
import type { CramfsError } from '../lib/base/errors.ts';
import { CRAMFS_FLAG_FSID_VERSION_2 } from '../lib/format/constants.ts';
import { decodeName, encodeName } from '../lib/format/names.ts';
import { CramfsImage } from '../lib/image/image.ts';
import type { CpuName } from '../lib/mm/cpu.ts';
import type { Release } from '../lib/mm/release.ts';

const file = (name: string | Uint8Array): RawEntry => ({ type: 'file', name, blocks: [] });
const dir = (name: string, ...entries: RawEntry[]): RawEntry => ({ type: 'directory', name, entries });
const link = (name: string, target: string | Uint8Array): RawEntry => ({
  type: 'symlink',
  name,
  blocks: target.length === 0 ? [] : [{ kind: 'zlib', data: typeof target === 'string' ? encodeName(target) : target }],
});

const walkerOf = (entries: RawEntry[], options: Partial<RawImageSpec> = {}): PathWalker =>
  walkerIn(buildRawImage({ ...options, entries }));

/** What a path leads to, or the code of the error. */
function outcome(walker: PathWalker, path: string): string {
  const result = attempt(walker, path);
  return 'code' in result ? result.code : `${result.inode.type} ${result.path}`;
}

function attempt(walker: PathWalker, path: string): Resolved | CramfsError {
  try {
    return walker.resolve(path);
  } catch (error) {
    return error as CramfsError;
  }
}

describe('a path', () => {
  const walker = walkerOf([dir('bin', file('sh'), dir('deep', file('x'))), file('readme'), dir('void')]);

  test.each([
    ['/', 'directory /'],
    ['//', 'directory /'],
    ['.', 'directory /'],
    ['/..', 'directory /'],
    ['/bin', 'directory /bin'],
    ['/bin/', 'directory /bin'],
    ['/bin/.', 'directory /bin'],
    ['/bin/sh', 'file /bin/sh'],
    ['bin/sh', 'file /bin/sh'],
    ['//bin///sh', 'file /bin/sh'],
    ['/bin/./deep/../sh', 'file /bin/sh'],
    ['/bin/deep/../../../../readme', 'file /readme'],
    ['/void', 'directory /void'],
    ['/void/x', 'NOT_FOUND'],
    ['/bin/s', 'NOT_FOUND'],
    ['/bin/shh', 'NOT_FOUND'],
    ['/nothing', 'NOT_FOUND'],
    ['/nothing/../readme', 'NOT_FOUND'],
    ['', 'NOT_FOUND'],
    ['/readme/', 'NOT_A_DIRECTORY'],
    ['/readme/.', 'NOT_A_DIRECTORY'],
    ['/readme/..', 'NOT_A_DIRECTORY'],
    ['/bin/sh/x', 'NOT_A_DIRECTORY'],
  ])('%j is %s', (path, expected) => {
    expect(outcome(walker, path)).toBe(expected);
  });

  test('gives the name that the kernel logs', () => {
    expect(walker.resolve('/bin/deep/../sh').name).toBe('sh');
    expect(walker.resolve('/').name).toBe('/');
  });

  test('of 4,095 bytes is taken, one of 4,096 is not', () => {
    const padded = (length: number): string => `${'/'.repeat(length - 'readme'.length)}readme`;
    expect(outcome(walker, padded(4095))).toBe('file /readme');
    expect(outcome(walker, padded(4096))).toBe('NAME_TOO_LONG');
    expect(outcome(walker, 'ä'.repeat(2048))).toBe('NAME_TOO_LONG'); // bytes count, not characters
  });

  test('is shown without control characters in errors', () => {
    expect(attempt(walker, '/\u001b[2J\n')).toHaveProperty(
      'message',
      expect.stringMatching(/^\/\\x1b\[2J\\n: no such/),
    );
  });
});

describe('a symbolic link', () => {
  const walker = walkerOf([
    dir('bin', file('busybox'), link('sh', 'busybox'), link('up', '../readme'), link('out', '../../../../readme')),
    dir(
      'etc',
      link('abs', '/bin/sh'),
      link('dir', '/bin'),
      link('slash', '/bin/'),
      link('fileslash', 'hosts/'),
      file('hosts'),
    ),
    link('dangling', 'nowhere'),
    link('empty', ''),
    link('loop', 'loop'),
    link('ping', 'pong'),
    link('pong', 'ping'),
    link('root', '/'),
    link('nul', Uint8Array.of(...encodeName('readme'), 0, ...encodeName('junk'))),
    link('through', 'readme/x'),
    file('readme'),
    { type: 'symlink', name: 'bad', blocks: [{ kind: 'zlib', stored: Uint8Array.of(1, 2, 3, 4) }], size: 9 },
    { type: 'symlink', name: 'away', blocks: [], size: 9, inode: { offset: 0x0fff_fffc } },
  ]);

  test.each([
    ['/bin/sh', 'file /bin/busybox'],
    ['/bin/up', 'file /readme'],
    ['/bin/out', 'file /readme'], // ".." at the root stays there
    ['/etc/abs', 'file /bin/busybox'],
    ['/etc/dir', 'directory /bin'],
    ['/etc/dir/sh', 'file /bin/busybox'],
    ['/etc/dir/..', 'directory /'],
    ['/etc/slash/busybox', 'file /bin/busybox'],
    ['/etc/slash', 'directory /bin'],
    ['/etc/fileslash', 'NOT_A_DIRECTORY'],
    ['/etc/abs/', 'NOT_A_DIRECTORY'],
    ['/root/root/readme', 'file /readme'],
    ['/nul', 'file /readme'],
    ['/through', 'NOT_A_DIRECTORY'],
    ['/dangling', 'NOT_FOUND'],
    ['/empty', 'directory /'], // pick_link(): nothing left to walk, so the link's own directory
    ['/loop', 'SYMLINK_LOOP'],
    ['/ping', 'SYMLINK_LOOP'],
    ['/ping/x', 'SYMLINK_LOOP'],
    ['/bad', 'UNREADABLE'],
    ['/away', 'UNREADABLE'],
  ])('%s is %s', (path, expected) => {
    expect(outcome(walker, path)).toBe(expected);
  });

  test('may lead to another 40 times, not 41 times', () => {
    const chain = Array.from({ length: 41 }, (_, index) =>
      link(`l${String(index).padStart(2, '0')}`, index === 0 ? 'target' : `l${String(index - 1).padStart(2, '0')}`),
    );
    const long = walkerOf([...chain, file('target')]);
    expect(outcome(long, '/l39')).toBe('file /target');
    expect(outcome(long, '/l40')).toBe('SYMLINK_LOOP');
    // They count over the whole path, and anew for the next.
    const steps = '/self'.repeat(40);
    const self = walkerOf([link('self', '.'), file('target')]);
    expect(outcome(self, `${steps}/target`)).toBe('file /target');
    expect(outcome(self, `${steps}/self/target`)).toBe('SYMLINK_LOOP');
    expect(outcome(self, `${steps}/target`)).toBe('file /target');
  });

  test('that doubles at each step ends at the 41st', () => {
    const doubling = Array.from({ length: 30 }, (_, index) => {
      const below = `d${String(index + 1).padStart(2, '0')}`;
      return link(`d${String(index).padStart(2, '0')}`, `${below}/../${below}`);
    });
    expect(outcome(walkerOf([...doubling, dir('d30')]), '/d00')).toBe('SYMLINK_LOOP');
  });
});

describe('a directory that contains itself', () => {
  test('is refused, wherever the path meets it again', () => {
    const image = buildRawImage({
      entries: [file('f'), { type: 'directory', name: 'me', entries: [], inode: { offset: 76, size: 32 } }],
    });
    const walker = walkerIn(image);
    expect(outcome(walker, '/f')).toBe('file /f');
    expect(outcome(walker, '/me')).toBe('DIRECTORY_LOOP');
    expect(outcome(walker, '/me/me/f')).toBe('DIRECTORY_LOOP');
  });
});

describe('a directory that is not sorted', () => {
  const names = ['m1', 'a1', 'z1', 'b1long', 'y1'];

  test('hides files where the image says that it is sorted', () => {
    const walker = walkerOf(names.map(file), { unsorted: true });
    const outcomes = names.map((name) => `${name} ${outcome(walker, `/${name}`)}`);
    expect(outcomes).toEqual(['m1 file /m1', 'a1 NOT_FOUND', 'z1 file /z1', 'b1long NOT_FOUND', 'y1 NOT_FOUND']);
  });

  test('says so in the error, with the place of the hidden entry', () => {
    const hidden = attempt(walkerOf(names.map(file), { unsorted: true }), '/a1');
    expect(hidden).toHaveProperty('message', expect.stringContaining('it is listed, but Linux cannot open it'));
    expect(hidden).toHaveProperty('offset', 76 + 16);
    const missing = attempt(walkerOf(names.map(file), { unsorted: true }), '/a2');
    expect(missing).toHaveProperty('message', '/a2: no such file or directory in the image');
  });

  test('is searched to its end where the image does not say so', () => {
    const walker = walkerOf(names.map(file), { unsorted: true, flags: CRAMFS_FLAG_FSID_VERSION_2 });
    expect(names.map((name) => outcome(walker, `/${name}`))).toEqual(names.map((name) => `file /${name}`));
  });

  test('ends the search only at a first byte behind, or at a name of the same length behind', () => {
    // "ab" is compared with "aczz" by first byte only, as its padded length differs after "ac".
    const walker = walkerOf([file('aczzz'), file('ab')], { unsorted: true });
    expect(outcome(walker, '/ab')).toBe('file /ab');
    const same = walkerOf([file('ac'), file('ab')], { unsorted: true });
    expect(outcome(same, '/ab')).toBe('NOT_FOUND');
  });
});

describe('a name', () => {
  test('of bytes that are no UTF-8 is found by its escaped form', () => {
    const bytes = Uint8Array.of(0x66, 0xff, 0xfe);
    const walker = walkerOf([file(bytes), file('f')]);
    expect(walker.resolve('/f\udcff\udcfe')).toMatchObject({ path: '/f\udcff\udcfe', name: 'f\udcff\udcfe' });
    expect(outcome(walker, '/fÿþ')).toBe('NOT_FOUND');
  });

  test('of 252 bytes is found', () => {
    const longest = 'n'.repeat(252);
    expect(outcome(walkerOf([file(longest)]), `/${longest}`)).toBe(`file /${longest}`);
    expect(outcome(walkerOf([file(longest)]), `/${longest}n`)).toBe('NOT_FOUND');
  });

  test('of NULs only is an I/O error to whoever looks for a name of that length', () => {
    const walker = walkerOf([file(new Uint8Array(4)), file('long name')], { unsorted: true });
    expect(outcome(walker, '/abc')).toBe('UNREADABLE');
    expect(outcome(walker, '/long name')).toBe('file /long name');
  });

  test('with a slash in it cannot be reached', () => {
    expect(outcome(walkerOf([file('a/b'), file('c')]), '/a/b')).toBe('NOT_FOUND');
  });
});

describe('damage on the way', () => {
  test('is told with its offset', () => {
    const cut = buildRawImage({ entries: [file('abc'), file('def')] }).slice(0, 76 + 16 + 6);
    const walker = walkerIn(cut);
    expect(outcome(walker, '/abc')).toBe('file /abc');
    expect(attempt(walker, '/def')).toMatchObject({ code: 'TRUNCATED', offset: 76 + 16, path: '/def' });
  });

  test('of a root that claims 16 MiB ends where the file system ends: what is past it does not exist', () => {
    const image = buildRawImage({ entries: [file('abc')], root: { size: 0xffffff } });
    const walker = walkerIn(image);
    expect(outcome(walker, '/abc')).toBe('file /abc');
    expect(outcome(walker, '/zzzzzzzz')).toBe('NOT_FOUND');
  });
});

describe('an entry in the last 264 bytes of the file system', () => {
  const names = Array.from({ length: 60 }, (_, index) => `f${String(index).padStart(2, '0')}`);
  /** Files of 16 bytes an entry, and a file system that ends with the directory. */
  const cut = (size: number): Uint8Array => {
    const bytes = buildRawImage({ entries: names.map(file) }).slice();
    new DataView(bytes.buffer).setUint32(4, size, true);
    return bytes;
  };
  const end = 76 + 60 * 16;

  test('does not exist, although it is all there', () => {
    const walker = walkerIn(cut(end));
    // The entry of f43 begins 272 bytes before the end, that of f44 256 bytes.
    expect(outcome(walker, '/f43')).toBe('file /f43');
    expect(outcome(walker, '/f44')).toBe('NOT_FOUND');
    expect(outcome(walker, '/f59')).toBe('NOT_FOUND');
    expect(attempt(walker, '/f44')).toHaveProperty('message', expect.stringContaining('in the last 264 bytes'));
    expect(attempt(walker, '/f44')).toHaveProperty('offset', 76 + 44 * 16);
  });

  test('exists where 264 bytes follow its beginning', () => {
    expect(outcome(walkerIn(cut(76 + 44 * 16 + 264)), '/f44')).toBe('file /f44');
    expect(outcome(walkerIn(cut(76 + 44 * 16 + 260)), '/f44')).toBe('NOT_FOUND');
  });

  test('ends a listing of the directory with an I/O error', () => {
    const image = CramfsImage.open(cut(end));
    const { entries, errno } = cramfsReaddir(mountedImage(image), image.root);
    expect(entries.map((entry) => decodeName(nameOf(entry)))).toEqual(names.slice(0, 44));
    expect(errno).toBe('EIO');
    const whole = CramfsImage.open(buildRawImage({ entries: names.map(file) }));
    expect(cramfsReaddir(mountedImage(whole), whole.root)).toMatchObject({ entries: { length: 60 }, errno: null });
  });
});

describe('a name with bytes from 0x80 on', () => {
  const names = ['a', 'é', 'b'];
  const found = (cpu: CpuName, release: Release): string[] => {
    const image = CramfsImage.open(buildRawImage({ entries: names.map(file), unsorted: true }));
    const walker = walkerIn(image, { cpu, release });
    return names.filter((name) => outcome(walker, `/${name}`) === `file /${name}`);
  };

  test('ends the search for what sorts before it, unless char is a signed number', () => {
    expect(found('x86-64', [6, 12])).toEqual(['a', 'é']);
    expect(found('x86-64', [6, 2])).toEqual(['a', 'é']);
    expect(found('x86-64', [6, 1])).toEqual(['a', 'é', 'b']);
    expect(found('mips', [6, 1])).toEqual(['a', 'é', 'b']);
    expect(found('arm64', [6, 1])).toEqual(['a', 'é']);
  });
});

describe('inodes of one number', () => {
  const image = buildRawImage({
    entries: [
      file('a'),
      { type: 'file', name: 'one', size: 9, blocks: [], inode: { offset: 4000 } },
      { type: 'file', name: 'two', size: 5, blocks: [], inode: { offset: 4000 } },
    ],
  });

  test('are each what is stored to the first path after a mount', () => {
    const walker = walkerIn(image);
    expect(walker.resolve('/one').inode.size).toBe(9);
    expect(walker.resolve('/two').inode.size).toBe(5);
  });

  test('are like the one that was met first as long as it stays in memory', () => {
    const opened = CramfsImage.open(image);
    const walker = new PathWalker(mountedImage(opened), opened, true);
    expect(walker.resolve('/two').inode.size).toBe(5);
    expect(walker.resolve('/one').inode.size).toBe(5);
  });
});

test('a file, directory or link at offset 0 is empty, whatever size is stored', () => {
  const entries = (['file', 'directory', 'symlink'] as const).map((type): RawEntry => ({
    type,
    name: type,
    entries: [],
    blocks: [],
    size: 77,
    inode: { offset: 0, size: 77 },
  }));
  const walker = walkerOf(entries);
  expect(walker.resolve('/file').inode).toMatchObject({ size: 0, type: 'file' });
  expect(walker.resolve('/directory').inode).toMatchObject({ size: 0, type: 'directory' });
  expect(outcome(walker, '/symlink')).toBe('directory /');
});
