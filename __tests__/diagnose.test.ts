/** What is said of files that are not clean images, and what is read from them. */
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { BYTE_ORDERS } from '../lib/diagnose/byteOrder.ts';
import { diagnose } from '../lib/diagnose/diagnose.ts';
import { diagnoseOpened } from '../lib/diagnose/openedImage.ts';
import { scan, type ScanHit } from '../lib/diagnose/scan.ts';
import { SPARE_GEOMETRIES } from '../lib/diagnose/spareBytes.ts';
import { CramfsImage } from '../lib/image/image.ts';
import { rangeCrc } from '../lib/inspect/imageCrc.ts';
import { diagnosisWords } from '../lib/report/diagnosisWords.ts';
import { type ByteSource, bytesSource } from '../lib/source/byteSource.ts';
import { CR, gzipOfZeros, inOrder, LF, mapBytes, noise, uImageOf, withSpareBytes, zipOf } from './support/dumps.ts';
import { fixture } from './support/fixtures.ts';

const little = Buffer.from(fixture('images/mini-plain.cramfs.gz'));
const big = Buffer.from(fixture('images/mini-B.cramfs.gz'));
const direct = Buffer.from(fixture('images/mini-XX.cramfs.gz'));

const hitsIn = (bytes: Uint8Array): ScanHit[] => [...scan(bytesSource(bytes))];
const contentOf = (hit: ScanHit | undefined, length: number): Buffer => Buffer.from(hit?.source.read(0, length) ?? []);
const say = (bytes: Uint8Array): ReturnType<typeof diagnosisWords> => diagnosisWords(diagnose(bytesSource(bytes)));

describe('a dump in another order of bytes', () => {
  test.each(BYTE_ORDERS.map((order) => [`${order.words} ${order.bits}`, order] as const))(
    'is found and put in order: %s',
    (_name, order) => {
      for (const [image, before] of [
        [little, 0],
        [big, 4096],
        [direct, 333],
      ] as const) {
        const dump = Buffer.concat([noise(before), image, Buffer.alloc(5000, 0xff)]);
        const [hit, ...others] = hitsIn(inOrder(dump, order));
        expect(others).toEqual([]);
        expect(hit).toMatchObject({ offset: before, crc: { state: 'good' }, undone: [{ kind: 'order', ...order }] });
        expect(contentOf(hit, image.length).equals(image)).toBe(true);
      }
    },
  );

  test('with spare bytes in it, both are undone', () => {
    const order = { words: '16', bits: 'plain' } as const;
    for (const geometry of SPARE_GEOMETRIES) {
      const [hit] = hitsIn(inOrder(withSpareBytes(little, geometry), order));
      expect(hit?.undone).toEqual([
        { kind: 'order', ...order },
        { kind: 'spare', ...geometry },
      ]);
      expect(contentOf(hit, little.length).equals(little)).toBe(true);
    }
  });

  test('of a uImage whose data is packed', () => {
    const dump = inOrder(uImageOf(gzipSync(little)), { words: '32', bits: 'plain' });
    const [hit] = hitsIn(dump);
    expect(hit).toMatchObject({
      undone: [{ kind: 'order', words: '32', bits: 'plain' }],
      within: [{ format: 'gzip', offset: 64 }],
    });
    expect(contentOf(hit, little.length).equals(little)).toBe(true);
  });

  test('is said in one sentence, with where to go on', () => {
    const dump = inOrder(Buffer.concat([Buffer.alloc(65536, 0xff), little]), { words: '16', bits: 'inverted' });
    expect(say(dump)).toEqual({
      code: 'byte-order',
      sentence:
        'the two bytes of each 16-bit word are swapped, and all bits are inverted; ' +
        'a cramfs image is at 0x10000 (with that undone its CRC is right)',
      next: { kind: 'image', index: 1 },
    });
  });
});

