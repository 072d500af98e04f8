/**
 * Damage of any kind ends in typed errors, and in nothing else.
 */
import { describe, expect, test } from '@jest/globals';
import { CramfsError } from '../lib/base/errors.ts';
import { directoryEntries } from '../lib/image/directory.ts';
import { CramfsImage, type Inode } from '../lib/image/image.ts';
import { readContent } from '../lib/image/content.ts';
import { type ByteSource, bytesSource, cachedSource } from '../lib/source/byteSource.ts';
import { Board } from '../lib/verdict/board.ts';
import { fixture, fixtureNames } from './support/fixtures.ts';

const PATHS = ['/readme', '/bin/bare', '/bin', '/nothing', '/link', '/'];

/** Opens an image and asks for everything; counts what came of it. Throws what is no CramfsError. */
function exercise(
  source: ByteSource | Uint8Array,
  options: { pageSize?: number } = {},
  paths: readonly string[] = PATHS,
): Map<string, number> {
  const outcomes = new Map<string, number>();
  const count = (outcome: string): void => {
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  };
  const attempt = (action: () => void): void => {
    try {
      action();
      count('ok');
    } catch (error) {
      if (!(error instanceof CramfsError)) throw error;
      expect(error.message).not.toMatch(/undefined|NaN|\[object/);
      count(error.code);
    }
  };
  attempt(() => {
    const image = CramfsImage.open(source, options);
    attempt(() => {
      const board = new Board(image, { regionSize: 1 << 26 });
      for (const path of paths) {
        attempt(() => board.map({ path }, { pages: true, crc: true }));
        attempt(() => board.map({ path, offset: 4096, length: 65536, prot: 'rx', shared: true, populate: true }));
      }
    });
    attempt(() => {
      walk(image, image.root, 0);
    });
  });
  return outcomes;
}

/** Reads everything, to a depth that directory cycles do not outlive. */
function walk(image: CramfsImage, directory: Inode, depth: number): void {
  if (depth > 4) return;
  let seen = 0;
  for (const { inode, name } of directoryEntries(image, directory)) {
    if (++seen > 64) return;
    if (inode.type === 'directory') walk(image, inode, depth + 1);
    else if (inode.type === 'file' || inode.type === 'symlink') readContent(image, inode, name);
  }
}

describe('a small image', () => {
  const whole = fixture('images/tiny-XX.cramfs.gz');

  test('is whole', () => {
    expect([...exercise(whole).keys()].sort()).toEqual(['NOT_FOUND', 'ok']);
  });

  test('cut at every length gives typed errors', () => {
    const small = fixture('malformed/120-ext-control.img');
    const outcomes = new Map<string, number>();
    for (let length = 0; length < small.length; length++) {
      const cut = exercise(small.subarray(0, length), {}, ['/small', '/file', '/nothing']);
      for (const [code, n] of cut) outcomes.set(code, (outcomes.get(code) ?? 0) + n);
      if (length < 76) expect(cut.get('ok')).toBeUndefined();
    }
    expect(outcomes.get('NOT_CRAMFS')).toBe(4);
    expect(outcomes.get('TRUNCATED')).toBeGreaterThan(small.length / 2);
  });

  test('cut in its metadata gives typed errors', () => {
    for (let length = 0; length < 1200; length++) {
      const cut = exercise(whole.subarray(0, length));
      expect(cut.get(length < 4 ? 'NOT_CRAMFS' : 'TRUNCATED')).toBeGreaterThan(0);
    }
  });

  test('with every bit of its first 1,024 bytes flipped gives typed errors', () => {
    const codes = new Set<string>();
    for (let bit = 0; bit < 1024 * 8; bit++) {
      const flipped = whole.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      for (const code of exercise(flipped).keys()) codes.add(code);
    }
    expect([...codes]).toEqual(
      expect.arrayContaining(['ok', 'NOT_CRAMFS', 'MOUNT_REFUSED', 'NOT_FOUND', 'OUTSIDE_IMAGE']),
    );
  });

  test('from a source that fails at the nth read, for each n, gives IO errors that say why', () => {
    const failing = (failAt: number): { source: ByteSource; reads: () => number } => {
      let reads = 0;
      const source = bytesSource(whole);
      return {
        reads: () => reads,
        source: {
          ...source,
          read(offset, length) {
            if (++reads === failAt) throw new CramfsError('IO', { offset, found: 'the medium is gone' });
            return source.read(offset, length);
          },
        },
      };
    };
    const dry = failing(Infinity);
    exercise(dry.source);
    const total = dry.reads();
    expect(total).toBeGreaterThan(50);
    for (let n = 1; n <= total; n++) expect(exercise(failing(n).source).get('IO')).toBe(1);
  });

  test('from a raw source that throws anything at the nth read gives IO errors', () => {
    for (let n = 1; n <= 3; n++) {
      let reads = 0;
      let damaged = -1;
      const raw = {
        size: () => whole.length,
        close: () => undefined,
        readInto(target: Uint8Array, offset: number): number {
          if (++reads === n) damaged = offset;
          // A read that began earlier may be asked for again, without these bytes.
          if (damaged >= 0 && offset <= damaged && damaged < offset + target.length) throw new TypeError('surprise');
          const piece = whole.subarray(offset, offset + target.length);
          target.set(piece);
          return piece.length;
        },
      };
      const outcomes = exercise(cachedSource(raw));
      expect((outcomes.get('IO') ?? 0) > 0).toBe(reads >= n);
    }
  });
});

describe('malformed images', () => {
  const names = fixtureNames('malformed').filter((name) => name.includes('.img'));

  test.each(names)('%s', (name) => {
    for (const pageSize of [4096, 16384, 65536]) exercise(fixture(`malformed/${name}`), { pageSize });
  });
});
