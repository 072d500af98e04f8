/** What `mkfs IMAGE` and `describe` keep of an image beside its files, and what they say of the rest. */
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from '@jest/globals';
import { crc32 } from '../lib/format/crc32.ts';
import { CramfsImage } from '../lib/image/image.ts';
import { keptFacts } from '../lib/mkfs/repackFacts.ts';
import { Folder } from './support/cli.ts';
import { noise } from './support/dumps.ts';
import { runCommand } from './support/extractHelp.ts';
import { fixture } from './support/fixtures.ts';

const folder = new Folder();
afterAll(() => {
  folder.remove();
});
const tiny = Buffer.from(fixture('images/tiny-ul.cramfs.gz'));
const direct = Buffer.from(fixture('images/tiny-XX.cramfs.gz'));
const target = `${folder.path}/new.img`;

const repacked = (old: Uint8Array, ...options: string[]): ReturnType<typeof runCommand> =>
  runCommand(['mkfs', '-E', folder.file('old.img', old), target, ...options]);
const described = async (old: Uint8Array): Promise<string> =>
  (await runCommand(['describe', folder.file('old.img', old)])).stdout;
/** The image with some of its bytes changed, and its CRC put right. */
function changed(image: Buffer, change: (copy: Buffer) => void): Buffer {
  const copy = Buffer.from(image);
  change(copy);
  copy.writeUInt32LE(0, 32);
  copy.writeUInt32LE(crc32(copy), 32);
  return copy;
}

describe('kept', () => {
  const build = async (...options: string[]): Promise<Buffer> => {
    const image = `${folder.path}/given.img`;
    expect((await runCommand(['mkfs', folder.file('tiny.img', tiny), image, ...options])).code).toBe(0);
    return readFileSync(image);
  };

  test('are name, edition, boot pad, inserted file and holes, unless options say otherwise', async () => {
    const insert = folder.file('insert.bin', noise(100));
    const given = await build('-n', 'a name', '-e', '7', '-p', '-i', insert, '-z');
    noise(512).copy(given, 0);
    expect(await repacked(given)).toMatchObject({ code: 0, stderr: '' });
    const built = readFileSync(target);
    expect(keptFacts(CramfsImage.open(built))).toEqual(keptFacts(CramfsImage.open(given)));
    expect(keptFacts(CramfsImage.open(built))).toMatchObject({ name: 'a name', edition: 7, bootPad: true });
    expect(built.equals(given)).toBe(true);
    const options = ['-n', 'other', '-e', '0', '--no-boot-pad', '-i', folder.file('none', ''), '--no-holes'];
    expect(await repacked(given, ...options)).toMatchObject({ code: 0, stderr: '' });
    expect(keptFacts(CramfsImage.open(readFileSync(target)))).toMatchObject({
      name: 'other',
      edition: 0,
      bootPad: false,
      bootCode: new Uint8Array(0),
      insert: new Uint8Array(0),
    });
  });

  test('is what is in the boot pad by a listing too', async () => {
    const given = await build('-p');
    noise(500).copy(given, 0);
    const listing = await described(given);
    expect(listing).toContain('gives the same image, byte for byte');
    expect(listing).toMatch(/ boot-code=[0-9a-f]{1000}\b/);
    const { code } = await repacked(given, '--from-listing', folder.file('listing.txt', listing));
    expect(code).toBe(0);
    expect(readFileSync(target).equals(given)).toBe(true);
    const bad = folder.file('bad.txt', listing.replace('boot-code=', `boot-code=${'00'.repeat(500)}`));
    const refused = await repacked(given, '--from-listing', bad);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('boot-code= has more than 512 bytes')]);
  });
});

describe('said to be lost, and an error with -E', () => {
  test.each<[string, Buffer, RegExp]>([
    [
      'data after the image',
      Buffer.concat([tiny, noise(20)]),
      /^cramfs mkfs: 20 bytes after the source's end, at 0x1000, are left out\n$/,
    ],
    [
      'direct blocks',
      direct,
      /^cramfs mkfs: \d+ direct blocks of the source \(.* are compressed and cannot be mapped from flash; --like or --from-listing keeps them\n/,
    ],
    [
      'hidden bytes',
      changed(tiny, (copy) => copy.write('hidden', copy.length - 20, 'latin1')),
      /6 bytes of the source that nothing points to and that are not zero \(from 0xfec on\) are left out\n$/,
    ],
    [
      'the reserved word',
      changed(tiny, (copy) => copy.writeUInt32LE(0x1234, 12)),
      /^cramfs mkfs: the source's reserved word 0x1234 of the superblock becomes 0\n$/,
    ],
  ])('%s', async (_title, image, words) => {
    const { code, stderr } = await repacked(image);
    expect([code, stderr]).toEqual([1, expect.stringMatching(words)]);
  });

  test.each([
    [0x00, 'zeros'],
    [0xff, 'erased flash'],
  ])('but not fill after the image: 0x%s', async (byte) => {
    expect(await repacked(Buffer.concat([tiny, Buffer.alloc(70_000, byte)]))).toMatchObject({ code: 0, stderr: '' });
  });

  test('but not what else is in a dump where the image was chosen', async () => {
    const dump = folder.file('dump.bin', Buffer.concat([noise(4096), tiny, noise(4096)]));
    for (const words of [[`${dump}@4096`], [dump, '--image', '1']]) {
      expect(await runCommand(['mkfs', '-E', ...words, target])).toMatchObject({ code: 0, stderr: '' });
    }
  });

  test('in a listing too', async () => {
    expect(await described(Buffer.concat([tiny, noise(20)]))).toContain(
      "# Building from it: 20 bytes after the source's end, at 0x1000, are left out.\n",
    );
    expect(await described(changed(tiny, (copy) => copy.writeUInt32LE(0x1234, 12)))).toContain(
      "# Building from it: the source's reserved word 0x1234 of the superblock becomes 0.\n",
    );
  });

  test('but nothing of an image that comes out byte for byte', async () => {
    const listing = folder.file('direct.txt', await described(direct));
    expect(await repacked(direct, '--from-listing', listing)).toMatchObject({ code: 0, stderr: '' });
  });

  test('a place within a page that changes: the image needs another address then', async () => {
    const listing = (await described(direct)).replace(/direct=inline,\d+,0,/, 'direct=packed,4096,2048,');
    const { stderr } = await repacked(direct, '--from-listing', folder.file('moved.txt', listing));
    expect(stderr).toMatch(/direct blocks? of the source .* another place within a page/);
  });
});

test('directories that are not sorted are named', async () => {
  const mini = Buffer.from(fixture('images/mini-plain.cramfs.gz'));
  const image = CramfsImage.open(mini);
  // Two entries of one length change places.
  const { offset } = image.superblock.root;
  const entry = (at: number): number => 12 + (mini.readUInt8(at + 8) & 0x3f) * 4;
  let first = offset;
  while (entry(first) !== entry(first + entry(first))) first += entry(first);
  const length = entry(first);
  const unsorted = changed(mini, (copy) => {
    mini.copy(copy, first, first + length, first + 2 * length);
    mini.copy(copy, first + length, first, first + length);
  });
  const { code, stderr } = await repacked(unsorted, '--truncate');
  expect([code, stderr]).toEqual([
    1,
    expect.stringContaining("the source's directories are not all sorted by name (/ is not)"),
  ]);
});
