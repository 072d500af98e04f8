/** Formats of vendors: read, named, checked, and linear XIP mapped as by the kernels that had it. */
import { describe, expect, test } from '@jest/globals';
import { RULES, VENDOR_RULES } from '../lib/check/rules/index.ts';
import { checkImage } from '../lib/check/checkImage.ts';
import { kernelModel } from '../lib/driver/models/named.ts';
import { readContent } from '../lib/image/content.ts';
import { findPath } from '../lib/inspect/findPath.ts';
import { imageInfo } from '../lib/inspect/imageInfo.ts';
import { openDetected } from '../lib/inspect/openDetected.ts';
import { Board } from '../lib/verdict/board.ts';
import { SOUND } from './support/checkCases.ts';
import { noise } from './support/dumps.ts';
import { buildRawImage } from './support/rawImage.ts';
import { imageOf, LZMA_BLOCKS, TEXT } from './support/vendorImage.ts';
import { type VendorFormat, vendorImage } from './support/vendorFormatImage.ts';

const text = (bytes: number): Buffer =>
  Buffer.from('vendors ship what they have\n'.repeat(Math.ceil(bytes / 28))).subarray(0, bytes);
const program = noise(3 * 4096 + 1000, 5);
const whole = noise(2 * 4096, 9);
const FILES = [
  { name: 'a.txt', data: text(9000) },
  { name: 'prog', data: program, raw: true },
  { name: 'whole', data: whole, raw: true },
  { name: 'z.txt', data: text(100) },
];

const contentsOf = (bytes: Uint8Array): Record<string, Buffer> => {
  const image = openDetected(bytes);
  return Object.fromEntries(
    FILES.map(({ name }) => [name, Buffer.from(readContent(image, findPath(image, `/${name}`).inode))]),
  );
};
const idsOf = (bytes: Uint8Array, rules = RULES): string[] =>
  checkImage(openDetected(bytes), { rules })
    .findings.filter(({ severity }) => severity !== 'note')
    .map(({ id }) => id);

describe.each([true, false])('linear XIP, little endian: %s', (littleEndian) => {
  const bytes = vendorImage(FILES, { littleEndian });

  test('is read: every file as it was put in', () => {
    expect(contentsOf(bytes)).toEqual(Object.fromEntries(FILES.map(({ name, data }) => [name, Buffer.from(data)])));
  });

  test('is named by info, and no damage', () => {
    const info = imageInfo(openDetected(bytes));
    expect(info).toMatchObject({ problemCount: 0, neededKernel: null, crc: { state: 'good' } });
    expect(info.variants.map(({ code }) => code)).toEqual(['linear-xip']);
  });

  test('one error of check says that Linux cannot read it; for a vendor there is none', () => {
    expect(idsOf(bytes)).toEqual(['image/vendor-unreadable']);
    expect(idsOf(bytes, VENDOR_RULES)).toEqual([]);
  });

  const map = (path: string, kernel: string, offset = 0, length?: number): ReturnType<Board['map']> =>
    new Board(openDetected(bytes), { kernel: kernelModel(kernel) }).map(
      { path, offset, length, prot: 'r' },
      { pages: true },
    );

  test('its own kernels map a raw file from the page boundary at or after its offset', () => {
    const verdict = map('/prog', 'linear-xip');
    expect(verdict).toMatchObject({ state: 'pfnmap', errno: null });
    expect(verdict.pages?.map(({ kind }) => kind)).toEqual(['direct', 'direct', 'direct', 'direct']);
    expect(map('/a.txt', 'linear-xip')).toMatchObject({ state: 'none', errno: null });
  });

  test('Linux of today does not', () => {
    expect(map('/prog', 'linux').state).toBe('none');
  });
});

describe('layouts of vendors', () => {
  const errorsOf = (bytes: Uint8Array, rules = RULES): unknown[] =>
    checkImage(openDetected(bytes), { rules })
      .findings.filter(({ id, severity }) => severity !== 'note' && /vendor|flags/.test(id))
      .map(({ id, args }) => [id, args]);
  const unreadable = (effect: string, flags = 0): unknown => ['image/vendor-unreadable', { effect, flags }];
  const lzma = (flags: number): Uint8Array => imageOf({ blocks: LZMA_BLOCKS, size: TEXT.length, flags });

  test.each([
    ['16-byte inodes', imageOf({ blocks: [], size: 0, flags: 3, wide: true }), unreadable('sees-no-files')],
    ['LZMA', lzma(3), unreadable('misreads')],
    ['LZMA with flags', lzma(3 | (2 << 11) | (2 << 14)), unreadable('refuses', 0x9000)],
  ])('%s: one error says what Linux makes of it, and for a vendor there is none', (_, bytes, error) => {
    expect(errorsOf(bytes)).toEqual([error]);
    expect(errorsOf(bytes, VENDOR_RULES)).toEqual([]);
  });

  test('flags that no format explains are unknown; for a vendor they are none of our business', () => {
    const bytes = buildRawImage({ ...SOUND, flags: 0x1903 });
    expect(errorsOf(bytes)).toEqual([['image/flags-unsupported', { flags: 0x1000 }]]);
    expect(errorsOf(bytes, VENDOR_RULES)).toEqual([]);
  });
});

describe('other formats of vendors', () => {
  const plain = FILES.map(({ name, data }) => ({ name, data }));
  test.each<[string, VendorFormat]>([
    ['unflagged-stored', { stored: true }],
    ['unflagged-stored', { stored: true, littleEndian: false }],
    ['long-tables', { extraPointers: 1 }],
    ['long-tables', { extraPointers: 3, littleEndian: false }],
  ])('%s %o', (code, format) => {
    const bytes = vendorImage(plain, format);
    expect(contentsOf(bytes)).toEqual(Object.fromEntries(plain.map(({ name, data }) => [name, Buffer.from(data)])));
    expect(imageInfo(openDetected(bytes)).variants.map((note) => note.code)).toEqual([code]);
    expect(idsOf(bytes)).toEqual(['image/vendor-unreadable']);
    expect(idsOf(bytes, VENDOR_RULES)).toEqual([]);
  });

  test('an ordinary image with a sticky file is none of them', () => {
    const bytes = vendorImage(plain.map((file) => ({ ...file, mode: 0o1755 })));
    expect(imageInfo(openDetected(bytes)).variants).toEqual([]);
    expect(idsOf(bytes)).toEqual([]);
  });
});
