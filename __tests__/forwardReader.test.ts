// Reading ahead gives the bytes that plain reads give, asks for no more than it may, and fails for nothing else.
import { describe, expect, it } from '@jest/globals';
import { CramfsError } from '../lib/base/errors.ts';
import { LentRoom, nextStep } from '../lib/base/bytes.ts';
import { type ByteSource, bytesSource, cachedSource, sliceSource } from '../lib/source/byteSource.ts';
import { forwardReader } from '../lib/source/readAhead.ts';
import { ForwardReader } from '../lib/source/forwardReader.ts';
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
    // Windows of 8, 32 and 64 KiB, and what is left. Each begins with what did not fit into the one before.
    expect(reads.map(([start = 0, end = 0]) => end - start)).toEqual([8192, 32_768, 65_536, 45_000]);
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

describe('a window that moves over a source', () => {
  it('shows the words and bytes of the source in windows that grow to 128 KiB', () => {
    const { source, reads } = file();
    const reader = new ForwardReader(source, true);
    const view = new DataView(BYTES.buffer);
    const wrong: number[] = [];
    let at = 0;
    for (; reader.reach(at, 4); at += 4) if (reader.u32(at) !== view.getUint32(at, true)) wrong.push(at);
    expect([at, wrong]).toEqual([SIZE, []]);
    expect(reads.map(([start = 0, end = 0]) => end - start)).toEqual([8192, 32_768, 131_072, 131_072, 131_072]);
    expect(reader.reach(10, 100_000)).toBe(true);
    expect(reader.bytes(10, 100_000)).toEqual(BYTES.subarray(10, 100_010));
  });

  it('becomes as long at once as what is wanted, and no longer than 128 KiB', () => {
    const { source, reads } = file();
    const reader = new ForwardReader(source, true);
    expect(reader.reach(0, (1 << 17) + 1)).toBe(false);
    expect(reader.reach(5, 60_000)).toBe(true);
    expect(reads).toEqual([[5, 5 + (1 << 17)]]);
    expect(reader.bytes(5, 60_000)).toEqual(BYTES.subarray(5, 60_005));
  });

  it.each([
    [0, 1, 8, 64, 8],
    [8, 1, 8, 64, 32],
    [32, 1, 8, 64, 64],
    [64, 1, 8, 64, 64],
    [0, 33, 8, 64, 64],
  ])('has after %i bytes, for %i that are needed, from %i to %i: %i', (before, needed, first, most, step) => {
    expect(nextStep(before, needed, first, most)).toBe(step);
  });
});

describe('room that is lent', () => {
  it('is the same for whoever comes after it was given back, and another for whoever comes before', () => {
    const rooms = new LentRoom(10);
    const first = rooms.take();
    const second = rooms.take();
    expect([first.length, second.length]).toEqual([10, 10]);
    expect(second.buffer).not.toBe(first.buffer);
    rooms.giveBack(first);
    expect(rooms.take()).toBe(first);
  });

  it('lets long reads of a source go through another whose reads are long', () => {
    const plain = (from: { readInto?: ByteSource['readInto'] }): ByteSource =>
      cachedSource({
        size: () => SIZE,
        readInto: (target, offset) => from.readInto?.(target, offset) ?? 0,
        close: () => undefined,
      });
    const inner = plain(file().source);
    // The inner source is asked while the outer one holds what it read so far.
    const outer = plain({
      readInto: (target, offset) => {
        target.set(inner.read(offset, 66_000).subarray(0, target.length));
        return Math.min(target.length, Math.max(0, SIZE - offset));
      },
    });
    expect(Buffer.compare(outer.read(0, 65_537), BYTES.subarray(0, 65_537))).toBe(0);
    expect(Buffer.compare(outer.read(250_000, 70_000), BYTES.subarray(250_000))).toBe(0);
    expect(Buffer.compare(inner.read(0, 400_000), BYTES)).toBe(0);
  });
});

describe('a source that keeps chunks', () => {
  it('copies what it has read without reading it again, and the rest from the file', () => {
    const { source: file9000, reads } = file();
    const size = 9000;
    const source = cachedSource({
      size: () => size,
      readInto: (target, offset) => file9000.readInto?.(target.subarray(0, Math.max(0, size - offset)), offset) ?? 0,
      close: () => undefined,
    });
    const copy = (offset: number, length: number): Uint8Array => {
      const target = new Uint8Array(length);
      return target.subarray(0, source.readInto?.(target, offset));
    };
    // The second chunk; then the third, which is the last and has 808 bytes.
    source.read(5000, 10);
    source.read(8200, 1);
    const before = reads.length;
    expect(copy(4096, 4096)).toEqual(BYTES.subarray(4096, 8192));
    expect(copy(8190, 2)).toEqual(BYTES.subarray(8190, 8192));
    expect(copy(8192, 5000)).toEqual(BYTES.subarray(8192, 9000));
    expect(copy(8999, 1)).toEqual(BYTES.subarray(8999, 9000));
    expect(copy(9000, 1)).toHaveLength(0);
    expect(reads).toHaveLength(before);
    expect(copy(8191, 2)).toEqual(BYTES.subarray(8191, 8193));
    expect(copy(0, 10)).toEqual(BYTES.subarray(0, 10));
    expect(reads).toHaveLength(before + 2);
  });
});
