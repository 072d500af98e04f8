import { inflateSync } from 'node:zlib';
import { deflateSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { classicDeflate, pakoDeflate } from '../lib/mkfs/deflate.ts';
import { nodeDeflate } from '../lib/mkfs/reusedDeflate.node.ts';
import { fixture } from './support/fixtures.ts';

/** Bytes of few values, with repetitions near and far, runs and noise: what decides between the ways to write a block. */
const inputs = fc
  .record({
    seed: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
    length: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 8300 }), fc.constantFrom(4096, 8192)),
    values: fc.integer({ min: 1, max: 256 }),
    copies: fc.array(fc.tuple(fc.nat(8192), fc.nat(8192), fc.nat(700)), { maxLength: 12 }),
    zeros: fc.option(fc.tuple(fc.nat(8192), fc.nat(8192))),
  })
  .map(({ seed, length, values, copies, zeros }) => {
    let state = seed;
    const bytes = Uint8Array.from({ length }, () => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return Math.floor(((state >>> 8) / 2 ** 24) * values);
    });
    for (const [to, from, count] of copies)
      bytes.copyWithin(to % (length + 1), from % (length + 1), (from % (length + 1)) + count);
    if (zeros !== null) bytes.fill(0, ...zeros);
    return bytes;
  });

test.each([6, 9])('small blocks become the bytes of classic zlib at level %i', (level) => {
  const deflate = classicDeflate(level);
  const reference = pakoDeflate(level);
  fc.assert(
    fc.property(inputs, (bytes) => {
      const stream = deflate(bytes);
      expect(Buffer.from(stream).equals(reference(bytes))).toBe(true);
      expect(inflateSync(stream).equals(bytes)).toBe(true);
    }),
    { numRuns: 400 },
  );
});

test('the blocks of a real image become the bytes of classic zlib', () => {
  const image = fixture('images/root-XX.cramfs.gz');
  const [deflate, reference] = [classicDeflate(9), pakoDeflate(9)];
  for (let at = 0; at < image.length; at += 4096) {
    const block = image.subarray(at, at + 4096);
    expect(Buffer.from(deflate(block)).equals(reference(block))).toBe(true);
  }
});

test("one stream for many blocks gives the bytes of Node's zlib, whatever the blocks' lengths", () => {
  const image = fixture('images/root-XX.cramfs.gz');
  const deflate = nodeDeflate(6);
  // Longer ones, shorter ones after them, incompressible ones, and one that is longer than a stream is used again for.
  const lengths = [1, 100, 4096, 4096, 37, 4095, 4096, 8192, 4096, 20_000, 0, 8192];
  for (let at = 0, turn = 0; at < image.length; turn++) {
    const length = lengths[turn % lengths.length] ?? 0;
    const block = image.subarray(at, at + length);
    expect(Buffer.compare(deflate(block), deflateSync(block, { level: 6 }))).toBe(0);
    at += Math.max(1, length >>> 1);
  }
});
