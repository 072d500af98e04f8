/** Images in vendors' formats, repacked: they stay what the device reads, or each thing lost is said. */
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from '@jest/globals';
import { LINUX_INODE, WIDE_INODE } from '../lib/format/inode.ts';
import { readContent } from '../lib/image/content.ts';
import { findPath } from '../lib/inspect/findPath.ts';
import { imageInfo } from '../lib/inspect/imageInfo.ts';
import { openDetected } from '../lib/inspect/openDetected.ts';
import { Folder } from './support/cli.ts';
import { noise } from './support/dumps.ts';
import { runCommand } from './support/extractHelp.ts';
import { type VendorFile, type VendorFormat, vendorImage } from './support/vendorFormatImage.ts';
import { imageOf, LZMA_BLOCKS, TEXT } from './support/vendorImage.ts';

const folder = new Folder();
afterAll(() => {
  folder.remove();
});

const text = (bytes: number): Buffer =>
  Buffer.from('devices read what was once written for them\n'.repeat(Math.ceil(bytes / 44))).subarray(0, bytes);
const FILES: readonly VendorFile[] = [
  { name: 'a.txt', data: text(9000) },
  { name: 'noise', data: noise(4096, 7) },
  { name: 'twin', data: noise(3 * 4096 + 1000, 5), mode: 0o755 },
  { name: 'whole', data: text(5 * 4096) },
  { name: 'z.txt', data: text(100) },
];
const RAW = [
  ...FILES,
  { name: 'zz', data: noise(3 * 4096 + 1000, 5), raw: true },
  { name: 'zzz', data: text(1), raw: true },
];
const LARGE = [...FILES, { name: 'zz', data: Buffer.concat([text(140_000), noise(9000, 3)]) }];

const FORMATS: readonly [string, string[], readonly VendorFile[], VendorFormat][] = [
  ['linear XIP', ['linear-xip'], RAW, {}],
  ['linear XIP, big-endian', ['linear-xip'], RAW, { littleEndian: false }],
  ['every block stored without a flag', ['unflagged-stored'], FILES, { stored: true }],
  ['blocks that do not compress stored without a flag', ['unflagged-stored'], FILES, { stored: 'incompressible' }],
  ['tables with one entry too many', ['long-tables'], FILES, { extraPointers: 1 }],
  ['tables of whole pages with one entry too many', ['long-tables'], FILES, { extraPointers: 1, wholeOnly: true }],
  ['tables that end in zeros', ['long-tables'], FILES, { extraPointers: 3, filler: 'zero', littleEndian: false }],
  ['16-byte inodes', ['wide-inodes'], FILES, { wide: true }],
  ['16-byte inodes, big-endian', ['wide-inodes'], FILES, { wide: true, littleEndian: false }],
  ['flags for blocks of 64 KiB', ['vendor-flags', 'large-blocks'], LARGE, { pageSize: 65536, flags: 0x6003 }],
  ['flags for blocks of 128 KiB', ['vendor-flags', 'large-blocks'], LARGE, { pageSize: 131072, flags: 0x6803 }],
  ['a CRC in the other byte order', ['crc-swapped'], FILES, { swappedCrc: true }],
  ['a signature of its own', [], FILES, { signature: 'Compressed VENDR' }],
];

const variantsOf = (bytes: Uint8Array): string[] =>
  imageInfo(openDetected(bytes))
    .variants.map(({ code }) => code)
    .sort();
const contentOf = (bytes: Uint8Array, name: string): Buffer => {
  const image = openDetected(bytes);
  return Buffer.from(readContent(image, findPath(image, `/${name}`).inode));
};

