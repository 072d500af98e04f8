/** What compressed data begins with, held against what it inflates to. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { constants, deflateSync } from 'node:zlib';
import { canBeginWith } from '../lib/audit/firstByte.ts';

/** Bytes of a few kinds, some of them perhaps far more often than others: what pays for Huffman codes of its own. */
const skewed = fc
  .record({
    alphabet: fc.oneof(
      fc.uniqueArray(fc.integer({ min: 0, max: 255 }), { minLength: 2, maxLength: 40 }),
      // Neighbours have codes of the same length, which are written as repetitions.
      fc.tuple(fc.nat(150), fc.integer({ min: 8, max: 100 })).map(([first, count]) => {
        return Array.from({ length: count }, (_, i) => first + i);
      }),
    ),
    /** 1 for all as often as each other. */
    skew: fc.constantFrom(1, 3),
    length: fc.integer({ min: 200, max: 3000 }),
    seed: fc.integer(),
  })
  .map(({ alphabet, skew, length, seed }) => {
    let state = seed | 1;
    return Uint8Array.from({ length }, () => {
      state = Math.imul(state, 0x5bd1e995) ^ (state >>> 13);
      const fraction = (state >>> 0) / 2 ** 32;
      return alphabet[Math.floor(fraction ** skew * alphabet.length)] ?? 0;
    });
  });
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 4096 }),
  fc.string({ maxLength: 4096, unit: 'grapheme' }).map((text) => new TextEncoder().encode(text)),
  fc.array(fc.constantFrom(0, 1, 0x7f, 0x45, 0xff), { maxLength: 4096 }).map((list) => Uint8Array.from(list)),
  { weight: 3, arbitrary: skewed },
);
const options = fc.record({
  level: fc.integer({ min: 0, max: 9 }),
  strategy: fc.constantFrom(constants.Z_DEFAULT_STRATEGY, constants.Z_HUFFMAN_ONLY, constants.Z_FIXED, constants.Z_RLE),
});

describe('a compressed block', () => {
  test('can begin with what it does begin with, however little of it is seen', () => {
    const blocks = { stored: 0, fixed: 0, dynamic: 0 };
    fc.assert(
      fc.property(bytes, options, fc.integer({ min: 0, max: 300 }), (content, how, seen) => {
        const stream = deflateSync(content, how);
        blocks[(['stored', 'fixed', 'dynamic'] as const)[((stream[2] ?? 0) >> 1) & 3] ?? 'stored']++;
        expect(canBeginWith(stream, content[0] ?? 0x7f) || (content[0] ?? 0xff) > 143).toBe(true);
        expect(canBeginWith(stream.subarray(0, seen), content[0] ?? 0x7f) || (content[0] ?? 0xff) > 143).toBe(true);
      }),
      { numRuns: 600 },
    );
    expect(Math.min(blocks.stored, blocks.fixed, blocks.dynamic)).toBeGreaterThan(50);
  });

  test('with codes of its own can begin with the byte it begins with, and with no other', () => {
    fc.assert(
      fc.property(skewed, fc.integer({ min: 0, max: 143 }), (content, byte) => {
        const stream = deflateSync(content, { level: 9 });
        if ((((stream[2] ?? 0) >> 1) & 3) !== 2 || (stream[2] ?? 0) % 2 === 0) return;
        expect([byte, canBeginWith(stream, byte)]).toEqual([byte, content[0] === byte]);
        if ((content[0] ?? 144) < 144) expect(canBeginWith(stream, content[0] ?? 0)).toBe(true);
      }),
      { numRuns: 300 },
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
