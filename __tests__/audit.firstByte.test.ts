/** What compressed data begins with, held against what it inflates to. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { constants, deflateSync } from 'node:zlib';
import { canBeginWith } from '../lib/audit/firstByte.ts';

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 4096 }),
  fc.string({ maxLength: 4096, unit: 'grapheme' }).map((text) => new TextEncoder().encode(text)),
  fc.array(fc.constantFrom(0, 1, 0x7f, 0x45, 0xff), { maxLength: 4096 }).map((list) => Uint8Array.from(list)),
);
const options = fc.record({
  level: fc.integer({ min: 0, max: 9 }),
  strategy: fc.constantFrom(constants.Z_DEFAULT_STRATEGY, constants.Z_HUFFMAN_ONLY, constants.Z_FIXED, constants.Z_RLE),
});

describe('a compressed block', () => {
  test('can begin with what it does begin with, however little of it is seen', () => {
    fc.assert(
      fc.property(bytes, options, fc.integer({ min: 0, max: 300 }), (content, how, seen) => {
        const stream = deflateSync(content, how);
        expect(canBeginWith(stream, content[0] ?? 0x7f) || (content[0] ?? 0xff) > 143).toBe(true);
        expect(canBeginWith(stream.subarray(0, seen), content[0] ?? 0x7f) || (content[0] ?? 0xff) > 143).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test('is told from a program by its codes', () => {
    const text = new TextEncoder().encode(
      'no byte of this is 127, and there is enough of it for codes of its own. '.repeat(9),
    );
    for (const how of [{ level: 9 }, { strategy: constants.Z_FIXED }, { level: 0 }]) {
      expect(canBeginWith(deflateSync(text, how), 0x7f)).toBe(false);
    }
  });

  test('that is no zlib stream can begin with anything', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (stream) => {
        expect(typeof canBeginWith(stream, 0x7f)).toBe('boolean');
      }),
    );
    expect(canBeginWith(Uint8Array.of(0x5d, 0, 0, 1), 0x7f)).toBe(true);
    expect(canBeginWith(new Uint8Array(0), 0x7f)).toBe(true);
  });
});
