/** Emulated linear physical memory. */
import { describe, expect, test } from '@jest/globals';
import { PhysicalMemory } from '../lib/physmem/physicalMemory.ts';
import { bytesSource } from '../lib/source/byteSource.ts';

const IMAGE = Uint8Array.from({ length: 0x1800 }, (_, index) => (index * 7) & 0xff);
const BASE = 0x1000_0000;
const SIZE = 0x4000;

const memory = (options: Partial<ConstructorParameters<typeof PhysicalMemory>[1]> = {}): PhysicalMemory =>
  new PhysicalMemory(bytesSource(IMAGE), { base: BASE, size: SIZE, littleEndian: true, ...options });

describe('the region', () => {
  test('shows the image, and the fill byte behind it', () => {
    for (const fill of [0x00, 0xff]) {
      const region = memory({ fill });
      const seen = region.read(BASE, SIZE);
      expect(seen?.subarray(0, IMAGE.length)).toEqual(IMAGE);
      expect(seen?.subarray(IMAGE.length)).toEqual(new Uint8Array(SIZE - IMAGE.length).fill(fill));
      expect(region.read(BASE + IMAGE.length - 2, 4)).toEqual(Uint8Array.of(...IMAGE.subarray(-2), fill, fill));
    }
  });

  test('ends where it ends', () => {
    expect(memory().read(BASE + SIZE - 1, 1)).toEqual(Uint8Array.of(0));
    expect(memory().read(BASE + SIZE - 1, 2)).toBeNull();
    expect(memory().read(BASE - 1, 2)).toBeNull();
    expect(memory().read(BASE + SIZE, 1)).toBeNull();
  });

  test('may be shorter than the image: the rest of it is not there', () => {
    const short = memory({ size: 0x1000 });
    expect(short.read(BASE, 0x1000)).toEqual(IMAGE.subarray(0, 0x1000));
    expect(short.read(BASE + 0xfff, 2)).toBeNull();
    expect(short.linear.bytes(0xfff, 2)).toEqual(Uint8Array.of(IMAGE[0xfff] ?? 0, 0));
  });

  test('gives words of the CPU, at any alignment and behind the image', () => {
    const u32 = (littleEndian: boolean, at: number): number => memory({ littleEndian, fill: 0xff }).linear.u32(at);
    expect(u32(true, 1)).toBe(0x1c150e07);
    expect(u32(false, 1)).toBe(0x070e151c);
    expect(u32(true, 0xffe)).toBe(
      new DataView(IMAGE.buffer).getUint32(0xffe, true), // across a window of the reader
    );
    expect(memory({ fill: 0xff }).linear.u16(IMAGE.length)).toBe(0xffff);
    expect(u32(true, IMAGE.length - 2) >>> 16).toBe(0xffff);
  });
});

describe('an address', () => {
  test('is the image, behind it, foreign, nothing, or more than the CPU can address', () => {
    const board = memory({ ram: [{ base: 0x2000_0000, size: 0x1000 }], physBits: 32 });
    expect(board.placeOf(BASE)).toEqual({ kind: 'image', offset: 0 });
    expect(board.placeOf(BASE + IMAGE.length - 1)).toEqual({ kind: 'image', offset: IMAGE.length - 1 });
    expect(board.placeOf(BASE + IMAGE.length)).toEqual({ kind: 'behind-image', offset: IMAGE.length });
    expect(board.placeOf(BASE + SIZE)).toEqual({ kind: 'nothing' });
    expect(board.placeOf(0x2000_0fff)).toEqual({ kind: 'foreign' });
    expect(board.placeOf(0x2000_1000)).toEqual({ kind: 'nothing' });
    expect(board.placeOf(2 ** 32)).toEqual({ kind: 'unaddressable' });
  });

  test('outside the region is foreign memory where nobody says where RAM is', () => {
    expect(memory().placeOf(BASE + SIZE)).toEqual({ kind: 'foreign' });
    expect(memory().placeOf(0)).toEqual({ kind: 'foreign' });
    expect(memory().placeOf(2 ** 40)).toEqual({ kind: 'unaddressable' });
  });

  test('of an image offset is the base and the offset; base 0 means that there is none', () => {
    expect(memory().addressOf(0x800)).toBe(BASE + 0x800);
    expect(memory({ base: 0 }).addressOf(0x800)).toBeNull();
  });
});

describe('a page frame', () => {
  test('is bytes within the region, zeros where nothing is, and else unknown', () => {
    const board = memory({ ram: [{ base: 0x2000_0000, size: 0x1000 }], physBits: 36 });
    expect(board.frame(BASE / 4096, 4096)).toEqual(IMAGE.subarray(0, 4096));
    expect(board.frame(0x3000_0000 / 4096, 4096)).toEqual(new Uint8Array(4096));
    expect(board.frame(0x2000_0000 / 4096, 4096)).toBe('foreign');
    expect(board.frame(2 ** 36 / 4096, 4096)).toBe('unaddressable');
  });

  test('that the region covers in part is foreign', () => {
    const odd = memory({ base: BASE + 0x800 });
    expect(odd.frame(BASE / 4096, 4096)).toBe('foreign');
    expect(odd.frame(BASE / 4096 + 1, 4096)).toEqual(IMAGE.subarray(0x800));
  });
});

describe('a region that cannot be', () => {
  test.each([
    [{ base: -4096 }],
    [{ base: 0.5 }],
    [{ base: NaN }],
    [{ size: -1 }],
    [{ size: Infinity }],
    [{ base: 2 ** 52, size: 1 }],
    [{ base: 2 ** 32 - 1, physBits: 32 }],
  ])('%p is refused', (options) => {
    expect(() => memory(options)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });

  test('may reach up to the last address', () => {
    expect(memory({ base: 2 ** 52 - SIZE }).physBits).toBe(52);
  });
});
