/** ls, tree, cat and stat: what they tell of the makers' images is what is in the source trees. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { encodeInode } from '../lib/format/inode.ts';
import { encodeName, printableName } from '../lib/format/names.ts';
import { Folder } from './support/cli.ts';
import { runCommand } from './support/extractHelp.ts';
import { fixture, fixtureNames } from './support/fixtures.ts';
import { readTar, type TarEntry } from './support/tarFile.ts';
import { plainSuperblock } from './support/plainSuperblock.ts';

interface Index {
  readonly images: Readonly<Record<string, { readonly tree?: string; readonly args?: readonly string[] }>>;
}

interface ListedEntry {
  readonly path: string;
  readonly type: string;
  readonly mode: string;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly target?: string | null;
  readonly device?: { readonly major: number; readonly minor: number };
  readonly inode: number;
  readonly inodeOffset: number;
}

interface Listing {
  readonly schemaVersion: number;
  readonly path: string;
  readonly entries: readonly ListedEntry[];
  readonly problems: readonly { readonly code: string }[];
}

const { images } = JSON.parse(Buffer.from(fixture('index.json')).toString()) as Index;
/** Images made of a tree as it is: the name of "trunc" was cut, and "arch" has no tar. */
const WITHOUT_TREE = new Set(['trunc', 'arch']);
const FROM_TREES = Object.entries(images).flatMap(([name, { tree, args }]) =>
  tree === undefined || WITHOUT_TREE.has(tree) || args?.includes('-D') === true
    ? []
    : [{ name, tree, squashed: args?.includes('-q') === true }],
);

const folder = new Folder();
afterAll(() => {
  folder.remove();
});

const latin1 = (name: string): string => Buffer.from(encodeName(name)).toString('latin1');
const parse = (text: string): Listing => JSON.parse(text) as Listing;

/** What a listing tells of a source file. */
function expected(entry: TarEntry, squashed: boolean): Record<string, unknown> {
  const isDevice = entry.type === 'chardev' || entry.type === 'blockdev';
  const isLink = entry.type === 'symlink';
  return {
    path: `/${entry.path}`,
    type: entry.type,
    mode: (isLink ? 0o777 : entry.mode).toString(8).padStart(4, '0'),
    uid: squashed ? 0 : entry.uid & 0xffff,
    gid: squashed ? 0 : entry.gid & 0xff,
    ...(entry.type === 'directory' ? {} : { size: isLink ? entry.target.length : entry.content.length }),
    ...(isLink ? { target: entry.target } : {}),
    ...(isDevice ? { device: { major: entry.major & 0xff, minor: entry.minor & 0xff } } : {}),
  };
}

function told(entry: ListedEntry): Record<string, unknown> {
  const { path, type, mode, uid, gid, size, target, device } = entry;
  return {
    path: latin1(path),
    type,
    mode,
    uid,
    gid,
    ...(type === 'directory' ? {} : { size }),
    ...(target === undefined ? {} : { target: target === null ? null : latin1(target) }),
    ...(device === undefined ? {} : { device }),
  };
}

const byPath = (a: Record<string, unknown>, b: Record<string, unknown>): number =>
  String(a.path) < String(b.path) ? -1 : 1;

