/** Every known way in which an image can turn extraction against its user, built with the library's own encoders. */
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { buildRawImage, type RawEntry, type RawImageSpec } from './support/rawImage.ts';
import { encodeName } from '../lib/format/names.ts';
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFREG, S_IFSOCK } from '../lib/format/constants.ts';
import { encodeInode, type InodeFields } from '../lib/format/inode.ts';
import { encodeSuperblock } from '../lib/format/superblock.ts';
import { IS_ROOT, readTree, type Run, runCommand, withFolder } from './support/extractHelp.ts';
import { fixture, fixtureNames } from './support/fixtures.ts';
import { readTar } from './support/tarFile.ts';

const file = (name: string | Uint8Array, text = 'content', mode = 0o644): RawEntry => ({
  type: 'file',
  name,
  mode,
  blocks: text === '' ? [] : [{ kind: 'zlib', data: Buffer.from(text) }],
});
const link = (name: string, target: string): RawEntry => ({
  type: 'symlink',
  name,
  blocks: [{ kind: 'zlib', data: Buffer.from(target) }],
});
const directory = (name: string, entries: readonly RawEntry[], mode = 0o755): RawEntry => ({
  type: 'directory',
  name,
  mode,
  entries,
});
const holes = (name: string, blocks: number): RawEntry => ({
  type: 'file',
  name,
  blocks: Array.from({ length: blocks }, () => ({ kind: 'hole' as const, data: new Uint8Array(4096) })),
});

/** The paths below a folder, without the folder. */
const pathsIn = (folder: string): string[] =>
  readTree(folder)
    .map(({ path }) => path)
    .filter((path) => path !== '');

interface Attack {
  readonly run: Run;
  /** How long the run took. */
  readonly seconds: number;
  /** Holds "image" and "out", and whatever the test put there. */
  readonly folder: string;
  readonly out: string;
}

/** Extracts an image into `out` of a new folder, hands the outcome to `look`, and makes sure that nothing else changed. */
async function attack(
  image: Uint8Array | RawImageSpec,
  look: (outcome: Attack) => void | Promise<void>,
  options: readonly string[] = [],
  prepare: (folder: string, out: string) => void = () => undefined,
): Promise<void> {
  await withFolder(async (folder) => {
    const bytes = image instanceof Uint8Array ? image : buildRawImage({ unsorted: true, ...image });
    writeFileSync(join(folder, 'image'), bytes);
    mkdirSync(join(folder, 'elsewhere'));
    writeFileSync(join(folder, 'elsewhere', 'victim'), 'untouched');
    const out = join(folder, 'out');
    prepare(folder, out);
    const started = process.hrtime.bigint();
    const run = await runCommand(['extract', join(folder, 'image'), out, ...options]);
    const seconds = Number(process.hrtime.bigint() - started) / 1e9;
    expect(run.stderr).not.toMatch(/bug of ours|^ +at /m);
    expect(readdirSync(folder).filter((name) => !['image', 'elsewhere', 'out', 'linked'].includes(name))).toEqual([]);
    expect(readdirSync(join(folder, 'elsewhere'))).toEqual(['victim']);
    expect(readFileSync(join(folder, 'elsewhere', 'victim'), 'utf8')).toBe('untouched');
    if (existsSync(out)) expect(pathsIn(out).filter((path) => path.includes('.cramfs-'))).toEqual([]);
    await look({ run, seconds, folder, out });
  });
}