describe.each(FORMATS)('%s', (title, codes, files, format) => {
  const name = title.replace(/[^a-z0-9]+/gi, '-');
  const bytes = vendorImage(files, format);
  const old = folder.file(`${name}.img`, bytes);

  const rebuilt = async (options: readonly string[], warnings = ''): Promise<Buffer> => {
    const out = `${folder.path}/${name}.new`;
    expect(await runCommand(['mkfs', '-E', old, out, ...options])).toMatchObject({ code: 0, stderr: warnings });
    const built = readFileSync(out);
    expect(files.filter((file) => !contentOf(built, file.name).equals(file.data)).map((file) => file.name)).toEqual([]);
    return built;
  };

  test('is repacked in its own format, with the same files and without a warning', async () => {
    const built = await rebuilt([]);
    expect(variantsOf(built)).toEqual([...codes].sort());
    expect(openDetected(built).superblock).toMatchObject({ signature: Buffer.from(bytes.subarray(16, 32)) });
  });

  test('is described, and built from that byte for byte', async () => {
    const { stdout, code } = await runCommand(['describe', old]);
    expect([code, stdout]).toEqual([0, expect.stringContaining('gives the same image, byte for byte')]);
    expect(stdout).not.toContain('Building from it');
    const built = await rebuilt(['--from-listing', folder.file(`${name}.txt`, Buffer.from(stdout))]);
    expect(built.equals(bytes)).toBe(true);
  });

  test('comes out of its extracted files with --like, byte for byte', async () => {
    const tree = `${folder.path}/${name}.tree`;
    await runCommand(['extract', '--no-owner', old, tree]);
    const out = `${folder.path}/${name}.like`;
    expect(await runCommand(['mkfs', '-E', '--like', old, tree, out])).toMatchObject({ code: 0, stderr: '' });
    expect(readFileSync(out).equals(bytes)).toBe(true);
  });

  test('is built for Linux with --no-vendor', async () => {
    const built = await rebuilt(['--no-vendor']);
    expect(variantsOf(built)).toEqual([]);
    expect((await runCommand(['check', '--quiet', `${folder.path}/${name}.new`])).code).toBe(0);
  });
});

describe('what cannot be kept is said, and -E makes it an error', () => {
  const built = async (bytes: Uint8Array, ...options: string[]): Promise<{ code: number; stderr: string }> => {
    const old = folder.file('lossy.img', bytes);
    return runCommand(['mkfs', '-E', old, `${folder.path}/lossy.new`, ...options]);
  };

  test.each([
    ['LZMA', 3, ['LZMA blocks become zlib blocks']],
    ['LZMA with flags', 0x9003, ['LZMA blocks become zlib blocks', 'flags 0x9000 are not kept']],
  ])('%s', async (_, flags, losses) => {
    const image = imageOf({ blocks: LZMA_BLOCKS, size: TEXT.length, flags });
    const { code, stderr } = await built(image);
    expect([code, stderr.trim().split('\n')]).toEqual([1, losses.map((loss) => expect.stringContaining(loss))]);
    const { stdout } = await runCommand(['describe', folder.file('lossy.img', image)]);
    for (const loss of losses) expect(stdout).toContain(loss);
  });

  test('direct blocks, which kernels of vendors do not know', async () => {
    const { code, stderr } = await built(vendorImage(RAW), '-x');
    expect([code, stderr]).toEqual([1, expect.stringContaining('files of linear XIP get block pointers')]);
  });

  test('a size of blocks that is not what the flags say', async () => {
    const { code, stderr } = await built(vendorImage(LARGE, { pageSize: 65536, flags: 0x6003 }), '-b', '4K');
    expect([code, stderr.trim().split('\n')]).toEqual([
      1,
      [expect.stringContaining('blocks of 64 KiB'), expect.stringContaining('flags 0x6000 are not kept')],
    ]);
  });
});

test('files that share their bytes with one that has no block pointers get a table of their own', async () => {
  const shared = noise(5000, 4);
  const old = folder.file(
    'share.img',
    vendorImage([
      { name: 'a', data: shared },
      { name: 'b', data: shared, raw: true },
    ]),
  );
  const out = `${folder.path}/share.new`;
  expect((await runCommand(['mkfs', old, out])).code).toBe(0);
  expect([contentOf(readFileSync(out), 'a'), contentOf(readFileSync(out), 'b')]).toEqual(
    [shared, shared].map((b) => Buffer.from(b)),
  );
});

test.each([
  ['inodes=12', 'inodes=12 is not possible'],
  ['long-tables=17,all,end', 'long-tables=17,all,end is not possible'],
  ['signature=Compressed\\x20ROMFS\\x20and\\x20more', 'the signature has more than 16 bytes'],
])('a listing with %s is refused', async (field, message) => {
  const old = folder.file('refused.img', vendorImage(FILES));
  const { stdout } = await runCommand(['describe', old]);
  const listing = folder.file('refused.txt', Buffer.from(stdout.replace(/^image .*/m, `$& ${field}`)));
  const { code, stderr } = await runCommand(['mkfs', old, `${folder.path}/refused.new`, '--from-listing', listing]);
  expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
});

test.each([true, false])('an inode is encoded as it is decoded, little endian: %s', (littleEndian) => {
  const fields = { mode: 0o100755, uid: 4660, gid: 7, size: 0x123456, namelen: 252, offset: 0xffffffc };
  for (const { encode, decode, size } of [LINUX_INODE, WIDE_INODE]) {
    const bytes = encode(fields, littleEndian);
    expect(bytes).toHaveLength(size);
    expect(decode(new DataView(bytes.buffer), 0, littleEndian)).toEqual(fields);
  }
});