describe.each(FROM_TREES)('$name', ({ name, tree, squashed }) => {
  const file = folder.fixture(`images/${name}.cramfs.gz`);
  const source = readTar(fixture(`trees/${tree}.tar.gz`));
  let listing: Listing;
  beforeAll(async () => {
    listing = parse((await runCommand(['ls', '-R', '--json', file])).stdout);
  });

  test('ls -R lists every file of the tree as it is there', () => {
    expect(listing.schemaVersion).toBe(1);
    expect(listing.problems).toEqual([]);
    const files = source.filter((entry) => entry.path !== '').map((entry) => expected(entry, squashed));
    expect(listing.entries.map(told).sort(byPath)).toEqual(files.sort(byPath));
  });

  test('tree tells the same in its own order', async () => {
    const { entries } = parse((await runCommand(['tree', '--json', file])).stdout);
    const [root, ...others] = entries;
    expect(root?.path).toBe('/');
    expect(others.map(told).sort(byPath)).toEqual(listing.entries.map(told).sort(byPath));
    for (const [index, { path }] of others.entries()) {
      const parent = path.slice(0, path.lastIndexOf('/')) || '/';
      expect(entries.slice(0, index + 1).some((entry) => entry.path === parent)).toBe(true);
    }
  });

  test('tree as text is the same tree', async () => {
    const { stdout, code } = await runCommand(['tree', file]);
    expect(code).toBe(0);
    const [top, ...lines] = stdout.split('\n').slice(0, -3);
    expect(top).toBe('/');
    const trail: string[] = [];
    const shown = lines.map((line) => {
      const [, bars = '', name = ''] = /^((?:│ {3}| {4})*(?:├── |└── ))(.*)$/.exec(line) ?? [];
      const level = bars.length / 4;
      trail.length = level - 1;
      trail.push(name.replace(/ -> .*$/, ''));
      return `/${trail.join('/')}`;
    });
    expect(shown.sort()).toEqual(listing.entries.map(({ path }) => printableName(path)).sort());
  });

  test('ls -R as text has the same names under the same directories', async () => {
    const { stdout } = await runCommand(['ls', '-R', file]);
    const shown = stdout
      .trimEnd()
      .split('\n\n')
      .flatMap((block) => {
        const [heading = '', ...entries] = block.split('\n');
        const directory = heading.replace(/:$/, '');
        return entries.map((entry) => `${directory === '/' ? '' : directory}/${entry}`);
      });
    expect(shown.sort()).toEqual(listing.entries.map(({ path }) => printableName(path)).sort());
  });

  test('cat writes the contents of all files, one after the other', async () => {
    const files = source.filter(({ type }) => type === 'file');
    const wanted = listing.entries.filter(({ type }) => type === 'file').map(({ path }) => path);
    expect(wanted).toHaveLength(files.length);
    if (files.length === 0) return;
    const content = new Map(files.map((entry) => [`/${entry.path}`, entry.content]));
    const { bytes, code, stderr } = await runCommand(['cat', file, ...wanted.map((path) => printableName(path))]);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const all = Buffer.concat(wanted.map((path) => content.get(latin1(path)) ?? Buffer.from('missing')));
    expect(bytes.equals(all)).toBe(true);
  });

  test('stat tells what ls tells', async () => {
    const some = listing.entries.filter((_, index) => index % 7 === 0);
    if (some.length === 0) return;
    const { stdout } = await runCommand(['stat', '--json', file, ...some.map(({ path }) => printableName(path))]);
    const { files } = JSON.parse(stdout) as { files: Record<string, unknown>[] };
    const common = files.map(({ blockKinds: _kinds, entries: _entries, depth: _depth, ...rest }) => rest);
    expect(common).toEqual(some.map((entry) => ({ ...entry, depth: undefined })));
  });
});

describe('ls', () => {
  const tiny = folder.fixture('images/tiny-XX.cramfs.gz');

  test('-l has mode, owner, size or device number, and target', async () => {
    const { stdout, code } = await runCommand(['ls', '-l', tiny]);
    expect(code).toBe(0);
    expect(stdout).toBe(
      [
        'drwxr-xr-x 0/0             32 bin',
        '-rw-r--r-- 0/0              2 café',
        'drwxr-xr-x 0/0              0 empty',
        '-rw-r--r-- 0/0          12298 hole',
        'lrwxrwxrwx 0/0              6 link -> readme',
        '-rw-r--r-- 0/0            300 noise',
        'crw-rw-rw- 0/0           1, 3 null',
        '-rw-r----- 10/20            2 owned',
        'dr-xr-xr-x 0/0              0 proc',
        '-rw-r--r-- 0/0           1500 readme',
        '',
      ].join('\n'),
    );
  });

  test('lists a directory, or a file by itself', async () => {
    expect((await runCommand(['ls', tiny, '/bin'])).stdout).toBe('bare\nold\n');
    expect((await runCommand(['ls', tiny, 'bin/../bin/old'])).stdout).toBe('old\n');
  });

  test('exits with 2 for a path that is not there, and says so in one line', async () => {
    const { code, stdout, stderr } = await runCommand(['ls', tiny, '/nope']);
    expect({ code, stdout, stderr }).toEqual({
      code: 2,
      stdout: '',
      stderr: 'cramfs ls: /nope: no such file or directory in the image\n',
    });
    expect((await runCommand(['ls', tiny, '/readme/x'])).code).toBe(2);
    expect((await runCommand(['cat', tiny, '/bin'])).code).toBe(2);
    expect((await runCommand(['ls', tiny, '--page-size', '5000'])).code).toBe(2);
    expect((await runCommand(['ls', 'no-such-image'])).code).toBe(3);
  });

  test('reads an image at an offset, and points to scan where there is none', async () => {
    const blob = folder.fixture('blobs/embedded.bin.gz');
    expect((await runCommand(['ls', blob, '--image-offset', '1337', '/bin'])).stdout).toBe('bare\nold\n');
    const { code, stderr } = await runCommand(['ls', blob]);
    expect(code).toBe(3);
    expect(stderr).toContain(`run: cramfs ls ${blob}@0x539`);
  });

  test('reads an image of 16 KiB pages without being told', async () => {
    const image = folder.fixture('kernels/images/mini16-XX.cramfs.gz');
    const source = readTar(fixture('trees/mini.tar.gz'));
    const { bytes } = await runCommand(['cat', image, '/bin/init', '/data/mixed']);
    const content = (path: string): Buffer => source.find((entry) => entry.path === path)?.content ?? Buffer.alloc(0);
    expect(bytes.equals(Buffer.concat([content('bin/init'), content('data/mixed')]))).toBe(true);
  });
});