describe('names', () => {
  test.each([
    ['..', 'the name ".."'],
    ['.', 'the name "."'],
    ['../evil', 'a slash'],
    ['/etc/evil', 'a slash'],
    ['a/b', 'a slash'],
    ['a\0b', 'a NUL'],
  ])('%j is refused, and the rest is extracted', async (name, reason) => {
    const entries = [
      file('before'),
      file(encodeName(name)),
      directory('dir', [file(encodeName(name))]),
      file('zafter'),
    ];
    await attack({ entries }, ({ run, out }) => {
      expect(run.code).toBe(3);
      expect(run.stderr.split(reason).length).toBe(3);
      expect(pathsIn(out)).toEqual(['before', 'dir', 'zafter']);
    });
  });

  test('a directory named ".." is not entered', async () => {
    await attack({ entries: [directory('..', [file('evil')])] }, ({ run, out }) => {
      expect(run.code).toBe(3);
      expect(pathsIn(out)).toEqual([]);
    });
  });

  test('an entry without a name is refused', async () => {
    await attack({ entries: [file('')] }, ({ run, out }) => {
      expect(run.code).toBe(3);
      expect(pathsIn(out)).toEqual([]);
    });
  });

  test('of two entries of one name the first counts, as for Linux', async () => {
    const entries = [file('twice', 'first'), file('twice', 'second'), directory('twice', [file('inside')])];
    await attack({ entries }, ({ run, out }) => {
      expect(run.code).toBe(3);
      expect(run.stderr).toMatch(/a name that the directory has already/);
      expect(pathsIn(out)).toEqual(['twice']);
      expect(readFileSync(join(out, 'twice'), 'utf8')).toBe('first');
    });
  });

  test('terminal escapes and bidirectional controls are shown escaped', async () => {
    const name = '\u001b]0;owned\u0007\u202egpj.exe\n';
    const entries = [file(`${name}/`), directory(name, [file('..')])];
    await attack({ entries }, ({ run, out }) => {
      expect(run.code).toBe(3);
      expect(pathsIn(out)).toHaveLength(1);
      // eslint-disable-next-line no-control-regex -- control characters are what this is about
      expect(run.stdout + run.stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
      expect(run.stderr).toContain('\\x1b]0;owned\\x07\\u202egpj.exe\\n');
    });
  });

  test('a backslash is a character like others here', async () => {
    if (process.platform === 'win32') return;
    await attack({ entries: [file('..\\evil')] }, ({ run, out }) => {
      expect(run.code).toBe(0);
      expect(pathsIn(out)).toEqual(['..\\evil']);
    });
  });
});

describe('links', () => {
  test('a link, then a directory of its name: the link is not followed', async () => {
    const entries = [link('d', '../elsewhere'), directory('d', [file('evil')])];
    for (const options of [[], ['--force']]) {
      await attack(
        { entries },
        ({ run, out }) => {
          expect(run.code).toBe(3);
          expect(readlinkSync(join(out, 'd'))).toBe('../elsewhere');
        },
        options,
      );
    }
  });

  test('a link, then a file of its name: the link is not written through', async () => {
    const entries = [link('f', '../elsewhere/victim'), file('f', 'evil')];
    for (const options of [[], ['--force']]) {
      await attack(
        { entries },
        ({ run, out }) => {
          expect(run.code).toBe(3);
          expect(lstatSync(join(out, 'f')).isSymbolicLink()).toBe(true);
        },
        options,
      );
    }
  });

  test('links may point anywhere; nothing follows them', async () => {
    const entries = [link('absolute', '/etc/passwd'), link('up', '../../..'), link('loop', 'loop')];
    await attack({ entries }, ({ run, out }) => {
      expect(run).toMatchObject({ code: 0, stderr: '' });
      expect(readlinkSync(join(out, 'absolute'))).toBe('/etc/passwd');
      expect(readlinkSync(join(out, 'up'))).toBe('../../..');
    });
  });

  const planted = (target: string) => (_folder: string, out: string) => {
    mkdirSync(out);
    symlinkSync(target, join(out, 'planted'));
  };

  test('a link that is there already, in place of a directory, is not followed', async () => {
    const entries = [directory('planted', [file('evil')]), file('other')];
    await attack(
      { entries },
      ({ run, out }) => {
        expect(run.code).toBe(1);
        expect(run.stderr).toMatch(/[/]planted: it exists already/);
        expect(pathsIn(out)).toEqual(['other', 'planted']);
      },
      [],
      planted('../elsewhere'),
    );
  });

  test('a link that is there already, in place of a file, is not written through', async () => {
    await attack(
      { entries: [file('planted', 'evil')] },
      ({ run, out }) => {
        expect(run.code).toBe(1);
        expect(lstatSync(join(out, 'planted')).isSymbolicLink()).toBe(true);
      },
      [],
      planted('../elsewhere/victim'),
    );
  });

  test('--force replaces such a link, and leaves what it points to alone', async () => {
    await attack(
      { entries: [file('planted', 'new')] },
      ({ run, out }) => {
        expect(run.code).toBe(0);
        expect(readFileSync(join(out, 'planted'), 'utf8')).toBe('new');
      },
      ['--force'],
      planted('../elsewhere/victim'),
    );
    await attack(
      { entries: [directory('planted', [file('inside')])] },
      ({ run, out }) => {
        expect(run.code).toBe(0);
        expect(pathsIn(out)).toEqual(['planted', 'planted/inside']);
      },
      ['--force'],
      planted('../elsewhere'),
    );
  });

  test('a target that is named through a link is the user’s own choice', async () => {
    await attack(
      { entries: [file('f')] },
      ({ run, folder }) => {
        expect(run.code).toBe(0);
        expect(pathsIn(join(folder, 'linked'))).toEqual(['f']);
      },
      [],
      (folder, out) => {
        mkdirSync(join(folder, 'linked'));
        symlinkSync('linked', out);
      },
    );
  });
});

describe('files that are there', () => {
  const prepare = (_folder: string, out: string): void => {
    mkdirSync(join(out, 'dir'), { recursive: true });
    mkdirSync(join(out, 'taken'));
    chmodSync(join(out, 'dir'), 0o750);
    writeFileSync(join(out, 'dir', 'f'), 'old');
    writeFileSync(join(out, 'dir', 'keep'), 'kept');
  };
  const entries = [directory('dir', [file('f', 'new'), file('g', 'new')]), file('taken'), link('l', 'x')];

  test('stay, and what can be extracted beside them is', async () => {
    await attack(
      { entries },
      ({ run, out }) => {
        expect(run.code).toBe(1);
        expect(run.stderr).toMatch(/[/]dir[/]f: it exists already/);
        expect(readFileSync(join(out, 'dir/f'), 'utf8')).toBe('old');
        expect(readFileSync(join(out, 'dir/g'), 'utf8')).toBe('new');
        expect(lstatSync(join(out, 'dir')).mode & 0o777).toBe(0o750);
        expect(pathsIn(out)).toEqual(['dir', 'dir/f', 'dir/g', 'dir/keep', 'l', 'taken']);
      },
      [],
      prepare,
    );
  });

  test('are replaced with --force, but for directories', async () => {
    await attack(
      { entries },
      ({ run, out }) => {
        expect(run.code).toBe(1);
        expect(run.stderr).toMatch(/[/]taken: a directory is in its place/);
        expect(readFileSync(join(out, 'dir/f'), 'utf8')).toBe('new');
        expect(readFileSync(join(out, 'dir/keep'), 'utf8')).toBe('kept');
        expect(lstatSync(join(out, 'taken')).isDirectory()).toBe(true);
      },
      ['--force'],
      prepare,
    );
  });
});

describe('special files', () => {
  const entries: RawEntry[] = [
    { type: 'node', name: 'mem', mode: S_IFCHR | 0o666, size: 0x0101 },
    { type: 'node', name: 'disk', mode: S_IFBLK | 0o666, size: 0x0800 },
    { type: 'node', name: 'fifo', mode: S_IFIFO | 0o622 },
    { type: 'node', name: 'socket', mode: S_IFSOCK | 0o777 },
    file('shell', 'x', 0o6755),
    directory('shared', [], 0o2775),
  ];

  test('devices and setuid bits are left out, and that is told', async () => {
    await attack({ entries }, ({ run, out }) => {
      expect(run.code).toBe(0);
      expect(run.stdout).toMatch(/skipped: 2 device nodes/);
      expect(run.stdout).toMatch(/skipped: 1 socket/);
      expect(run.stdout).toMatch(/setuid or setgid bits of 2 entries/);
      expect(pathsIn(out)).toEqual(['fifo', 'shared', 'shell']);
      expect(lstatSync(join(out, 'shell')).mode & 0o7777).toBe(0o755);
      expect(lstatSync(join(out, 'shared')).mode & 0o7777).toBe(0o775);
    });
  });

  test('devices and setuid bits are there when asked for, as far as the user may', async () => {
    await attack(
      { entries },
      ({ run, out }) => {
        expect(run.code).toBe(0);
        if (!IS_ROOT) {
          expect(run.stdout).toMatch(/skipped: 2 device nodes: only root/);
          return;
        }
        const found = new Map(readTree(out).map((entry) => [entry.path, entry]));
        expect(found.get('mem')).toMatchObject({ type: 'chardev', mode: 0o666, major: 1, minor: 1, mtime: 0 });
        expect(found.get('disk')).toMatchObject({ type: 'blockdev', major: 8, minor: 0 });
        expect(found.get('shell')).toMatchObject({ mode: 0o6755 });
        expect(found.get('shared')).toMatchObject({ mode: 0o2775 });
      },
      ['--devices', '--setuid'],
    );
  });

  test('an unknown file type is damage', async () => {
    await attack({ entries: [{ type: 'node', name: 'odd', mode: 0xf000 }] }, ({ run, out }) => {
      expect(run.code).toBe(3);
      expect(pathsIn(out)).toEqual([]);
    });
  });
});

describe('bombs', () => {
  const refused = ({ run, out }: Attack): void => {
    expect(run.code).toBe(3);
    expect(run.stderr).toMatch(/a limit was reached/);
    expect(existsSync(out)).toBe(false);
  };

  test('a gigabyte of holes is refused before anything is written', async () => {
    await attack(fixture('malformed/113-hole-bomb.img'), refused);
    await attack(fixture('malformed/130-direct-bomb.img'), refused);
  });

  test('limits are options', async () => {
    const entries = [directory('a', [directory('b', [holes('c', 20)])])];
    await attack({ entries }, refused, ['--max-bytes', '80000']);
    await attack({ entries }, refused, ['--max-entries', '3']);
    await attack({ entries }, refused, ['--max-depth', '2']);
    await attack({ entries }, ({ run }) => {
      expect(run.code).toBe(0);
    });
    await attack(
      fixture('malformed/113-hole-bomb.img'),
      ({ run }) => {
        expect(run.code).toBe(2);
      },
      ['--max-ratio', 'many'],
    );
  });

  test('a directory that contains itself is left out', async () => {
    for (const name of ['040-cycle-self', '041-cycle-2']) {
      await attack(fixture(`malformed/${name}.img`), ({ run, out }) => {
        expect(run.code).toBe(3);
        expect(run.stderr).toMatch(/contains itself/);
        expect(pathsIn(out).length).toBeLessThan(10);
      });
    }
  });

  test('2^n directories end at a limit', async () => {
    await attack(doubling(40), refused);
  });

  test('deep nesting ends at a limit, and is no trouble below it', async () => {
    await attack(fixture('malformed/071-deep-100000.img'), refused);
    await attack(fixture('malformed/070-deep-1000.img'), ({ run, out }) => {
      expect(run.code).toBe(0);
      expect(pathsIn(out).length).toBeGreaterThanOrEqual(1000);
    });
  });
});

/** An image whose every directory lists the next one twice: 2^levels paths. */
function doubling(levels: number): Uint8Array {
  const entry = (name: string, offset: number, size: number): Uint8Array => {
    const fields: InodeFields = { mode: S_IFDIR | 0o755, uid: 0, gid: 0, size, namelen: 4, offset };
    return Buffer.concat([encodeInode(fields, true), Buffer.from(`${name}\0\0\0`)]);
  };
  const directories: Uint8Array[] = [];
  for (let level = 1; level <= levels; level++) {
    const next = 76 + level * 32;
    const size = level === levels ? 0 : 32;
    directories.push(entry('a', next, size), entry('b', next, size));
  }
  const body = Buffer.concat(directories);
  const head = encodeSuperblock({
    ...{ littleEndian: true, size: 76 + body.length, flags: 3, future: 0, crc: 0, edition: 0, blocks: 0, files: 0 },
    signature: Buffer.from('Compressed ROMFS'),
    name: new Uint8Array(16),
    root: { mode: S_IFDIR | 0o755, uid: 0, gid: 0, size: 32, namelen: 0, offset: 76 },
  });
  return Buffer.concat([head, body]);
}

describe('damage', () => {
  test('a file appears whole or not at all', async () => {
    const bad: RawEntry = {
      type: 'file',
      name: 'bad',
      blocks: [
        { kind: 'zlib', data: new Uint8Array(4096).fill(1) },
        { kind: 'zlib', data: new Uint8Array(10), stored: Buffer.from('no zlib data') },
      ],
    };
    await attack({ entries: [file('a'), bad, file('z'), directory('d', [bad, link('l', 't')])] }, ({ run, out }) => {
      expect(run.code).toBe(3);
      expect(run.stderr).toMatch(/[/]bad: block 1 does not inflate/);
      expect(pathsIn(out)).toEqual(['a', 'd', 'd/l', 'z']);
    });
  });

  test('a link whose target is cut short is made as Linux reads it, and told', async () => {
    const lying: RawEntry = {
      type: 'symlink',
      name: 'l',
      size: 4000,
      blocks: [{ kind: 'zlib', data: Buffer.from('to') }],
    };
    await attack({ entries: [lying] }, ({ run, out }) => {
      expect(run.code).toBe(3);
      expect(readlinkSync(join(out, 'l'))).toBe('to');
    });
  });

  test('what makes the root no directory makes no target', async () => {
    await attack({ entries: [], root: { mode: S_IFREG | 0o644 } }, ({ run, out }) => {
      expect(run.code).toBe(3);
      expect(existsSync(out)).toBe(false);
    });
  });
});

interface Malformed {
  readonly image: string;
  readonly expect: 'valid' | 'invalid' | 'hostile' | 'odd';
}

describe('malformed images', () => {
  const known = JSON.parse(Buffer.from(fixture('malformed/manifest.json')).toString()) as Malformed[];

  test('are all known', () => {
    expect(fixtureNames('malformed').filter((name) => name.endsWith('.img'))).toEqual(known.map(({ image }) => image));
  });

  test.each(known)('$image ($expect) is contained', async ({ image, expect: verdict }) => {
    await attack(fixture(`malformed/${image}`), ({ run, seconds }) => {
      expect(seconds).toBeLessThan(5);
      expect([0, 1, 3]).toContain(run.code);
      if (verdict === 'valid') expect(run.code).toBe(0);
    });
  });

  test.each(known)('$image ($expect) is contained in an archive', async ({ image }) => {
    await withFolder(async (folder) => {
      writeFileSync(join(folder, 'image'), fixture(`malformed/${image}`));
      const run = await runCommand(['extract', join(folder, 'image'), '--tar', '-']);
      expect([0, 3]).toContain(run.code);
      expect(run.stderr).not.toMatch(/bug of ours/);
      expect(run.bytes.length).toBeLessThan(64 << 20);
      for (const { path } of readTar(run.bytes)) expect(path.split('/')).not.toContain('..');
      expect(readdirSync(folder)).toEqual(['image']);
    });
  });
});
