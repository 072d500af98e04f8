// Reading ahead gives the bytes that plain reads give, asks for no more than it may, and fails for nothing else.
import { describe, expect, it } from '@jest/globals';
import { CramfsError } from '../lib/base/errors.ts';
import { type ByteSource, bytesSource, forwardReader, sliceSource } from '../lib/source/byteSource.ts';
import { sparseSource } from '../lib/source/sparseSource.ts';

const SIZE = 300_000;
const BYTES = Uint8Array.from({ length: SIZE }, (_, i) => (i * 7 + (i >> 8)) & 0xff);

/** A file that notes what is read, and cannot be read from `broken` on. */
function file(broken = Infinity): { readonly source: ByteSource; readonly reads: number[][] } {
  const reads: number[][] = [];
  const check = (offset: number, length: number): void => {
    reads.push([offset, offset + length]);
    if (Math.min(SIZE, offset + length) > broken) throw new CramfsError('IO', { offset, found: 'EIO' });
  };
  const read = (offset: number, length: number): Uint8Array => {
    check(offset, length);
    return BYTES.subarray(offset, offset + length);
  };
  const readInto = (target: Uint8Array, offset: number): number => {
    check(offset, target.length);
    const bytes = BYTES.subarray(offset, offset + target.length);
    target.set(bytes);
    return bytes.length;
  };
  return { source: { ...bytesSource(BYTES), read, readInto }, reads };
}

describe('reading ahead', () => {
  const asked = [
    [0, 10],
    [10, 4000],
    [4010, 70_000],
    [74_010, 1],
    [74_000, 500],
    [200_000, 65_536],
    [299_990, 100],
    [300_100, 5],
    [5, 0],
  ] as const;

  it('gives what plain reads give, forwards, backwards and past the end', () => {
    for (const source of [file().source, bytesSource(BYTES), sliceSource(file().source, 1000)]) {
      const read = forwardReader(source, SIZE);
      for (const [offset, length] of asked) {
        expect(Buffer.compare(read(offset, length), source.read(offset, length))).toBe(0);
      }
    }
  });

  it('takes few reads for bytes that follow each other, and none past the end that it is given', () => {
    const { source, reads } = file();
    const read = forwardReader(source, 150_000);
    for (let at = 0; at < 150_000; at += 1000) read(at, 1000);
    expect(reads).toHaveLength(3);
    expect(Math.max(...reads.map(([, end = 0]) => end))).toBe(150_000);
    expect(read(160_000, 20)).toEqual(BYTES.subarray(160_000, 160_020));
    expect(reads.at(-1)).toEqual([160_000, 160_020]);
  });

  it('fails for the bytes that cannot be read, and for none before them', () => {
    const read = forwardReader(file(40_000).source, SIZE);
    expect(read(39_000, 1000)).toEqual(BYTES.subarray(39_000, 40_000));
    expect(() => read(39_000, 1001)).toThrow(expect.objectContaining({ code: 'IO' }));
    expect(read(20_000, 10)).toEqual(BYTES.subarray(20_000, 20_010));
  });

  it('stays within the bytes that a part of a dump has', () => {
    const sparse = sparseSource(SIZE, [{ start: 1000, bytes: BYTES.subarray(1000, 3000) }]);
    const read = forwardReader(sliceSource(sparse, 500), SIZE);
    expect(read(500, 100)).toEqual(BYTES.subarray(1000, 1100));
    expect(read(2400, 100)).toEqual(BYTES.subarray(2900, 3000));
    expect(() => read(2400, 101)).toThrow(expect.objectContaining({ code: 'IO' }));
  });
});
