/** mkcramfs, mkfs.cramfs, fsck.cramfs and cramfsck: options, output, images and exit codes of the tools of these names. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { crcOf } from '../lib/cli/compat/crcOf.ts';
import { runCramfsck } from '../lib/cli/compat/cramfsck.ts';
import { runFsckCramfs } from '../lib/cli/compat/fsckCramfs.ts';
import { parseWords } from '../lib/cli/compat/getopt.ts';
import { runMkcramfs } from '../lib/cli/compat/mkcramfs.ts';
import { runMkfsCramfs } from '../lib/cli/compat/mkfsCramfs.ts';
import { runCramfs } from '../lib/cli/cramfs.ts';
import { fixture } from './support/fixtures.ts';
import { type Run, runProgram } from './support/cli.ts';

let folder = '';
const at = (name: string): string => join(folder, name);
const bytes = (name: string): Uint8Array => readFileSync(at(name));

const mkcramfs = (...argv: string[]): Promise<Run> => runProgram(runMkcramfs, argv);
const mkfs = (...argv: string[]): Promise<Run> => runProgram(runMkfsCramfs, argv);
const fsck = (...argv: string[]): Promise<Run> => runProgram(runFsckCramfs, argv);
const cramfsck = (...argv: string[]): Promise<Run> => runProgram(runCramfsck, argv);

/** The same bytes by `cramfs mkfs`, which tests hold against images of the tools themselves. */
async function same(image: string, ...options: string[]): Promise<void> {
  const { code } = await runProgram(runCramfs, ['mkfs', at('tree'), at('expected.img'), '--truncate', ...options]);
  expect(code).toBe(0);
  expect(Buffer.compare(bytes(image), bytes('expected.img'))).toBe(0);
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cramfs-compat-'));
  mkdirSync(at('tree/sub'), { recursive: true });
  writeFileSync(at('tree/a'), 'hi\n');
  writeFileSync(at('tree/sub/zeros'), new Uint8Array(9000));
  symlinkSync('a', at('tree/link'));
  for (const [name, mode] of [
    ['tree', 0o755],
    ['tree/sub', 0o755],
    ['tree/a', 0o644],
    ['tree/sub/zeros', 0o644],
  ] as const) {
    chmodSync(at(name), mode);
  }
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('words of a command line', () => {
  test('may come in any order, joined or apart, and end with --', () => {
    const { options, operands, problem } = parseWords(['tree', '-ve7', 'img', '-n', 'x', '--', '-z'], 've:n:z');
    expect(options).toEqual([
      { letter: 'v', value: null },
      { letter: 'e', value: '7' },
      { letter: 'n', value: 'x' },
    ]);
    expect([operands, problem]).toEqual([['tree', 'img', '-z'], null]);
  });

  test('have long names, which may be shortened, with values', () => {
    const longs = {
      extract: { letter: 'x', value: 'optional' },
      blocksize: { letter: 'b', value: 'required' },
      verbose: { letter: 'v', value: 'none' },
      version: { letter: 'V', value: 'none' },
    } as const;
    const parse = (...argv: string[]): unknown => {
      const { options, problem } = parseWords(argv, 'v', longs);
      return problem ?? options;
    };
    expect(parse('--extract=out', '--extract', '--block', '8192')).toEqual([
      { letter: 'x', value: 'out' },
      { letter: 'x', value: null },
      { letter: 'b', value: '8192' },
    ]);
    expect(parse('--ver')).toBe("option '--ver' is ambiguous");
    expect(parse('--verbose=1')).toBe("option '--verbose' does not take a value");
    expect(parse('--blocksize')).toBe("option '--blocksize' requires a value");
    expect(parse('--other')).toBe("unrecognized option '--other'");
    expect(parse('-q')).toBe("invalid option -- 'q'");
  });
});

describe('mkfs.cramfs', () => {
  test("builds util-linux's image, whatever the order of options", async () => {
    expect(await mkfs(at('tree'), at('a.img'), '-n', 'board', '-N', 'big', '-e', '5', '-z')).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
    await same('a.img', '--layout', 'util-linux', '-n', 'board', '-N', 'big', '-e', '5', '-z');
  });

  test('lists files and compression with -v as util-linux does', async () => {
    const { stdout } = await mkfs('-v', at('tree'), at('a.img'));
    const crc = crcOf(bytes('a.img')).computed.toString(16);
    expect(stdout).toBe(
      [
        '  a',
        '  link',
        '  sub',
        "'sub':",
        '  zeros',
        'Directory data: 144 bytes',
        '433.33% (+13 bytes)\ta',
        '1500.00% (+15 bytes)\tlink',
        '-99.11% (-8920 bytes)\tzeros',
        'Everything: 4 kilobytes',
        'Super block: 76 bytes',
        `CRC: ${crc}`,
        '',
      ].join('\n'),
    );
  });

  test('ends with 16 for wrong usage, and with 8 for warnings with -E', async () => {
    for (const argv of [
      [],
      [at('tree')],
      ['-N', 'middle', at('tree'), at('x')],
      ['-b', 'x', at('tree'), at('x')],
      ['-Q'],
    ]) {
      expect(await mkfs(...argv)).toMatchObject({ code: 16, stdout: '' });
    }
    expect(await mkfs(at('nowhere'), at('x'))).toMatchObject({ code: 16 });
    expect(await mkfs('-E', at('tree'), at('x'))).toMatchObject({ code: 0 });
    const long = await mkfs('-E', '-n', 'a name of more than 16 bytes', at('tree'), at('x'));
    expect(long).toMatchObject({ code: 0, stderr: '' });
    writeFileSync(at('tree/big'), new Uint8Array(1 << 24));
    expect(await mkfs('-E', at('tree'), at('x'))).toEqual({
      code: 8,
      stdout: '',
      stderr: 'mkfs.cramfs: warning: file sizes truncated to 16MB (minus 1 byte).\n',
    });
    expect(await mkfs(at('tree'), join(at('nowhere'), 'x'))).toMatchObject({ code: 8 });
    expect(await mkfs('--help')).toMatchObject({ code: 0, stderr: '' });
    expect((await mkfs('-V')).stdout).toMatch(/^mkfs.cramfs from cramfs-map [0-9.]+\n$/);
  });

  test('takes an image within its own directory for an empty file, new or not', async () => {
    for (const content of [null, 'the last image']) {
      if (content !== null) writeFileSync(at('tree/out.img'), content);
      expect(await mkfs(at('tree'), at('tree/out.img'))).toMatchObject({ code: 0 });
      writeFileSync(at('a.img'), bytes('tree/out.img'));
      writeFileSync(at('tree/out.img'), '');
      await same('a.img', '--layout', 'util-linux');
      rmSync(at('tree/out.img'));
    }
  });
});

describe("util-linux's scenarios", () => {
  // The checksums are those in tests/expected/cramfs/mkfs-endianness of util-linux.
  test.each([
    ['little', 0xca39d39b],
    ['big', 0xd350cc02],
  ])('mkfs-endianness: %s', async (order, crc) => {
    const line = 'Testing cramfs 1234567890 Endianness check 1234567890 Endianness check\n';
    mkdirSync(at('data/dirA/dirB'), { recursive: true });
    writeFileSync(at('data/dirA/dirB/a'), line.repeat(300).slice(0, 512));
    writeFileSync(at('data/dirA/dirB/b'), line.repeat(300).slice(0, 512 * 30));
    for (const name of ['data', 'data/dirA', 'data/dirA/dirB']) chmodSync(at(name), 0o755);
    for (const name of ['a', 'b']) chmodSync(at(`data/dirA/dirB/${name}`), 0o644);
    expect(await mkfs('-N', order, '-b', '4096', at('data'), at('b.img'))).toMatchObject({ code: 0, stderr: '' });
    // Owners are root's in the scenario.
    const argv = ['mkfs', at('data'), at('a.img'), '--layout', 'util-linux', '-N', order];
    await runProgram(runCramfs, [...argv, '-q']);
    expect(crcOf(bytes('a.img'))).toEqual({ stored: crc, computed: crc });
    await runProgram(runCramfs, argv);
    expect(Buffer.compare(bytes('b.img'), bytes('a.img'))).toBe(0);
  });

  test('fsck-bad-header', async () => {
    mkdirSync(at('root/subdir'), { recursive: true });
    await mkfs('-p', '-N', 'big', at('root'), at('a.img'));
    const image = Buffer.from(bytes('a.img'));
    image.writeUInt16BE(0x4c, 518);
    writeFileSync(at('a.img'), image);
    expect(await fsck(at('a.img'))).toEqual({
      code: 4,
      stdout: '',
      stderr: 'fsck.cramfs: superblock size (76) too small\n',
    });
  });

  test('fsck-endianness: extracted from one byte order, built in the other, and back', async () => {
    await mkfs('-N', 'little', '-b', '4096', at('tree'), at('little.img'));
    let from = 'little';
    for (const to of ['big', 'little']) {
      const { code, stdout } = await fsck('-v', '-b', '4096', `--extract=${at(`${from}-data`)}`, at(`${from}.img`));
      expect([code, stdout.split('\n')[0]]).toEqual([0, `cramfs endianness is ${from}`]);
      await mkfs('-N', to, '-b', '4096', at(`${from}-data`), at(`${to}2.img`));
      from = to;
      writeFileSync(at(`${to}.img`), bytes(`${to}2.img`));
    }
    expect(Buffer.compare(bytes('little2.img'), bytes('little.img'))).toBe(0);
    await same('little.img', '--layout', 'util-linux');
  });

  test('mkfs and doubles: files of the same content are stored once', async () => {
    mkdirSync(at('two'));
    writeFileSync(at('two/a'), 'hello\n');
    writeFileSync(at('two/b'), 'hello\n');
    expect(await mkfs(at('two'), at('a.img'))).toMatchObject({ code: 0 });
    const { stdout } = await fsck('-vv', '--extract', at('a.img'));
    const blocks = stdout.split('\n').filter((line) => line.includes('uncompressing'));
    expect(blocks).toHaveLength(2);
    expect(new Set(blocks).size).toBe(1);
  });
});

describe('mkcramfs', () => {
  test("builds cramfs-tools' image with its options", async () => {
    expect(await mkcramfs('-X', '-X', '-n', 'board', '-p', '-z', '-q', at('tree'), at('a.img'))).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
    await same('a.img', '-X', '-X', '-n', 'board', '-p', '-z', '-q');
    expect(await mkcramfs('-B', '-x', '-e', '9', at('tree'), at('a.img'))).toMatchObject({ code: 0 });
    await same('a.img', '-B', '-x', '-e', '9');
  });

  test('reads device tables, inserts files, and says so', async () => {
    writeFileSync(at('table'), '/sub d 700 1 2\n/null c 666 0 0 1 3\n');
    writeFileSync(at('kernel'), 'a kernel');
    expect(await mkcramfs('-D', at('table'), '-i', at('kernel'), at('tree'), at('a.img'))).toEqual({
      code: 0,
      stdout: `Including: ${at('kernel')}\n`,
      stderr: '',
    });
    await same('a.img', '-D', at('table'), '-i', at('kernel'));
  });

  test('lists files with -v, and compression with -vv', async () => {
    const { stdout } = await mkcramfs('-vv', '-B', '-q', at('tree'), at('a.img'));
    expect(stdout.split('\n').slice(0, 9)).toEqual([
      'Filesystem data will be endian swapped',
      'f 0644         3     0:0   a',
      'l 0777         1     0:0   link',
      'd 0755        20     0:0   sub',
      "'sub':",
      'f 0644      9000     0:0   zeros',
      'Directory data: 144 bytes',
      '433.33% (+8 bytes, 5 overhead)\ta',
      '1500.00% (+8 bytes, 7 overhead)\tlink',
    ]);
  });

  test('ends with 16 for wrong usage, 8 for errors', async () => {
    for (const argv of [
      [],
      ['-e', 'x', at('tree'), at('x')],
      ['-Q', at('tree'), at('x')],
      [at('tree'), at('x'), 'y'],
    ]) {
      expect(await mkcramfs(...argv)).toMatchObject({ code: 16, stdout: '' });
    }
    expect(await mkcramfs('-h')).toMatchObject({ code: 0, stderr: '' });
    expect(await mkcramfs(at('nowhere'), at('x'))).toMatchObject({ code: 8 });
    writeFileSync(at('tree/big'), new Uint8Array(1 << 24));
    expect(await mkcramfs('-E', at('tree'), at('x'))).toMatchObject({ code: 8 });
  });
});

describe('fsck.cramfs', () => {
  test('passes sound images, also those that run in place', async () => {
    for (const name of ['tiny-ul', 'tiny-ul-big', 'tiny-XX', 'tiny-ul-z']) {
      writeFileSync(at('a.img'), fixture(`images/${name}.cramfs.gz`));
      expect(await fsck('-a', '-y', '--extract', at('a.img'))).toEqual({ code: 0, stdout: '', stderr: '' });
    }
    expect((await fsck('--verb', at('a.img'))).stdout).toBe(`cramfs endianness is little\n${at('a.img')}: OK\n`);
  });

  test.each([
    ['a byte of data', (image: Buffer) => image.writeUInt8((image[300] ?? 0) ^ 1, 300), 'crc error'],
    ['a byte of the magic number', (image: Buffer) => image.writeUInt8(0, 0), 'superblock magic not found'],
    ['no files', (image: Buffer) => image.writeUInt32LE(0, 44), 'zero file count'],
    ['a size past the end', (image: Buffer) => image.writeUInt32LE(1 << 20, 4), 'file length too short'],
  ])('ends with 4 for %s', async (_what, damage, sentence) => {
    await mkfs('-N', 'little', at('tree'), at('a.img'));
    const image = Buffer.from(bytes('a.img'));
    damage(image);
    writeFileSync(at('a.img'), image);
    expect(await fsck(at('a.img'))).toEqual({ code: 4, stdout: '', stderr: `fsck.cramfs: ${sentence}\n` });
  });

  test('ends with 4 for damage in a file, with --extract only, and with 16 and 8 for what is not the image', async () => {
    await mkfs('-N', 'little', at('tree'), at('a.img'));
    const image = Buffer.from(bytes('a.img'));
    image.writeUInt8((image[160] ?? 0) ^ 0xff, 160);
    image.writeUInt32LE(0, 32);
    image.writeUInt32LE(crcOf(image).computed, 32);
    writeFileSync(at('a.img'), image);
    expect(await fsck(at('a.img'))).toMatchObject({ code: 0 });
    expect(await fsck('--extract', at('a.img'))).toMatchObject({ code: 4, stdout: '' });
    expect(await cramfsck(at('a.img'))).toMatchObject({ code: 4 });
    expect(await fsck()).toMatchObject({ code: 16 });
    expect(await fsck('-b', '1000', at('a.img'))).toMatchObject({ code: 16 });
    expect(await fsck(at('nowhere'))).toMatchObject({ code: 8 });
    writeFileSync(at('short'), 'x');
    expect(await fsck(at('short'))).toEqual({ code: 4, stdout: '', stderr: 'fsck.cramfs: file length too short\n' });
  });

  test('never extracts over what is there', async () => {
    await mkfs(at('tree'), at('a.img'));
    expect(await fsck(`--extract=${at('tree')}`, at('a.img'))).toMatchObject({ code: 8 });
    expect(await cramfsck('-x', at('tree'), at('a.img'))).toMatchObject({ code: 8 });
  });
});

describe('cramfsck', () => {
  test('lists, extracts, and says OK', async () => {
    await mkcramfs('-q', at('tree'), at('a.img'));
    expect(await cramfsck('-v', '-x', at('out'), at('a.img'))).toEqual({
      code: 0,
      stdout: [
        `d 0755        48     0:0   ${at('out')}`,
        `f 0644         3     0:0   ${at('out/a')}`,
        `l 0777         1     0:0   ${at('out/link')} -> a`,
        `d 0755        20     0:0   ${at('out/sub')}`,
        `f 0644      9000     0:0   ${at('out/sub/zeros')}`,
        `${at('a.img')}: OK`,
        '',
      ].join('\n'),
      stderr: '',
    });
    expect([readFileSync(at('out/a'), 'utf8'), readlinkSync(at('out/link'))]).toEqual(['hi\n', 'a']);
    expect(statSync(at('out/sub/zeros'))).toMatchObject({ size: 9000, mtimeMs: 0 });
  });

  test('ends with 16 for wrong usage', async () => {
    expect(await cramfsck()).toMatchObject({ code: 16 });
    expect(await cramfsck('-q', 'x')).toMatchObject({ code: 16 });
    expect((await cramfsck('-h')).stdout).toContain('Exit codes');
    expect(existsSync(at('out'))).toBe(false);
  });
});