describe('names that are no plain text', () => {
  test.each(fixtureNames('malformed').filter((name) => name.endsWith('.img')))(
    'of %s never reach the terminal',
    async (name) => {
      const file = folder.fixture(`malformed/${name}`);
      for (const command of [['ls', '-lR'], ['tree'], ['stat'], ['info'], ['scan']]) {
        const { code, stdout, stderr } = await runCommand([
          ...command,
          file,
          ...(command[0] === 'stat' ? ['/'] : []),
          '--color',
          'never',
        ]);
        expect([0, 1, 2, 3]).toContain(code);
        // eslint-disable-next-line no-control-regex -- control characters are what this is about
        expect(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/.test(stdout + stderr)).toBe(false);
        expect(stderr).not.toMatch(/\n +at |bug of ours/);
      }
    },
  );

  test('are found in the form in which they are shown', async () => {
    const mini = folder.fixture('images/mini-XX.cramfs.gz');
    const { entries } = parse((await runCommand(['ls', '--json', mini, '/names'])).stdout);
    const odd = entries.filter(({ path }) => printableName(path) !== path);
    expect(odd.length).toBeGreaterThan(0);
    for (const { path, inode } of odd) {
      const { stdout } = await runCommand(['stat', '--json', mini, printableName(path)]);
      expect((JSON.parse(stdout) as { files: ListedEntry[] }).files[0]?.inode).toBe(inode);
    }
  });
});

describe('hostile trees', () => {
  test.each([
    ['040-cycle-self', 'contains itself'],
    ['041-cycle-2', 'contains itself'],
    ['071-deep-100000', 'paths of at most 4095 bytes'],
  ])('%s: is listed as far as it goes, with exit code 3', async (name, reason) => {
    const file = folder.fixture(`malformed/${name}.img`);
    for (const command of ['ls', 'tree']) {
      const { code, stderr } = await runCommand([command, ...(command === 'ls' ? ['-R'] : []), file]);
      expect(code).toBe(3);
      expect(stderr).toContain(reason);
      expect(stderr.split('\n')).toHaveLength(2);
    }
    const { stdout } = await runCommand(['ls', '-R', '--json', file]);
    expect(parse(stdout).problems).toHaveLength(1);
  });
});

test('tens of thousands of files with paths of 4 KiB do not make a listing of gigabytes', async () => {
  const name = Buffer.alloc(252, 0xff);
  const levels = 15;
  const files = 30_000;
  const each = 12 + 252;
  const links = 76 + levels * each;
  const inode = (mode: number, size: number, namelen: number, offset: number): Uint8Array =>
    encodeInode({ mode, uid: 0, gid: 0, size, namelen, offset }, true);
  const directories = Array.from({ length: levels }, (_, level) => {
    const size = level + 1 < levels ? each : files * 16;
    return Buffer.concat([inode(0o040755, size, 252, 76 + (level + 1) * each), name]);
  });
  // Each is a symbolic link whose target cannot be read, which takes time as well.
  const wide = Array.from({ length: files }, (_, index) =>
    Buffer.concat([inode(0o120777, 4096, 4, 76), Buffer.from(index.toString(36).padStart(4, '0'))]),
  );
  const head = plainSuperblock({
    size: links + files * 16,
    root: { mode: 0o040755, uid: 0, gid: 0, size: each, namelen: 0, offset: 76 },
  });
  const file = folder.file('wide', Buffer.concat([head, ...directories, ...wide]));
  const { code, bytes } = await runCommand(['ls', '-lR', '--json', file]);
  expect(code).toBe(3);
  expect(bytes.length).toBeLessThan(64 << 20);
  const { problems } = parse(bytes.toString());
  expect(problems[problems.length - 1]?.code).toBe('LIMIT');
  expect((await runCommand(['ls', '-lR', file])).code).toBe(3);
});
