import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { tarTree } from '../lib/mkfs/source/tar.ts';
import { findEntry } from '../lib/mkfs/sourceTree.ts';
import { runCramfs } from '../lib/cli/cramfs.ts';
import type { Io } from '../lib/cli/io.ts';
import { nodeIo } from '../lib/cli/nodeIo.ts';
import { buildRawImage } from './support/rawImage.ts';
import { fixture } from './support/fixtures.ts';

let folder = '';
const at = (name: string): string => join(folder, name);

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function cramfs(...args: string[]): Promise<Outcome> {
  const written = { out: '', err: '' };
  const real = nodeIo();
  const io: Io = {
    ...real,
    stdout: { ...real.stdout, isTTY: false, columns: undefined, write: (text: string) => void (written.out += text) },
    stderr: { ...real.stderr, isTTY: false, columns: undefined, write: (text: string) => void (written.err += text) },
  };
  const code = await runCramfs(args, io);
  return { code, ...written };
}

/** Runs the command that a message ends with: "…: cramfs mkfs A B". */
function follow(message: string, about: RegExp): Promise<Outcome> {
  const line = message.split('\n').find((text) => about.test(text)) ?? '';
  const command = line.slice(line.lastIndexOf(': cramfs ') + 9).replace('ADDRESS', '0x60100000');
  return cramfs(...command.split(' '));
}

