import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { runCramfs } from '../lib/cli/cramfs.ts';
import type { Io } from '../lib/cli/io.ts';
import { nodeIo } from '../lib/cli/nodeIo.ts';
import { CramfsImage } from '../lib/image/image.ts';
import { imageTree } from '../lib/mkfs/source/imageTree.ts';
import { type FsDirectory, fsTree } from '../lib/mkfs/source/fsTree.ts';
import { nodeFs } from '../lib/mkfs/source/nodeFs.node.ts';
import { tarTree } from '../lib/mkfs/source/tar.ts';
import { chosenBlocks, missingBlocks } from '../lib/mkfs/listing/listing.ts';
import { parseListing } from '../lib/mkfs/listing/parse.ts';
import { bytesContent, findEntry, newDirectory, putEntry, walkEntries } from '../lib/mkfs/sourceTree.ts';
import { verifyBuilt } from '../lib/mkfs/verifyBuilt.ts';
import { buildRawImage } from './support/rawImage.ts';

let folder = '';
let err = '';
const at = (name: string): string => join(folder, name);

async function mkfs(...args: string[]): Promise<number> {
  err = '';
  const real = nodeIo();
  const io: Io = {
    ...real,
    stdout: { ...real.stdout, isTTY: false, columns: undefined, write: () => undefined },
    stderr: { ...real.stderr, isTTY: false, columns: undefined, write: (text: string) => void (err += text) },
  };
  return runCramfs(['mkfs', ...args], io);
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cramfs-hostile-'));
  mkdirSync(at('tree'));
  writeFileSync(at('tree/f'), 'x'.repeat(5000));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A listing of one entry line, with an image line that a word may be changed in. */
function listing(entry: string, change: readonly [string, string] = ['', '']): string {
  const image =
    'image endian=little page-size=4096 edition=0 name=Compressed boot-pad=no holes=no extended=no remnants=no full-last-page=any deflate=classic-9 direct=inline,4096,0,padded';
  return `cramfs-listing 1\n${image.replace(...change)}\n${entry}\n`;
}

describe('a listing that would make a damaged image is refused with its line', () => {
  test.each([
    ['an alignment of 0', listing('/f f 755 0 0 direct=0', ['4096,0', '0000,0']), 'line 2', 2],
    ['an alignment that is not a page size', listing('/f f 755 0 0 direct=0', ['4096,0', '5000,0']), 'line 2', 2],
    ['a base that words cannot address', listing('/f f 755 0 0 direct=0', ['4096,0', '4096,2']), 'line 2', 2],
    ['a long file system name', listing('/f f 755 0 0', ['Compressed', 'a'.repeat(17)]), 'line 2', 2],
    ['an edition of 33 bits', listing('/f f 755 0 0', ['edition=0', 'edition=4294967296']), 'line 2', 2],
    ['half a byte to insert', listing('/f f 755 0 0', [' direct=', ' insert=abc direct=']), 'line 2', 2],
    ['a link without a target', listing('/l l 777 0 0'), '/l: it does not fit', 3],
    ['a link with an empty target', listing('/l l 777 0 0 target='), 'listing, line 3', 3],
    ['a link with a NUL', listing('/l l 777 0 0 target=a\\x00b'), 'listing, line 3', 3],
    ['a link of 4096 bytes', listing(`/l l 777 0 0 target=${'a'.repeat(4096)}`), 'listing, line 3', 3],
  ])('%s', async (_what, text, where, code) => {
    writeFileSync(at('list'), text);
    expect(await mkfs(at('tree'), at('a.img'), '--from-listing', at('list'), '--truncate')).toBe(code);
    expect(err).toContain(where);
    expect(readdirSync(folder)).not.toContain('a.img');
  });

  test('16 million digits to insert are read', () => {
    const text = listing('/ d 755 0 0', [' direct=', ` insert=${'3c'.repeat(8 << 20)} direct=`]);
    const { insert } = parseListing(text, newDirectory()).image;
    expect([insert.length, insert[0], insert.at(-1)]).toEqual([8 << 20, 0x3c, 0x3c]);
  });
});

/** A tar archive of one entry. */
function tarOf(type: string, name: string, link: string, records: Record<string, string> = {}): Uint8Array {
  const header = (flag: string, path: string, target: string, size: number): Buffer => {
    const bytes = Buffer.alloc(512);
    bytes.write(path.slice(0, 100), 0);
    bytes.write('0000644\0', 100);
    bytes.write(size.toString(8).padStart(11, '0'), 124);
    bytes.write('        ', 148);
    bytes.write(flag, 156);
    bytes.write(target.slice(0, 100), 157);
    const sum = bytes.reduce((total, byte) => total + byte, 0);
    bytes.write(sum.toString(8).padStart(6, '0'), 148);
    return bytes;
  };
  const pax = Object.entries(records).map(([key, value]) => {
    const rest = ` ${key}=${value}\n`;
    let length = rest.length + 1;
    while (String(length).length + rest.length !== length) length++;
    return `${String(length)}${rest}`;
  });
  const text = Buffer.from(pax.join(''));
  const padded = Buffer.alloc(Math.ceil(text.length / 512) * 512);
  text.copy(padded);
  const extension = pax.length === 0 ? [] : [header('x', 'pax', '', text.length), padded];
  return Buffer.concat([...extension, header(type, name, link, 0), Buffer.alloc(1024)]);
}

/** An image of one link. */
function imageOfLink(target: Uint8Array): Uint8Array {
  const blocks = target.length === 0 ? [] : [{ kind: 'zlib' as const, data: target }];
  return buildRawImage({ entries: [{ type: 'symlink', name: 'l', blocks }] });
}

describe('links that Linux could not follow are refused', () => {
  test.each([
    ['empty', tarOf('2', 'l', '')],
    ['with a NUL', tarOf('2', 'l', '', { linkpath: 'a\0b' })],
    ['of 5000 bytes', tarOf('2', 'l', '', { linkpath: 'a'.repeat(5000) })],
  ])('from a tar archive: %s', async (_what, archive) => {
    writeFileSync(at('a.tar'), archive);
    expect(await mkfs(at('a.tar'), at('a.img'), '--truncate')).toBe(3);
    expect(err).toContain('/l: it does not fit');
    expect(err).toContain('tar archive, byte');
  });

  test('from an image', async () => {
    writeFileSync(at('old.img'), imageOfLink(Buffer.from('a\0b')));
    expect(await mkfs(at('old.img'), at('a.img'))).toBe(3);
    expect(err).toContain('/l: it does not fit');
  });
});

test('names that are equal once they are cut are refused with path and line', async () => {
  const name = `/${'x'.repeat(252)}`;
  writeFileSync(at('table'), `${name}a c 666 0 0 1 1\n${name}b c 666 0 0 1 2\n`);
  expect(await mkfs(at('tree'), at('a.img'), '-D', at('table'), '--truncate')).toBe(3);
  expect(err).toContain(`${name}b: it does not fit`);
  expect(err).toContain('device table, line 2');
});

describe('inputs that would take time and memory without bound', () => {
  test('a gzip file of a thousand times its size is not unpacked', async () => {
    writeFileSync(at('bomb.tar.gz'), gzipSync(Buffer.alloc(80 << 20)));
    expect(await mkfs(at('bomb.tar.gz'), at('a.img'))).toBe(3);
    expect(err).toContain('a limit was reached');
  });

  test('an archive of zeros is not an empty tree', async () => {
    writeFileSync(at('zeros.tar'), Buffer.alloc(10_240));
    expect(await mkfs(at('zeros.tar'), at('a.img'))).toBe(3);
    expect(err).toContain('not a tar archive either; there is nothing in it: 10240 bytes, all 0x00');
  });

  test('a pax header of more than a megabyte is not read', () => {
    expect(() => tarTree(tarOf('0', 'f', '', { comment: 'a'.repeat(1 << 20) }))).toThrow('a limit was reached');
  });

  test.each(['-1', '1e9', '0x10', 'ten', '9'.repeat(30)])(
    'a pax size of %s is refused, with its place',
    async (size) => {
      writeFileSync(at('a.tar'), tarOf('0', 'f', '', { size }));
      expect(await mkfs(at('a.tar'), at('a.img'))).toBe(3);
      expect(err).toContain(`the field "size" of a tar header`);
      expect(err).toContain(`"${size}"`);
    },
  );

  test('an empty pax value leaves what the header has', () => {
    expect(() => tarTree(tarOf('0', 'f', '', { size: '', uid: '' }))).not.toThrow();
  });

  test('a listing keeps blocks as runs: thousands of files with 4,096 blocks each take what its text takes', () => {
    const image =
      'image endian=little page-size=4096 edition=0 name=Compressed boot-pad=no holes=no extended=no remnants=no full-last-page=any deflate=classic-9 direct=inline,4096,0,padded';
    const source = newDirectory();
    putEntry(source, '/f', {
      type: 'file',
      mode: 0o644,
      uid: 0,
      gid: 0,
      content: bytesContent(new Uint8Array(3 * 4096)),
    });
    const text = ['cramfs-listing 1', image, '/ d 755 0 0', '/f f 644 0 0 direct=7-4095,1,0-2,2-5', ''].join('\n');
    const listing = parseListing(text, source);
    expect([...listing.direct]).toEqual([
      [
        '/f',
        [
          { first: 0, last: 5 },
          { first: 7, last: 4095 },
        ],
      ],
    ]);
    expect(missingBlocks(listing)).toEqual([{ path: '/f', key: 'direct', count: 3 + 4089 }]);
    expect(chosenBlocks(listing.direct, new Uint8Array(3 * 4096), '/f', 4096)).toEqual([true, true, true]);
  });

  test.each([['-D'], ['--uid-gid-map'], ['--from-listing'], ['-i']])('%s reads no endless file', async (option) => {
    expect(await mkfs(at('tree'), at('a.img'), option, '/dev/zero')).toBe(3);
    expect(err).toContain('at most 67108864 bytes in /dev/zero');
  });

  test('a device table makes 65,536 nodes in all', async () => {
    writeFileSync(at('table'), '/a c 666 0 0 1 0 0 1 65536\n/b c 666 0 0 1 0 0 1 1\n');
    expect(await mkfs(at('tree'), at('a.img'), '-D', at('table'))).toBe(3);
    expect(err).toContain('up to line 2');
  });
});

describe('a tree that changes while it is read', () => {
  const secret = 'not for the image';
  beforeEach(() => {
    writeFileSync(at('secret'), secret.repeat(400).slice(0, 5000));
  });

  test.each<[string, () => void]>([
    [
      'a link out of the tree',
      () => {
        symlinkSync(at('secret'), at('tree/f'));
      },
    ],
    [
      'a fifo',
      () => {
        spawnSync('mkfifo', [at('tree/f')]);
      },
    ],
    [
      'another file of the same size',
      () => {
        writeFileSync(at('tree/f'), 'y'.repeat(5000));
      },
    ],
    [
      'a directory',
      () => {
        mkdirSync(at('tree/f'));
      },
    ],
    ['nothing', () => undefined],
  ])('a file that became %s is an error and does not wait', (_what, make) => {
    const file = findEntry(fsTree(nodeFs(), at('tree')), '/f');
    renameSync(at('tree/f'), at('moved'));
    make();
    expect(() => file?.type === 'file' && file.content.read()).toThrow(/cannot read .*tree\/f/);
  });

  test('a file that grows is read no further than its size', () => {
    const file = findEntry(fsTree(nodeFs(), at('tree')), '/f');
    const fd = openSync(at('tree/f'), 'a');
    writeSync(fd, 'more');
    closeSync(fd);
    expect(() => file?.type === 'file' && file.content.read()).toThrow('it changed while the tree was read');
  });

  test('a directory that became a link out of the tree is an error', () => {
    mkdirSync(at('tree/d'));
    mkdirSync(at('outside'));
    const real = nodeFs();
    const racing = {
      ...real,
      openDirectory: (path: string) => {
        const directory = real.openDirectory(path);
        return {
          stats: directory.stats,
          names: () => directory.names(),
          lstat: (name: string) => directory.lstat(name),
          readlink: (name: string) => directory.readlink(name),
          enter: (name: string) => {
            renameSync(at('tree/d'), at('moved'));
            symlinkSync(at('outside'), at('tree/d'));
            return directory.enter(name);
          },
          close: () => {
            directory.close();
          },
        };
      },
    };
    expect(() => fsTree(racing, at('tree'))).toThrow(/cannot read .*tree\/d/);
  });

  test('a directory that is replaced while it is listed gives what it held', () => {
    mkdirSync(at('tree/d'));
    writeFileSync(at('tree/d/inside'), '');
    mkdirSync(at('outside'));
    writeFileSync(at('outside/secret'), secret);
    const directory = nodeFs().openDirectory(at('tree')).enter('d');
    renameSync(at('tree/d'), at('moved'));
    symlinkSync(at('outside'), at('tree/d'));
    expect(directory.names().map(String)).toEqual(['inside']);
  });

  test('a tree of 500 levels takes few descriptors', () => {
    let path = at('tree');
    for (let depth = 0; depth < 500; depth++) {
      path = `${path}/d`;
      mkdirSync(path);
    }
    let most = 0;
    const real = nodeFs();
    const counted = (directory: FsDirectory): FsDirectory => {
      most = Math.max(most, readdirSync('/proc/self/fd').length);
      return {
        stats: directory.stats,
        names: () => directory.names(),
        lstat: (name) => directory.lstat(name),
        readlink: (name) => directory.readlink(name),
        enter: (name) => counted(directory.enter(name)),
        close: () => {
          directory.close();
        },
      };
    };
    const before = readdirSync('/proc/self/fd').length;
    const root = fsTree({ ...real, openDirectory: (name) => counted(real.openDirectory(name)) }, at('tree'));
    expect([...walkEntries(root)]).toHaveLength(501);
    expect(most - before).toBeLessThan(40);
    expect(readdirSync('/proc/self/fd')).toHaveLength(before);
  });
});

test('what was built is checked before it is written', () => {
  const image = imageOfLink(Buffer.alloc(0));
  expect(imageTree(CramfsImage.open(image)).children.size).toBe(1);
  expect(() => {
    verifyBuilt(image, 4096);
  }).toThrow('image/symlink-empty');
});
