/**
 * Small files are read once, and whatever the file does meanwhile, what is asked for comes as from any other source.
 */
import { describe, expect, test } from '@jest/globals';
import { CramfsError } from '../lib/base/errors.ts';
import { type RawSource, SMALL, wholeSource } from '../lib/source/byteSource.ts';

const BYTES = Uint8Array.from({ length: 10_000 }, (_, i) => i * 7);

/** A file of these bytes that counts how often it is read, and refuses the bytes of a damaged sector. */
class File implements RawSource {
  reads = 0;
  isOpen = true;
  readonly #damaged: number | null;

  constructor(damaged: number | null = null) {
    this.#damaged = damaged;
  }

  size(): number {
    return BYTES.length;
  }

  readInto(target: Uint8Array, offset: number): number {
    this.reads++;
    if (!this.isOpen) throw Object.assign(new Error('closed'), { code: 'EBADF' });
    const end = offset + target.length;
    if (this.#damaged !== null && offset <= this.#damaged && this.#damaged < end) {
      throw Object.assign(new Error('damaged'), { code: 'EIO' });
    }
    const bytes = BYTES.subarray(offset, end);
    target.set(bytes);
    return bytes.length;
  }

  close(): void {
    this.isOpen = false;
  }
}

describe('wholeSource', () => {
  test('reads nothing before it is asked, and then once', () => {
    const file = new File();
    const source = wholeSource(file, BYTES.length);
    expect([source.size, file.reads]).toEqual([BYTES.length, 0]);
    for (const [offset, length] of [
      [0, 4],
      [4094, 4],
      [9_990, 100],
      [0, BYTES.length],
    ] as const) {
      expect([...source.read(offset, length)]).toEqual([...BYTES.subarray(offset, offset + length)]);
    }
    expect(source.read(BYTES.length, 8)).toHaveLength(0);
    expect(source.read(-4, 8)).toHaveLength(0);
    expect(source.read(4, 0)).toHaveLength(0);
    expect(source.read(4, -1)).toHaveLength(0);
    expect(file.reads).toBe(1);
  });

  test('has fewer bytes where the file is shorter than it was', () => {
    const source = wholeSource(new File(), SMALL);
    expect(source.read(9_999, 8)).toHaveLength(1);
    expect(source.read(20_000, 8)).toHaveLength(0);
  });

  test('reads what is sound of a file with a damaged sector', () => {
    const source = wholeSource(new File(9_000), BYTES.length);
    expect([...source.read(100, 4)]).toEqual([...BYTES.subarray(100, 104)]);
    expect([...source.read(4096, 4)]).toEqual([...BYTES.subarray(4096, 4100)]);
    expect(() => source.read(8_999, 4)).toThrow(CramfsError);
    expect(() => source.read(8_999, 4)).toThrow(/byte 8192/);
  });

  test('lets go of everything when it is closed', () => {
    const file = new File();
    const source = wholeSource(file, BYTES.length);
    source.read(0, 1);
    source.close();
    expect(file.isOpen).toBe(false);
    expect(() => source.read(0, 1)).toThrow(CramfsError);
  });
});
