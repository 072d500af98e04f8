/** Inflating: Node's zlib and pako must not be told apart. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import zlib, { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { fileBlocks } from '../lib/image/blocks.ts';
import { inflate, type InflateFailure, inflateWithPako } from '../lib/image/codec.ts';
import { CramfsImage } from '../lib/image/image.ts';
import { walk } from '../lib/inspect/walk.ts';
import { PAST_LIMIT, reusedInflate } from '../lib/image/reusedInflate.ts';
import { fixture, fixtureNames } from './support/fixtures.ts';

const PAGE = 4096;

/** What both make of it: bytes in hexadecimal, or "refused". They agree in the code too. */
function both(data: Uint8Array, limit = PAGE): string {
  const outcome = (output: Uint8Array | InflateFailure): string | number =>
    output instanceof Uint8Array ? Buffer.from(output).toString('hex') : output.code;
  const node = outcome(inflate(data, limit));
  expect(outcome(inflateWithPako(data, limit))).toBe(node);
  return typeof node === 'number' ? 'refused' : node;
}

/** The zlib blocks of all fixture images, each different one once. */
function* storedBlocks(): Generator<Uint8Array> {
  const seen = new Set<string>();
  for (const name of fixtureNames('images')) {
    const image = CramfsImage.open(fixture(`images/${name}`));
    for (const { inode } of walk(image)) {
      if (inode.type !== 'file' && inode.type !== 'symlink') continue;
      for (const block of fileBlocks(image, inode)) {
        if (block.kind !== 'zlib' && block.kind !== 'direct-zlib') continue;
        const data = image.source.read(block.start, block.length);
        const key = Buffer.from(data).toString('latin1');
        if (seen.has(key)) continue;
        seen.add(key);
        yield data;
      }
    }
  }
}

describe('Node and pako', () => {
  const blocks = [...storedBlocks()];

  test('inflate every block of the fixtures alike', () => {
    expect(blocks.length).toBeGreaterThan(300);
    for (const block of blocks) expect(both(block)).not.toBe('refused');
  });

  test('agree on blocks with a changed, a missing and an added byte', () => {
    let refused = 0;
    const count = (data: Uint8Array): void => {
      if (both(data) === 'refused') refused++;
    };
    blocks.slice(0, 300).forEach((block, index) => {
      const at = (index * 7919) % block.length;
      const changed = block.slice();
      changed[at] = (changed[at] ?? 0) ^ (1 << (index & 7));
      count(changed);
      count(block.subarray(0, at));
      count(Uint8Array.of(...block.subarray(0, at), 0x55, ...block.subarray(at)));
    });
    expect(refused).toBeGreaterThan(600);
  });

  test('agree on any change of a small block, and on any bytes at all', () => {
    const small = deflateSync(Buffer.from('the quick brown fox jumps over the quick brown dog'));
    for (let bit = 0; bit < small.length * 8; bit++) {
      const changed = Uint8Array.from(small);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      both(changed);
    }
    for (let length = 0; length < small.length; length++) expect(both(small.subarray(0, length))).toBe('refused');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        both(bytes);
        both(Uint8Array.of(0x78, 0x9c, ...bytes));
      }),
    );
  });
});

describe('the handle that is used for many blocks', () => {
  const quick = reusedInflate(zlib);

  /** What it makes of a stream, beside what inflate() of pako makes of it: the same bytes, or -1 for what is refused. */
  function agrees(data: Uint8Array, limit: number): boolean {
    const target = new Uint8Array(1 + limit + PAST_LIMIT + 1).fill(0xee);
    const length = quick?.into(data, target, 1, limit) ?? -2;
    const plain = inflateWithPako(data, limit);
    expect(target[0]).toBe(0xee);
    expect(target.at(-1)).toBe(0xee);
    if (!(plain instanceof Uint8Array)) {
      expect(length).toBe(-1);
      return false;
    }
    expect(Buffer.from(target.subarray(1, 1 + length)).equals(plain)).toBe(true);
    // Without a single byte less there is no stream any more.
    const end = data.length - (quick?.unread ?? 0);
    expect(quick?.into(data.subarray(0, end), target, 1, limit)).toBe(length);
    expect(quick?.into(data.subarray(0, end - 1), target, 1, limit)).toBe(-1);
    return true;
  }

  test('gives what a plain inflate gives, and leaves what it refuses, in any order', () => {
    expect(quick).not.toBeNull();
    const outcomes = { taken: 0, refused: 0 };
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 3000 }).map((bytes) => bytes.map((byte, index) => (index % 7 === 0 ? byte : 7))),
        fc.record({ level: fc.integer({ min: 0, max: 9 }), windowBits: fc.integer({ min: 9, max: 15 }) }),
        fc.integer({ min: 1, max: 3100 }),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { maxLength: 2 }),
        fc.uint8Array({ maxLength: 9 }),
        (content, options, limit, changes, rest) => {
          const data = Uint8Array.of(...deflateSync(content, options), ...rest);
          for (const [at, bits] of changes) data[at % data.length] = (data[at % data.length] ?? 0) ^ bits;
          outcomes[agrees(data, limit) ? 'taken' : 'refused']++;
        },
      ),
      { numRuns: 600 },
    );
    expect(Math.min(outcomes.taken, outcomes.refused)).toBeGreaterThan(30);
  });

  test('is not used where streams are different from what is known', () => {
    class Odd {
      readonly _handle = { onerror: () => undefined, reset: () => undefined, writeSync: () => undefined };
      readonly _writeState = new Uint32Array(2);
    }
    expect(reusedInflate({})).toBeNull();
    expect(reusedInflate({ Inflate: Odd })).toBeNull();
  });
});