describe('a dump that was taken for text', () => {
  test.each([
    ['lf-to-crlf', (byte: number) => (byte === LF ? [CR, LF] : [byte])],
    ['latin1-to-utf8', (byte: number) => [...Buffer.from(String.fromCharCode(byte), 'utf8')]],
  ] as const)('%s is undone, and the CRC proves it', (change, apply) => {
    for (const image of [little, big]) {
      const [hit, ...others] = hitsIn(mapBytes(image, apply));
      expect(others).toEqual([]);
      expect(hit).toMatchObject({ offset: 0, crc: { state: 'good' }, undone: [{ kind: 'text', change }] });
      expect(contentOf(hit, image.length).equals(image)).toBe(true);
    }
  });

  test.each([
    ['no-cr', 'no carriage return', (byte: number) => [byte === CR ? LF : byte]],
    ['no-cr', 'no carriage return', (byte: number) => (byte === CR ? [] : [byte])],
    ['no-lf', 'no line feed', (byte: number) => [byte === LF ? CR : byte]],
    ['seven-bit', 'the top bit of every byte was cleared', (byte: number) => [byte & 0x7f]],
  ] as const)('%s is lost for good', (loss, words, apply) => {
    const dump = mapBytes(little, apply);
    expect(hitsIn(dump)[0]).toMatchObject({ loss });
    const { code, sentence } = say(dump);
    expect(code).toBe(loss === 'seven-bit' ? 'magic' : 'text-conversion');
    expect(sentence).toContain(words);
    expect(sentence).toContain('read or transfer the dump again in binary mode');
  });

  test('bytes replaced by U+FFFD are named', () => {
    const dump = mapBytes(little, (byte) => (byte < 0x80 ? [byte] : [0xef, 0xbf, 0xbd]));
    expect(say(dump)).toMatchObject({ code: 'text-conversion', next: null });
  });

  test('an image that is damaged otherwise is not said to be so', () => {
    const damaged = Buffer.from(little);
    damaged[20_000] = (damaged[20_000] ?? 0) ^ 1;
    expect(hitsIn(damaged)[0]).toMatchObject({ crc: { state: 'wrong' }, undone: [], loss: null });
  });
});

describe('a magic number that is not there', () => {
  const withMagic = (image: Buffer, hex: string): Buffer => {
    const changed = Buffer.from(image);
    changed.write(hex, 0, 'hex');
    return changed;
  };

  test.each(['00000000', 'ffffffff', '453dcd29', 'deadbeef'])('%s in its place: damaged', (magic) => {
    for (const image of [little, big, direct]) {
      const [hit, ...others] = hitsIn(Buffer.concat([noise(1001), withMagic(image, magic), noise(99)]));
      expect(others).toEqual([]);
      expect(hit).toMatchObject({ offset: 1001, crc: { state: 'good' }, undone: [{ kind: 'magic', covered: false }] });
      expect(contentOf(hit, image.length).equals(image)).toBe(true);
    }
    expect(say(withMagic(little, magic))).toMatchObject({ code: 'magic', next: { kind: 'image', index: 1 } });
  });

  test("a vendor's own, which the CRC covers: it is put right, and the CRC with it", () => {
    const changed = withMagic(little, '12345678');
    changed.writeUInt32LE(rangeCrc(bytesSource(changed), 0, changed.length), 32);
    const [hit] = hitsIn(changed);
    expect(hit).toMatchObject({ crc: { state: 'good' }, undone: [{ kind: 'magic', covered: true }] });
    expect(contentOf(hit, little.length).equals(little)).toBe(true);
  });

  test('with a wrong CRC too, the tree is the proof; a signature alone is none', () => {
    const damaged = withMagic(little, '00000000');
    damaged[damaged.length - 1] = 1;
    expect(hitsIn(damaged)[0]).toMatchObject({ crc: { state: 'wrong' }, undone: [{ kind: 'magic' }] });
    const alone = Buffer.concat([noise(400), Buffer.from('Compressed ROMFS'), noise(9000, 7)]);
    expect(hitsIn(alone)).toEqual([]);
    for (const order of BYTE_ORDERS) expect(hitsIn(inOrder(alone, order))).toEqual([]);
  });
});