/** A program of one read-only segment and five pages. */
function program(bits: 32 | 64, littleEndian: boolean): Uint8Array {
  const bytes = new Uint8Array(20_000);
  const view = new DataView(bytes.buffer);
  const put = (at: number, size: 2 | 4 | 8, value: number): void => {
    if (size === 2) view.setUint16(at, value, littleEndian);
    else if (size === 4) view.setUint32(at, value, littleEndian);
    else view.setBigUint64(at, BigInt(value), littleEndian);
  };
  bytes.set([0x7f, 0x45, 0x4c, 0x46, bits / 32, littleEndian ? 1 : 2, 1]);
  put(16, 2, 2); // e_type: ET_EXEC
  const size = bits === 32 ? 4 : 8;
  const [phoff, phentsize, phnum, header] = bits === 32 ? [28, 42, 44, 52] : [32, 54, 56, 64];
  put(phoff, size, header);
  put(phentsize, 2, bits === 32 ? 32 : 56);
  put(phnum, 2, 1);
  put(header, 4, 1); // p_type: PT_LOAD
  put(header + (bits === 32 ? 24 : 4), 4, 5); // p_flags: PF_R | PF_X
  put(header + (bits === 32 ? 16 : 32), size, 20_000); // p_filesz
  put(header + (bits === 32 ? 20 : 40), size, 20_000); // p_memsz
  return bytes;
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cramfs-advice-'));
  mkdirSync(at('tree/usr/bin'), { recursive: true });
  writeFileSync(at('tree/usr/bin/app'), program(64, true));
  symlinkSync('app', at('tree/usr/bin/link'));
  writeFileSync(at('tree/usr/text'), 'text');
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const XIP = ['--xip', 'mmu', '--phys', '0x60100000'];

describe('names that are to run in place and match no file', () => {
  test.each([
    ['/usr/bn/*', '/usr/bin/*'],
    ['/usr/bin/ap', '/usr/bin/app'],
    ['/bin/app', '/usr/bin/app'],
    ['/usr/b*', '/usr/b**'],
  ])('pattern %s: an error, and %s is what it suggests and succeeds', async (given, meant) => {
    const failed = await cramfs('mkfs', at('tree'), at('a.img'), ...XIP, '--xip-files', given);
    expect(failed).toMatchObject({ code: 2, out: '' });
    expect(failed.err).toContain(`--xip-files: "${given}" matches no file; did you mean "${meant}"`);
    const { code, err, out } = await cramfs('mkfs', at('tree'), at('a.img'), ...XIP, '--xip-files', meant);
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain('1 file, 5 pages in flash; +20 KiB of flash saves 20 KiB of RAM');
  });

  test('list, profile and device table: all of them at once, with line and near misses', async () => {
    writeFileSync(at('list'), '# programs\n/usr/bin/app\nusr/bin/ap\n/usr/bin\n/usr/bin/link\n');
    writeFileSync(at('profile'), '/usr/bim/app,0,2\n');
    writeFileSync(at('table'), '/dev d 755 0 0 - - - - - xip\n');
    const files = ['--xip-list', at('list'), '--xip-profile', at('profile'), '-D', at('table')];
    const { code, err } = await cramfs('mkfs', at('tree'), at('a.img'), ...XIP, ...files);
    expect(code).toBe(2);
    expect(err.split('\n').slice(1, -1)).toEqual([
      '  device table, line 1: /dev is a directory, not a regular file',
      '  --xip-list, line 3: /usr/bin/ap is not in the source; did you mean /usr/bin/app?',
      '  --xip-list, line 4: /usr/bin is a directory, not a regular file',
      '  --xip-list, line 5: /usr/bin/link is a symlink, not a regular file; did you mean /usr/bin/app?',
      '  --xip-profile: /usr/bim/app is not in the source; did you mean /usr/bin/app?',
    ]);
  });
});

test.each([
  ['60100000', '0x60100000', 0],
  ['0x60100100', '0x60100000', 0],
  ['0x60100001', '0x60100000', 2],
])('--phys %s: %s was probably meant, which gives no warning', async (given, meant, code) => {
  const warned = await cramfs('mkfs', at('tree'), at('a.img'), '--xip', 'mmu', '--phys', given);
  expect(warned.code).toBe(code);
  expect(warned.err).toContain(`did you mean --phys ${meant}?`);
  if (code === 0) {
    expect((await cramfs('mkfs', at('tree'), at('a.img'), '--xip', 'mmu', '--phys', given, '-E')).code).toBe(1);
  }
  expect(await cramfs('mkfs', at('tree'), at('a.img'), '--xip', 'mmu', '--phys', meant)).toMatchObject({
    code: 0,
    err: '',
  });
});

describe('-X and --xip that place nothing', () => {
  test.each([
    ['-X', 64, true, 'the one ELF file is 64-bit'],
    ['-X', 64, false, 'the one ELF file is 64-bit and big endian'],
    ['-X', 32, false, 'the one ELF file is big endian'],
    ['--xip', 32, false, 'the one ELF file is big endian'],
  ] as const)(
    '%s with an ELF%i, little endian %s: a warning with a command that succeeds',
    async (option, bits, little, why) => {
      writeFileSync(at('tree/usr/bin/app'), program(bits, little));
      const args = ['mkfs', at('tree'), at('a.img'), ...(option === '-X' ? ['-X', '-X'] : XIP)];
      const { code, err } = await cramfs(...args);
      expect(code).toBe(0);
      expect(err).toContain(`${option} has no effect: ${why}; try: cramfs mkfs ${at('tree')} ${at('a.img')}`);
      expect((await cramfs(...args, '-E')).code).toBe(1);
      const followed = await follow(err, /has no effect/);
      expect([followed.code, followed.err]).toEqual([0, '']);
      expect(followed.out).toContain('1 file, 5 pages in flash');
    },
  );

  test('a tree without ELF files', async () => {
    rmSync(at('tree/usr/bin'), { recursive: true });
    expect((await cramfs('mkfs', at('tree'), at('a.img'), '-X')).err).toContain('the source has no ELF file');
  });
});

describe('what does not fit is reported at once, with commands that succeed', () => {
  test('ids', async () => {
    writeFileSync(at('ids'), 'uid * 70000\ngid * 300\n');
    const args = ['mkfs', at('tree'), at('a.img'), '--uid-gid-map', at('ids')];
    // The map is applied after -q, so the table names the files that are not root's.
    const { code, err } = await cramfs(...args);
    expect(code).toBe(3);
    expect(err.match(/expected at most/g)).toHaveLength(12);
    const followed = await follow(err, /to cut what does not fit/);
    expect(followed.code).toBe(0);
  });

  test('the owners of the tree itself', async () => {
    copyFileSync(new URL('../fixtures/trees/mini.tar.gz', import.meta.url), at('mini.tar.gz'));
    const { code, err } = await cramfs('mkfs', at('mini.tar.gz'), at('a.img'));
    expect(code).toBe(3);
    expect(err).toContain('/dev/minor300: device');
    expect((await follow(err, /to cut what does not fit/)).code).toBe(0);
    expect(findEntry(tarTree(fixture('trees/mini.tar.gz')), '/dev/minor300')).not.toBeNull();
  });

  test('a file of 16 MiB and a long name of the file system', async () => {
    writeFileSync(at('tree/huge'), new Uint8Array(16 << 20));
    const { code, err } = await cramfs('mkfs', at('tree'), at('a.img'), '-n', 'a name of many words', '-E');
    expect(code).toBe(3);
    expect(err).toContain('a file system name of 20 bytes, expected at most 16');
    expect(err).toContain('/huge: file of 16777216 bytes');
    expect(err).toContain(
      `to cut what does not fit: cramfs mkfs ${at('tree')} ${at('a.img')} -n 'a name of many words' --truncate`,
    );
    rmSync(at('tree/huge'));
    const cut = await cramfs('mkfs', at('tree'), at('a.img'), '-n', 'a name of many words', '--truncate');
    expect([cut.code, readFileSync(at('a.img')).subarray(48, 64).toString()]).toEqual([0, 'a name of many w']);
  });

  test('names that would be equal once they are cut get no advice to cut them', async () => {
    const name = `/${'x'.repeat(252)}`;
    writeFileSync(at('table'), `${name}a c 666 0 0 1 1\n${name}b c 666 0 0 1 2\n`);
    const { err } = await cramfs('mkfs', at('tree'), at('a.img'), '-D', at('table'));
    expect(err).not.toContain('--truncate');
  });
});

test('--flash-budget is a ceiling without --xip too', async () => {
  writeFileSync(at('tree/usr/noise'), Buffer.from(Array.from({ length: 20_000 }, (_, i) => (i * 7919) % 251)));
  expect((await cramfs('mkfs', at('tree'), at('a.img'), '--flash-budget', '1M')).code).toBe(0);
  rmSync(at('a.img'));
  const { code, err } = await cramfs('mkfs', at('tree'), at('a.img'), '--flash-budget', '1K');
  expect(code).toBe(3);
  expect(err).toContain('does not fit into --flash-budget: expected an image of at most 1024 bytes');
  expect(() => readFileSync(at('a.img'))).toThrow('ENOENT');
});

describe('what an image loses when it is built again is named', () => {
  const entries = [
    { type: 'file' as const, name: 'f', blocks: [{ kind: 'zlib' as const, data: Buffer.from('text') }] },
  ];

  test('flags that no format explains: a warning, an error with -E, and a remark of describe', async () => {
    writeFileSync(at('old.img'), buildRawImage({ entries, flags: 0x1000_0003 }));
    const { code, err } = await cramfs('mkfs', at('old.img'), at('a.img'));
    expect([code, err]).toEqual([0, "cramfs mkfs: the source's flags 0x10000000 are not kept\n"]);
    expect((await cramfs('mkfs', at('old.img'), at('a.img'), '-E')).code).toBe(1);
    expect((await cramfs('describe', at('old.img'))).out).toContain(
      "# Building from it: the source's flags 0x10000000",
    );
  });

  test('a signature that its flag announces is kept; one that the CRC does not prove is taken for damage', async () => {
    const superblock = { signature: Buffer.from('Compressed VENDR') };
    writeFileSync(at('old.img'), buildRawImage({ entries, flags: 0x203, superblock }));
    expect(await cramfs('mkfs', at('old.img'), at('a.img'), '-E')).toMatchObject({ code: 0, err: '' });
    expect(readFileSync(at('a.img')).subarray(16, 32).toString()).toBe('Compressed VENDR');
    writeFileSync(at('old.img'), buildRawImage({ entries, flags: 3, superblock: { ...superblock, crc: 1 } }));
    const { code, err } = await cramfs('mkfs', at('old.img'), at('a.img'), '-E');
    expect([code, err]).toEqual([
      1,
      expect.stringContaining('signature "Compressed VENDR" becomes "Compressed ROMFS"'),
    ]);
  });

  test('files that a listing lacks', async () => {
    await cramfs('mkfs', at('tree'), at('a.img'));
    writeFileSync(at('list'), (await cramfs('describe', at('a.img'))).out);
    writeFileSync(at('tree/new'), 'new');
    const args = ['mkfs', at('tree'), at('b.img'), '--from-listing', at('list')];
    const { code, err } = await cramfs(...args);
    expect([code, err]).toEqual([0, 'cramfs mkfs: /new: skipped: it is in the source but not in the listing\n']);
    expect((await cramfs(...args, '-E')).code).toBe(1);
    rmSync(at('tree/new'));
    expect(await cramfs(...args, '-E')).toMatchObject({ code: 0, err: '' });
  });

  test('blocks that a listing names and a file does not have', async () => {
    await cramfs('mkfs', at('tree'), at('a.img'));
    const { out } = await cramfs('describe', at('a.img'));
    writeFileSync(
      at('list'),
      out.replace(/^(\/usr\/text f .*)$/m, '$1 direct=0-2').replace('direct=none', 'direct=inline,4096,0,tight'),
    );
    const args = ['mkfs', at('tree'), at('b.img'), '--from-listing', at('list')];
    const { code, err } = await cramfs(...args);
    expect([code, err]).toEqual([0, 'cramfs mkfs: /usr/text: direct= names 2 blocks past the end of the file\n']);
    expect((await cramfs(...args, '-E')).code).toBe(1);
  });

  test('a gap before the root that no flag announces is not an inserted file', async () => {
    await cramfs('mkfs', at('tree'), at('a.img'), '-i', at('tree/usr/text'));
    expect((await cramfs('describe', at('a.img'))).out).toContain('insert=74657874');
    const image = readFileSync(at('a.img'));
    image.writeUInt32LE(image.readUInt32LE(8) & ~0x400, 8);
    writeFileSync(at('b.img'), image);
    expect((await cramfs('describe', at('b.img'))).out).not.toContain('insert=');
  });
});

test.each([
  [['--phys', '0x60100000'], 'needs --xip', XIP],
  [['--xip', 'mmu'], 'needs --phys', XIP],
  [[...XIP, '-X'], 'leave out -X', XIP],
  [['--layout', 'util-linux', '-x'], 'leave out --layout util-linux', ['-x']],
])('what %j is refused for is what helps', async (given, advice, followed) => {
  expect((await cramfs('mkfs', at('tree'), at('a.img'), ...given)).err).toContain(advice);
  expect((await cramfs('mkfs', at('tree'), at('a.img'), ...followed)).code).toBe(0);
});

test('entries in the last 264 bytes: a warning that names them, and what it suggests makes all of them visible', async () => {
  mkdirSync(at('full'));
  for (let i = 0; i < 251; i++) writeFileSync(at(`full/${String(i).padStart(3, '0')}`), '');
  const args = ['mkfs', at('full'), at('a.img')];
  const { code, err } = await cramfs(...args);
  expect(code).toBe(0);
  const [, count = ''] = /([0-9]+) entries/.exec(err) ?? [];
  expect(err).toContain('entries in the last 264 bytes do not exist; --deflate fast and --xip leave room after them');
  expect((await cramfs(...args, '-E')).code).toBe(1);
  const found = await cramfs('check', at('a.img'));
  expect([found.code, found.out]).toEqual([1, expect.stringContaining('image/entry-unseen')]);
  if (count !== '') expect(found.out).toContain(`${count} entries`);
  expect(await cramfs(...args, '--deflate', 'fast', '-E')).toMatchObject({ code: 0, err: '' });
  expect((await cramfs('check', at('a.img'))).code).toBe(0);
});