describe('a stream', () => {
  const page = Uint8Array.from({ length: PAGE }, (_, index) => (index * index) >> 3);
  const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

  test('of exactly a page is taken, one byte more is not', () => {
    expect(both(deflateSync(page))).toBe(hexOf(page));
    expect(both(deflateSync(Uint8Array.of(...page, 1)))).toBe('refused');
    const tooLong = { code: -5, reason: 'it inflates to more than 4096 bytes' };
    expect(inflate(deflateSync(Uint8Array.of(...page, 1)), PAGE)).toEqual(tooLong);
    expect(inflateWithPako(deflateSync(Uint8Array.of(...page, 1)), PAGE)).toEqual(tooLong);
  });

  test('that is damaged past the page it fills ends where the page does', () => {
    const damaged = deflateRawSync(Uint8Array.from({ length: 3 * PAGE }, (_, index) => (index * 7919) >> 5));
    const stored = Uint8Array.of(0x78, 0x01, 0x00, 0x01, 0x10, 0xfe, 0xef, ...new Uint8Array(4097), 0x07, ...damaged);
    for (const decode of [inflate, inflateWithPako]) {
      expect(decode(stored, PAGE)).toMatchObject({ code: -5 });
      expect(decode(stored, 2 * PAGE)).toMatchObject({ code: -3 });
    }
  });

  test('that needs a preset dictionary, is damaged or has no end gives the code of zlib', () => {
    const dictionary = deflateSync(page, { dictionary: Buffer.from(page.subarray(0, 64)) });
    const good = deflateSync(page);
    const changed = Uint8Array.of(...good.subarray(0, -1), (good[good.length - 1] ?? 0) ^ 1);
    for (const decode of [inflate, inflateWithPako]) {
      expect(decode(dictionary, PAGE)).toMatchObject({ code: 2, reason: 'it needs a preset dictionary' });
      expect(decode(changed, PAGE)).toMatchObject({ code: -3 });
      expect(decode(good.subarray(0, -3), PAGE)).toMatchObject({ code: -5 });
      expect(decode(new Uint8Array(0), PAGE)).toMatchObject({ code: -5 });
    }
  });

  test('that would inflate to a gigabyte is stopped', () => {
    const bomb = deflateSync(new Uint8Array(1 << 25), { level: 9 });
    expect(both(bomb)).toBe('refused');
    expect(both(bomb, 65536)).toBe('refused');
  });

  test('is taken with what stands behind it', () => {
    expect(both(Uint8Array.of(...deflateSync(page), 1, 2, 3))).toBe(hexOf(page));
    expect(both(Uint8Array.of(...deflateSync(page), ...deflateSync(page)))).toBe(hexOf(page));
  });

  test('of nothing gives nothing', () => {
    expect(both(deflateSync(new Uint8Array(0)))).toBe('');
  });

  test('with a short window is taken', () => {
    for (let windowBits = 9; windowBits <= 15; windowBits++) {
      expect(both(deflateSync(page, { windowBits }))).toBe(hexOf(page));
    }
  });

  test.each([
    ['that is empty', new Uint8Array(0)],
    ['of raw deflate', deflateRawSync(page)],
    ['of gzip', gzipSync(page)],
    ['with a preset dictionary', deflateSync(page, { dictionary: Buffer.from('fox') })],
    [
      'with a wrong checksum',
      deflateSync(page).map((byte, index, all) => (index === all.length - 1 ? byte ^ 1 : byte)),
    ],
    ['without its checksum', deflateSync(page).subarray(0, -4)],
    ['of zeros', new Uint8Array(64)],
  ])('%s is refused', (_what, data) => {
    expect(both(data)).toBe('refused');
    for (const codec of [inflate, inflateWithPako]) expect(codec(data, PAGE)).toHaveProperty('reason');
  });
});