describe('members', () => {
  test('of gzip and zip files are looked into, wherever they are', () => {
    for (const [dump, member] of [
      [gzipSync(little), { format: 'gzip', offset: 0 }],
      [Buffer.concat([noise(5000), gzipSync(little), noise(200_000)]), { format: 'gzip', offset: 5000 }],
      [zipOf('rootfs.img', little), { format: 'zip', offset: 0, name: 'rootfs.img' }],
      [Buffer.concat([noise(77), zipOf('a/b', little)]), { format: 'zip', offset: 77, name: 'a/b' }],
      [zipOf('rootfs.img', little, { label: 'DH' }), { format: 'zip', offset: 0, name: 'rootfs.img' }],
    ] as const) {
      const [hit, ...others] = hitsIn(dump);
      expect(others).toEqual([]);
      expect(hit).toMatchObject({ offset: 0, within: [member], crc: { state: 'good' } });
      expect(contentOf(hit, little.length).equals(little)).toBe(true);
    }
  });

  test('a stored zip member needs no unpacking', () => {
    expect(hitsIn(zipOf('x', little, { stored: true }))).toMatchObject([{ offset: 31, within: [] }]);
  });

  test('in members are looked into, three deep', () => {
    const three = gzipSync(zipOf('inner', gzipSync(Buffer.concat([noise(10), little]))));
    expect(hitsIn(three)).toMatchObject([
      { offset: 10, within: [{ format: 'gzip' }, { format: 'zip', name: 'inner' }, { format: 'gzip' }] },
    ]);
    expect(hitsIn(gzipSync(three))).toEqual([]);
  });

  test('a damaged member is not taken', () => {
    const packed = gzipSync(little);
    packed[packed.length - 8] = (packed[packed.length - 8] ?? 0) ^ 1;
    expect(hitsIn(packed)).toEqual([]);
    expect(say(packed)).toMatchObject({ code: 'gzip', next: { kind: 'pipe' } });
  });

  test('unpacking by hand is proposed only where that shows more', () => {
    const text = Buffer.alloc(5000, 'no image');
    const next = (bytes: Uint8Array): unknown => say(bytes).next;
    expect(say(gzipSync(text))).toEqual({
      code: 'gzip',
      sentence: 'it is gzip data, and no image was found in it',
      next: null,
    });
    expect(next(Buffer.concat([gzipSync(text), Buffer.alloc(512)]))).toBeNull();
    expect(next(gzipSync(gzipSync(gzipSync(text))))).toBeNull();
    // Two members that gzip joins; more of them in each other than are unpacked; what was not looked into; damage.
    expect(next(Buffer.concat([gzipSync(text), gzipSync(text)]))).toMatchObject({ kind: 'pipe' });
    expect(next(gzipSync(gzipSync(gzipSync(gzipSync(text)))))).toMatchObject({ kind: 'pipe' });
    expect(next(gzipOfZeros(100 << 20))).toMatchObject({ kind: 'pipe' });
    expect(next(gzipSync(text).subarray(0, -9))).toMatchObject({ kind: 'pipe' });
    for (const magic of ['BZh91AY&SY', '\xfd7zXZ\0', 'LZIP\x01']) {
      expect(next(Buffer.concat([Buffer.from(magic, 'latin1'), noise(500)]))).toMatchObject({ kind: 'pipe' });
    }
  });

  test.each([
    ['gzip', gzipOfZeros(100 << 20)],
    ['zip', zipOf('bomb', Buffer.alloc(100 << 20))],
  ])('a bomb in %s is not unpacked to its end, and that is said', (format, bomb) => {
    expect(bomb.length).toBeLessThan(200_000);
    const refused: number[] = [];
    const hits = [...scan(bytesSource(bomb), { onTooLarge: (_member, limit) => refused.push(limit) })];
    expect(hits).toEqual([]);
    expect(refused).toEqual([64 << 20]);
    expect(say(bomb).sentence).toContain(
      `the ${format} member at 0x0 unpacks to more than 64 MiB and was not searched`,
    );
  });
});

