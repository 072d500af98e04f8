/** info, and the parts that it is made of: flags, checksums, paths. */
import { afterAll, describe, expect, test } from '@jest/globals';
import { CramfsError } from '../lib/base/errors.ts';
import { buildRawImage } from './support/rawImage.ts';
import { crc32 } from '../lib/format/crc32.ts';
import { CramfsImage } from '../lib/image/image.ts';
import { findPath } from '../lib/inspect/findPath.ts';
import { imageCrc, swapped } from '../lib/inspect/imageCrc.ts';
import { namedFlags, neededKernel } from '../lib/format/superblockFlags.ts';
import { modeString } from '../lib/report/modeString.ts';
import { Folder } from './support/cli.ts';
import { runCommand } from './support/extractHelp.ts';
import { fixture, fixtureNames } from './support/fixtures.ts';

const folder = new Folder();
afterAll(() => {
  folder.remove();
});

describe('superblock flags', () => {
  test('have names, and the kernel that understands them', () => {
    expect(namedFlags(0xf03).map(({ name, since }) => [name, since])).toEqual([
      ['FSID_VERSION_2', '2.4.7'],
      ['SORTED_DIRS', '2.4.7'],
      ['HOLES', '2.3.39'],
      ['WRONG_SIGNATURE', '2.4.0'],
      ['SHIFTED_ROOT_OFFSET', '2.4.0'],
      ['EXT_BLOCK_POINTERS', '4.15'],
    ]);
    expect(neededKernel(0x803)).toBe('4.15');
    expect(neededKernel(0x3)).toBe('2.4.7');
    expect(neededKernel(0)).toBe('2.3.39');
  });

  test('without a name are mounted below 0x100 and refused above', () => {
    expect(namedFlags(0x84)).toMatchObject([
      { bit: 4, name: null, mounts: true },
      { bit: 0x80, name: null, mounts: true },
    ]);
    expect(namedFlags(0x80001000)).toMatchObject([
      { bit: 0x1000, mounts: false },
      { bit: 0x80000000, mounts: false },
    ]);
    expect(neededKernel(0x1003)).toBeNull();
  });
});

describe('the checksum', () => {
  test.each(fixtureNames('images'))('of %s is right', (name) => {
    const bytes = fixture(`images/${name}`);
    const image = CramfsImage.open(bytes);
    const { state, computed } = imageCrc(image);
    if (!image.hasFlag(1)) {
      expect({ state, computed }).toEqual({ state: 'none', computed: null });
      return;
    }
    const zeroed = Uint8Array.from(bytes.subarray(image.superblock.position));
    zeroed.fill(0, 32, 36);
    expect({ state, computed }).toEqual({ state: 'good', computed: crc32(zeroed) });
  });

  test.each([
    ['018-bad-crc', 'wrong'],
    ['019-crc-swapped', 'swapped'],
    ['013-trunc-half', 'truncated'],
    ['021-size-0', 'impossible'],
    ['022-size-4g', 'truncated'],
    ['003-control-v1', 'none'],
    ['004-trailing-data', 'good'],
  ])('of %s is %s', (name, state) => {
    expect(imageCrc(CramfsImage.open(fixture(`malformed/${name}.img`))).state).toBe(state);
  });

  test('is computed in pieces', () => {
    const bytes = buildRawImage({
      entries: Array.from({ length: 600 }, (_, index) => ({
        type: 'file',
        name: String(index),
        blocks: [{ kind: 'direct', data: Uint8Array.from({ length: 4096 }, (_byte, at) => (at * 7 + index) & 0xff) }],
      })),
    });
    expect(bytes.length).toBeGreaterThan(2 << 20);
    let longest = 0;
    const image = CramfsImage.open({
      size: bytes.length,
      close: () => undefined,
      read: (offset, length) => {
        longest = Math.max(longest, length);
        return bytes.subarray(offset, offset + length);
      },
    });
    const { computed } = imageCrc(image);
    const zeroed = Uint8Array.from(bytes);
    zeroed.fill(0, 32, 36);
    expect(computed).toBe(crc32(zeroed));
    expect(longest).toBeLessThanOrEqual(1 << 20);
    expect(swapped(swapped(computed ?? 0))).toBe(computed);
  });
});

