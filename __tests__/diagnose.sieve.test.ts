// The sieve in WebAssembly sees what the loops see.
import { describe, expect, it } from '@jest/globals';
import { BYTE_ORDERS, reorder } from '../lib/diagnose/byteOrder.ts';
import { doubled, search } from '../lib/diagnose/search.ts';
import { addToSet, makeSieve, noSets } from '../lib/diagnose/sieve.ts';
import { bytesSource } from '../lib/source/byteSource.ts';

/** As many bytes are looked through before the sieve is made. */
const BEFORE_SIEVE = 1 << 21;
const SIGNATURE = new TextEncoder().encode('Compressed ROMFS');
const MAGICS = ['45 3d cd 28', '28 cd 3d 45', '27 05 19 56', '1f 8b 08', '50 4b 03 04'];

/** Numbers below a limit, the same for the same seed. */
function random(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % limit;
  };
}

/** Noise with magic numbers and signatures of all orders at places that chance picks, across the borders of pieces too. */
function dump(seed: number, length: number): Uint8Array {
  const next = random(seed);
  const bytes = Uint8Array.from({ length }, () => next(256));
  const plant = (what: Uint8Array, at: number): void => {
    bytes.set(what.subarray(0, Math.max(0, length - at)), at);
  };
  const magics = MAGICS.map((text) => Uint8Array.from(text.split(' '), (pair) => Number.parseInt(pair, 16)));
  for (let i = 0; i < 200; i++) plant(magics[i % magics.length] ?? new Uint8Array(0), next(length));
  for (let border = 1 << 17; border < length; border += 1 << 17) {
    plant(magics[next(magics.length)] ?? new Uint8Array(0), border - next(8));
  }
  for (const order of [null, ...BYTE_ORDERS]) {
    const group = new Uint8Array(32);
    group.set(SIGNATURE, next(8));
    plant(order === null ? group : reorder(group, order), next(length >> 3) * 8);
  }
  plant(magics[3] ?? new Uint8Array(0), length - 2);
  return bytes;
}

describe('the sieve', () => {
  it.each([1, 2, 3, 4])('sees in dump %i what the loops see', (seed) => {
    const bytes = dump(seed, (1 << 18) + seed * 13);
    const late = new Uint8Array(BEFORE_SIEVE + bytes.length);
    late.set(bytes, BEFORE_SIEVE);
    const seen = [...search(bytesSource(bytes))];
    expect(new Set(seen.map(({ kind }) => kind))).toEqual(new Set(['magic', 'signature', 'uimage', 'gzip', 'zip']));
    expect(seen.length).toBeGreaterThan(150);
    expect([...search(bytesSource(late))].map((each) => ({ ...each, at: each.at - BEFORE_SIEVE }))).toEqual(seen);
  });

  it('stops at pairs at even places, at two of them at multiples of 8, and nowhere else', () => {
    const tables = { even: noSets(), odd: noSets() };
    addToSet(tables.even, 0x1f, 2);
    addToSet(tables.odd, 0x8b, 2);
    for (const byte of [0x61, 0x62]) {
      addToSet(tables.even, byte, 7);
      addToSet(tables.odd, byte, 7);
    }
    const sieve = makeSieve(256, tables);
    expect(sieve).not.toBeNull();
    if (sieve === null) return;
    const stops = (bytes: readonly number[], at: number): number => {
      sieve.memory.fill(0);
      sieve.memory.set(bytes, at);
      return sieve.next(0, 224);
    };
    expect(stops([], 0)).toBe(224);
    for (let at = 0; at < 223; at++) expect(stops([0x1f, 0x8b], at)).toBe(at % 2 === 0 ? at - (at % 32) : 224);
    for (let at = 0; at < 223; at++) expect(stops([0x8b, 0x1f], at)).toBe(224);
    for (let at = 0; at < 220; at++)
      expect(stops([0x61, 0x62, 0x62, 0x61], at)).toBe(at % 8 === 0 ? at - (at % 32) : 224);
  });

  it('sees each magic number at every place of a step, at the borders of pieces and at the end of the dump', () => {
    const magics = MAGICS.map((text) => Uint8Array.from(text.split(' '), (pair) => Number.parseInt(pair, 16)));
    for (const magic of magics) {
      for (const border of [0, 64, 1 << 17]) {
        const places = Array.from({ length: 40 }, (_, i) => border + i * 101 - 20).filter((at) => at >= 0);
        const bytes = new Uint8Array(BEFORE_SIEVE + Math.max(...places) + magic.length);
        for (const at of places) bytes.set(magic, BEFORE_SIEVE + at);
        const seen = [...search(bytesSource(bytes))].map(({ at }) => at - BEFORE_SIEVE);
        expect(seen).toEqual(places);
      }
    }
  });

  it('leaves signatures with zeros between their bytes to the first bytes of a dump', () => {
    const bytes = new Uint8Array(BEFORE_SIEVE + 1000);
    const form = doubled(SIGNATURE, 'zero');
    const places = [32, 1001, 40_002, 300_007, BEFORE_SIEVE - 101];
    for (const at of [...places, BEFORE_SIEVE + 101]) bytes.set(form, at);
    const seen = [...search(bytesSource(bytes))].filter(({ kind }) => kind === 'doubled');
    expect(new Set(seen.map(({ at }) => at + 32))).toEqual(new Set(places));
  });

  it('is not there without WebAssembly, or where that cannot compile it', () => {
    const tables = { even: noSets(), odd: noSets() };
    const refuse = (): never => {
      throw new Error('refused');
    };
    const refusing = {
      Module: class {
        readonly bytes = refuse();
      },
      Instance: class {
        exports = {};
      },
    };
    expect(makeSieve(16, tables, refusing)).toBeNull();
    const { WebAssembly: platforms } = globalThis as { WebAssembly?: unknown };
    Object.assign(globalThis, { WebAssembly: undefined });
    try {
      expect(makeSieve(16, tables)).toBeNull();
    } finally {
      Object.assign(globalThis, { WebAssembly: platforms });
    }
  });
});