describe('other files are named', () => {
  const hex = (text: string): Buffer => Buffer.concat([Buffer.from(text.replaceAll(' ', ''), 'hex'), noise(4000)]);
  test.each([
    ['xz', hex('fd377a585a00')],
    ['bzip2', hex('425a6839314159265359')],
    ['lzma', hex('5d00008000ffffffffffffffff00')],
    ['zstd', hex('28b52ffd')],
    ['lz4', hex('04224d18')],
    ['7z', hex('377abcaf271c')],
    ['squashfs', hex('68737173')],
    ['ubi', hex('55424923')],
    ['jffs2', hex('8519 0320')],
    ['elf', hex('7f454c46')],
    ['uimage', uImageOf(noise(3000))],
    ['uimage', uImageOf(noise(3000), { badHeader: true })],
    ['zip', zipOf('a', noise(3000), { label: 'DH' })],
    ['cpio', Buffer.from('070701'.padEnd(300, '0'))],
    ['intel-hex', Buffer.from(':10000000453DCD2800400000030000000000000003\n')],
    ['base64', Buffer.from(little.toString('base64'))],
    ['hex-dump', Buffer.from(little.toString('hex'))],
  ])('%s', (code, bytes) => {
    expect(say(bytes).code).toBe(code);
  });

  test.each([
    [0xff, 'all 0xff (erased flash)'],
    [0x00, 'all 0x00'],
    [0xf6, 'all 0xf6 (a formatted disk)'],
  ])('a medium filled with %i', (byte, words) => {
    expect(say(Buffer.alloc(70_000, byte))).toEqual({
      code: 'filler',
      sentence: `there is nothing in it: 70000 bytes, ${words}`,
      next: null,
    });
  });

  test('a file that was too long to be looked through, as far as it was', () => {
    const { sentence } = diagnosisWords({ kind: 'filler', byte: 0, bytes: 2 ** 28, whole: false });
    expect(sentence).toBe('its first 268435456 bytes are all 0x00, and no image was found in them');
  });

  test('an empty file, and one that nothing is known of', () => {
    expect(say(Buffer.alloc(0)).sentence).toBe('the file is empty');
    expect(say(Buffer.from('hello, world')).sentence).toBe('it begins with 68 65 6c 6c, and no image was found in it');
  });

  test('a uImage with an image in it, its header good or bad', () => {
    expect(say(uImageOf(little))).toEqual({
      code: 'elsewhere',
      sentence: 'it is a uImage "romfs"; a cramfs image is at 0x40 (CRC good)',
      next: { kind: 'offset', offset: 64 },
    });
    expect(say(uImageOf(little, { badHeader: true })).sentence).toContain('a uImage "romfs" with a wrong header CRC');
  });
});

describe('an image that opens', () => {
  /** What is said of it, and how many bytes were read for that. */
  const look = (bytes: Uint8Array) => {
    const source = bytesSource(bytes);
    const image = CramfsImage.open(source);
    let read = 0;
    const counted: ByteSource = {
      size: source.size,
      read: (offset, length) => {
        const found = source.read(offset, length);
        read += found.length;
        return found;
      },
      close: () => undefined,
    };
    const diagnosis = diagnoseOpened(counted, CramfsImage.open(counted), 0);
    return { hit: diagnosis?.kind === 'image' ? diagnosis.hit : null, read, size: image.superblock.size };
  };

  test('is taken as it was written by a few of its bytes, if its file ends with it', () => {
    const image = Buffer.from(fixture('images/root-XX.cramfs.gz'));
    const exact = look(image);
    expect(exact).toMatchObject({ hit: null, size: image.length });
    expect(exact.read).toBeLessThan(image.length / 10);
    const longer = look(Buffer.concat([image, Buffer.alloc(4096, 0xff)]));
    expect(longer.hit).toBeNull();
    expect(longer.read).toBeGreaterThan(image.length);
    // Nothing is said of damage of unknown cause, however it is met.
    const damaged = Buffer.from(image);
    damaged[500_000] = (damaged[500_000] ?? 0) ^ 1;
    expect([look(damaged).hit, look(Buffer.concat([damaged, Buffer.alloc(1)])).hit]).toEqual([null, null]);
  });

  test.each([
    ['no-cr', (byte: number) => [byte === CR ? LF : byte]],
    ['no-lf', (byte: number) => [byte === LF ? CR : byte]],
  ] as const)('of the same length, is said to have lost something: %s', (loss, apply) => {
    const dump = mapBytes(little, apply);
    expect(dump.length).toBe(little.length);
    expect(look(dump).hit).toMatchObject({ loss });
  });

  test('with spare bytes, or line ends that were converted, is diagnosed as before', () => {
    const [spare = { page: 2048, spare: 64 }] = SPARE_GEOMETRIES;
    for (const dump of [withSpareBytes(little, spare), mapBytes(little, (byte) => (byte === LF ? [CR, LF] : [byte]))]) {
      expect(look(dump).hit?.undone).toHaveLength(1);
    }
  });
});