describe('info', () => {
  test('tells a whole image', async () => {
    const { code, stdout } = await runCommand(['info', folder.fixture('images/tiny-ipen.cramfs.gz')]);
    expect(code).toBe(0);
    for (const line of [
      '  made for    little-endian CPUs, 4 KiB pages, after a boot pad of 512 bytes',
      '  size        20480 bytes (20 KiB)',
      '  volume      fixture pack',
      '  edition     7',
      '  CRC-32      ff74a671, good',
      '  mounts on   Linux 4.15 and later',
      '  0x400  SHIFTED_ROOT_OFFSET  Linux 2.4.0   the tree may start anywhere',
      '  inodes      13, as the superblock says',
      '  data blocks 12, as the superblock says',
      '  boot pad          512    2.5 %   1 range',
      '  total           20480  100.0 %',
    ]) {
      expect(stdout.split('\n')).toContain(line);
    }
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test('has the same in JSON, the version of the schema first', async () => {
    const { stdout } = await runCommand(['info', '--json', '--ranges', folder.fixture('images/mini-BXX.cramfs.gz')]);
    const info = JSON.parse(stdout) as Record<string, unknown> & {
      account: { fileBytes: number; labels: { bytes: number }[]; ranges: { start: number; end: number }[] };
    };
    expect(Object.keys(info)[0]).toBe('schemaVersion');
    expect(info).toMatchObject({
      schemaVersion: 1,
      endian: 'big',
      pageSize: 4096,
      crc: { state: 'good' },
      problemCount: 0,
    });
    expect(info.account.labels.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(info.account.fileBytes);
    expect(info.account.ranges.reduce((sum, { start, end }) => sum + end - start, 0)).toBe(info.account.fileBytes);
  });

  test.each([
    ['000-control', 0],
    ['001-control-be', 0],
    ['002-control-pad512', 0],
    ['003-control-v1', 0],
    ['019-crc-swapped', 0],
    ['018-bad-crc', 1],
    ['013-trunc-half', 1],
    ['040-cycle-self', 1],
    ['095-ptr-decreasing', 1],
    ['010-zero-bytes', 3],
    ['015-bad-magic', 3],
  ])('of %s exits with %d', async (name, code) => {
    expect((await runCommand(['info', folder.fixture(`malformed/${name}.img`)])).code).toBe(code);
  });

  test('is the same at each run', async () => {
    const file = folder.fixture('images/mini-XXzp.cramfs.gz');
    expect((await runCommand(['info', file])).stdout).toBe((await runCommand(['info', file])).stdout);
  });
});

describe('finding a path', () => {
  const text = (target: string): { kind: 'zlib'; data: Uint8Array } => ({
    kind: 'zlib',
    data: new TextEncoder().encode(target),
  });
  const image = CramfsImage.open(
    buildRawImage({
      unsorted: true,
      entries: [
        { type: 'file', name: 'z', blocks: [text('content')] },
        {
          type: 'directory',
          name: 'd',
          entries: [
            { type: 'symlink', name: 'up', blocks: [text('../z')] },
            { type: 'symlink', name: 'root', blocks: [text('/d')] },
            { type: 'symlink', name: 'loop', blocks: [text('loop')] },
          ],
        },
        { type: 'file', name: 'a', blocks: [text('behind z')] },
      ],
    }),
  );
  const codeOf = (path: string): string => {
    try {
      return findPath(image, path, { follow: true }).path;
    } catch (error) {
      return error instanceof CramfsError ? error.code : String(error);
    }
  };

  test('follows symlinks with the image as root', () => {
    expect(findPath(image, '/d/up').inode.type).toBe('symlink');
    expect(codeOf('/d/up')).toBe('/z');
    expect(codeOf('d/root/root/up')).toBe('/z');
    expect(codeOf('/../../d/./root/..')).toBe('/');
    expect(codeOf('/d/root/')).toBe('/d');
  });

  test('finds what Linux cannot open in an unsorted directory', () => {
    expect(codeOf('/a')).toBe('/a');
  });

  test('fails with the reason', () => {
    expect(codeOf('/nope')).toBe('NOT_FOUND');
    expect(codeOf('/z/x')).toBe('NOT_A_DIRECTORY');
    expect(codeOf('/z/')).toBe('NOT_A_DIRECTORY');
    expect(codeOf('/d/loop')).toBe('SYMLINK_LOOP');
  });
});

test.each([
  [0o100755, '-rwxr-xr-x'],
  [0o104755, '-rwsr-xr-x'],
  [0o104644, '-rwSr--r--'],
  [0o102755, '-rwxr-sr-x'],
  [0o041777, 'drwxrwxrwt'],
  [0o041776, 'drwxrwxrwT'],
  [0o120777, 'lrwxrwxrwx'],
  [0o020600, 'crw-------'],
  [0o060660, 'brw-rw----'],
  [0o010644, 'prw-r--r--'],
  [0o140755, 'srwxr-xr-x'],
  [0o000644, '?rw-r--r--'],
])('mode %o is %s', (mode, text) => {
  expect(modeString(mode)).toBe(text);
});
