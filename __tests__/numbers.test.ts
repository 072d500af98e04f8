/** Numbers as users write them. */
import { describe, expect, test } from '@jest/globals';
import { parseNumber } from '../lib/cli/numbers.ts';

describe('a number', () => {
  test.each([
    ['0', 0],
    ['4096', 4096],
    ['0x1000', 4096],
    ['0X1f', 31],
    ['0xABCDEF', 0xabcdef],
    ['4k', 4096],
    ['4K', 4096],
    ['4KiB', 4096],
    ['4kib', 4096],
    ['2M', 2 << 20],
    ['2MiB', 2 << 20],
    ['1G', 2 ** 30],
    ['1GiB', 2 ** 30],
    ['0x10K', 16384],
    ['3p', 3 * 4096],
    ['0p', 0],
    ['0x10p', 65536],
    [' 12 ', 12],
    ['010', 10], // never octal
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
  ])('%j is %d', (text, value) => {
    expect(parseNumber(text, '--offset', 4096)).toBe(value);
  });

  test('of pages goes by the page size', () => {
    expect(parseNumber('2p', '--length', 16384)).toBe(32768);
    expect(() => parseNumber('2p', '--page-size', null)).toThrow('--page-size: "2p" is not a number');
  });

  test.each(['', ' ', 'x', '0x', '-1', '+1', '1.5', '1e3', '4KB', '4T', '0xg', '1 2', '١', '4pp', '1_000', 'NaN'])(
    '%j is none, and the error names the option',
    (text) => {
      expect(() => parseNumber(text, '--offset', 4096)).toThrow(
        expect.objectContaining({
          code: 'USAGE',
          message: expect.stringContaining(`--offset: "${text}" is not a number`),
        }),
      );
    },
  );

  test.each([
    '9007199254740992',
    '0xffffffffffffffff',
    '99999999999999999999999',
    '9007199254740991K',
    `1${'0'.repeat(400)}`,
  ])('%s is too large', (text) => {
    expect(() => parseNumber(text, '--phys', 4096)).toThrow(/^--phys: "[0-9a-fxK]+" is too large$/);
  });
});
