/** One character for each byte, in Node and without it. */
import { expect, test } from '@jest/globals';
import { latin1Text } from '../lib/base/bytes.ts';

test.each([0, 1, 255, 4096, 4097, 70_000])('%d bytes become as many characters, in Node and without it', (length) => {
  const bytes = Uint8Array.from({ length: length + 3 }, (_, i) => (i * 31 + (i >> 8)) & 0xff).subarray(3);
  const text = latin1Text(bytes);
  expect(text).toHaveLength(length);
  expect(Array.from(text, (letter) => letter.charCodeAt(0))).toEqual([...bytes]);
  expect(latin1Text(bytes, {})).toBe(text);
});
