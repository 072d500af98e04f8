/** The on-disk structures, byte for byte and both ways. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { deflateSync } from 'node:zlib';
import { decodeBlockPointer, encodeBlockPointer } from '../lib/format/blockPointer.ts';
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFREG, S_IFSOCK } from '../lib/format/constants.ts';
import { crc32, crcHex } from '../lib/format/crc32.ts';
import { portableCrc32 } from '../lib/format/portableCrc32.ts';
import {
  decodeInode,
  deviceNumber,
  encodeInode,
  fileType,
  type InodeFields,
  inodeNumber,
} from '../lib/format/inode.ts';
import { decodeName, encodeName, printableName } from '../lib/format/names.ts';
import { decodeSuperblock, encodeSuperblock, findSuperblock } from '../lib/format/superblock.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const unhex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

describe('an inode', () => {
  const inode: InodeFields = { mode: 0o100755, uid: 0x1234, size: 0xabcdef, gid: 0x56, namelen: 8, offset: 0x1000 };

  test.each([
    // mode 0x81ed | uid << 16; size | gid << 24; namelen / 4 | offset / 4 << 6
    ['little', true, 'ed81 3412  efcdab 56  02000100'],
    // mode << 16 | uid; size << 8 | gid; namelen / 4 << 26 | offset / 4
    ['big', false, '81ed 1234  abcdef 56  08000400'],
  ])('has these bytes on a %s-endian CPU', (_order, littleEndian, bytes) => {
    expect(hex(encodeInode(inode, littleEndian))).toBe(bytes.replaceAll(' ', ''));
    expect(decodeInode(view(unhex(bytes)), 0, littleEndian)).toEqual(inode);
  });

  test('is the same after encoding and decoding, at any alignment', () => {
    const field = (bits: number): fc.Arbitrary<number> => fc.integer({ min: 0, max: 2 ** bits - 1 });
    const inodes = fc.record({
      mode: field(16),
      uid: field(16),
      size: field(24),
      gid: field(8),
      namelen: field(6).map((units) => units * 4),
      offset: field(26).map((units) => units * 4),
    });
    fc.assert(
      fc.property(inodes, fc.boolean(), fc.nat(3), (fields, littleEndian, shift) => {
        const bytes = new Uint8Array(16);
        bytes.set(encodeInode(fields, littleEndian), shift);
        expect(decodeInode(view(bytes), shift, littleEndian)).toEqual(fields);
      }),
    );
  });

  test('loses what does not fit its fields, and nothing else', () => {
    const wide = { mode: 0x1_81ed, uid: 0x5_1234, size: 0xff_abcdef, gid: 0x3_56, namelen: 8, offset: 0x1000 };
    for (const littleEndian of [true, false]) {
      expect(decodeInode(view(encodeInode(wide, littleEndian)), 0, littleEndian)).toEqual(inode);
    }
  });

  test('knows its type and device number', () => {
    const types = [S_IFREG, S_IFDIR, S_IFLNK, S_IFCHR, S_IFBLK, S_IFIFO, S_IFSOCK, 0, 0xf000].map((mode) =>
      fileType(mode | 0o644),
    );
    expect(types).toEqual([
      'file',
      'directory',
      'symlink',
      'chardev',
      'blockdev',
      'fifo',
      'socket',
      'unknown',
      'unknown',
    ]);
    expect(deviceNumber(0x010803)).toEqual({ major: 8, minor: 3 });
  });

  test('is numbered by its data, and by its place where it has none', () => {
    expect(inodeNumber(inode, 200)).toBe(0x1000);
    expect(inodeNumber({ ...inode, size: 0 }, 200)).toBe(201);
    expect(inodeNumber({ ...inode, offset: 0 }, 200)).toBe(201);
    expect(inodeNumber({ ...inode, mode: S_IFCHR | 0o600 }, 200)).toBe(201);
    expect(inodeNumber({ ...inode, mode: S_IFLNK | 0o777 }, 200)).toBe(0x1000);
  });
});

describe('a block pointer', () => {
  test.each([
    [0x00001234, { uncompressed: false, direct: false, address: 0x1234 }],
    [0x80001234, { uncompressed: true, direct: false, address: 0x1234 }],
    [0x40001234, { uncompressed: false, direct: true, address: 0x48d0 }],
    [0xc0001234, { uncompressed: true, direct: true, address: 0x48d0 }],
    [0xffffffff, { uncompressed: true, direct: true, address: 0xfffffffc }],
    [0x3fffffff, { uncompressed: false, direct: false, address: 0x3fffffff }],
  ])('%p means what it says', (pointer, meaning) => {
    expect(decodeBlockPointer(pointer)).toEqual(meaning);
    expect(encodeBlockPointer(meaning)).toBe(pointer);
  });

  test('is the same after decoding and encoding', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffffff }), (pointer) => {
        expect(encodeBlockPointer(decodeBlockPointer(pointer))).toBe(pointer);
      }),
    );
  });
});

describe('the superblock', () => {
  const root: InodeFields = { mode: S_IFDIR | 0o755, uid: 0, size: 0x24, gid: 0, namelen: 0, offset: 76 };
  const superblock = {
    size: 0x5000,
    flags: 0x803,
    future: 0,
    signature: encodeName('Compressed ROMFS'),
    crc: 0xdeadbeef,
    edition: 7,
    blocks: 9,
    files: 3,
    name: encodeName('Compressed\0\0\0\0\0\0'),
    root,
  };
  const text = Buffer.from('Compressed ROMFS').toString('hex');
  const name = `${Buffer.from('Compressed').toString('hex')}000000000000`;
  const bytes = {
    little:
      `453dcd28 00500000 03080000 00000000 ${text} efbeadde 07000000 09000000 03000000 ${name} ` +
      'ed410000 24000000 c0040000',
    big:
      `28cd3d45 00005000 00000803 00000000 ${text} deadbeef 00000007 00000009 00000003 ${name} ` +
      '41ed0000 00002400 00000013',
  };

  test.each([
    ['little', true],
    ['big', false],
  ] as const)('has these bytes in %s endian', (order, littleEndian) => {
    const encoded = encodeSuperblock({ ...superblock, littleEndian });
    expect(hex(encoded)).toBe(bytes[order].replaceAll(' ', ''));
    const place = findSuperblock(encoded);
    expect(place).toEqual({ position: 0, littleEndian });
    if (place === null) return;
    expect(decodeSuperblock(encoded, place)).toEqual({ ...superblock, littleEndian, position: 0 });
  });

  test('is found at 0 before 512, and nowhere else', () => {
    const head = encodeSuperblock({ ...superblock, littleEndian: true });
    const at = (...places: number[]): Uint8Array => {
      const image = new Uint8Array(1200);
      for (const place of places) image.set(head, place);
      return image;
    };
    expect(findSuperblock(at(512))).toEqual({ position: 512, littleEndian: true });
    expect(findSuperblock(at(0, 512))).toEqual({ position: 0, littleEndian: true });
    expect(findSuperblock(at(4))).toBeNull();
    expect(findSuperblock(at(1024))).toBeNull();
    expect(findSuperblock(at(512).subarray(0, 515))).toBeNull();
    expect(findSuperblock(new Uint8Array(0))).toBeNull();
  });

  test('is the same after encoding and decoding, behind a boot pad too', () => {
    const word = fc.integer({ min: 0, max: 0xffffffff });
    const sixteen = fc.uint8Array({ minLength: 16, maxLength: 16 });
    const fields = fc.record({
      size: word,
      flags: word,
      future: word,
      signature: sixteen,
      crc: word,
      edition: word,
      blocks: word,
      files: word,
      name: sixteen,
      littleEndian: fc.boolean(),
    });
    fc.assert(
      fc.property(fields, fc.constantFrom(0, 512), (given, position) => {
        const image = new Uint8Array(position + 76);
        image.set(encodeSuperblock({ ...given, root }), position);
        const place = { position, littleEndian: given.littleEndian };
        expect(findSuperblock(image)).toEqual(place);
        expect(decodeSuperblock(image, place)).toEqual({ ...given, root, position });
      }),
    );
  });
});

describe('a CRC-32', () => {
  test('is that of zlib', () => {
    expect(crcHex(crc32(encodeName('123456789')))).toBe('cbf43926');
    expect(crcHex(crc32(new Uint8Array(4096)))).toBe('c71c0011');
    expect(crcHex(crc32(new Uint8Array(0)))).toBe('00000000');
  });

  test('is the same without Node, and in pieces', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), (bytes, cut) => {
        const whole = crc32(bytes);
        expect(portableCrc32(bytes)).toBe(whole);
        expect(portableCrc32(bytes.subarray(cut), portableCrc32(bytes.subarray(0, cut)))).toBe(whole);
      }),
    );
  });
});

describe('a name', () => {
  test('of any bytes survives the way to a string, through JSON, and back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const text = JSON.parse(JSON.stringify(decodeName(bytes))) as string;
        expect(hex(encodeName(text))).toBe(hex(bytes));
      }),
    );
  });

  test('of text is that text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(decodeName(encodeName(text))).toBe(text);
      }),
    );
  });

  test.each([
    ['ff', '\udcff'],
    ['41ff42', 'A\udcffB'],
    ['c3a4ff', 'ä\udcff'],
    ['e282', '\udce2\udc82'], // a cut sequence
    ['c080', '\udcc0\udc80'], // an overlong form
    ['eda080', '\udced\udca0\udc80'], // a surrogate
    ['efbbbf41', '\ufeffA'], // a byte order mark is a part of the name
    ['f09f9880', '😀'],
  ])('of the bytes %s is %j', (bytes, text) => {
    expect(decodeName(unhex(bytes))).toBe(text);
    expect(hex(encodeName(text))).toBe(bytes);
  });

  test.each([
    ['plain ä 😀', 'plain ä 😀'],
    ['a\nb\tc\rd', 'a\\nb\\tc\\rd'],
    ['\u001b[31mred', '\\x1b[31mred'],
    ['\u0000\u007f\u0085', '\\x00\\x7f\\x85'],
    ['back\\slash', 'back\\\\slash'],
    ['\u202egpj.exe', '\\u202egpj.exe'],
    ['\u200e\u2066\u2069\ufeff', '\\u200e\\u2066\\u2069\\ufeff'],
    ['A\udcffB', 'A\\xffB'],
    ['\ud800', '\\ud800'],
  ])('%j is shown as %s', (name, shown) => {
    expect(printableName(name)).toBe(shown);
  });

  test('is shown without anything that moves the cursor or reorders the line', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        // Format and control characters, lone surrogates, line and paragraph separators.
        expect(printableName(decodeName(bytes))).not.toMatch(
          /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u,
        );
      }),
    );
  });
});

test('a zlib stream starts as RFC 1950 says', () => {
  // What guesses of the block size rest on.
  const [cmf = 0, flags = 0] = deflateSync(new Uint8Array(9), { level: 9 });
  expect([cmf & 15, (cmf * 256 + flags) % 31]).toEqual([8, 0]);
});
