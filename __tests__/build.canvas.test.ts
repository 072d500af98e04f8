/** An image is drawn in memory or in a file: both hold the same bytes whatever is written where. */
import { describe, expect, it } from '@jest/globals';
import { MemoryCanvas } from '../lib/mkfs/canvas.ts';
import { type Storage, StoredCanvas } from '../lib/mkfs/storedCanvas.ts';
import { CramfsError } from '../lib/base/errors.ts';

/** Storage in memory, as a file is: zeros between what is written. */
class Bytes implements Storage {
  bytes = new Uint8Array(0);

  truncate(length: number): void {
    const bytes = new Uint8Array(length);
    bytes.set(this.bytes.subarray(0, length));
    this.bytes = bytes;
  }

  write(bytes: Uint8Array, offset: number): void {
    if (offset + bytes.length > this.bytes.length) this.truncate(offset + bytes.length);
    this.bytes.set(bytes, offset);
  }

  read(target: Uint8Array, offset: number): number {
    const piece = this.bytes.subarray(offset, offset + target.length);
    target.set(piece);
    return piece.length;
  }
}

/** Numbers that are the same in every run. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe('a canvas on storage', () => {
  it.each([4, 16, 61, 4096])('has the bytes of one in memory with a window of %d bytes', (windowSize) => {
    for (let seed = 1; seed <= 6; seed++) {
      const random = numbers(seed);
      const storage = new Bytes();
      const stored = new StoredCanvas(storage, 2000, windowSize);
      const memory = new MemoryCanvas(2000);
      for (let step = 0; step < 100; step++) {
        const action = random(8);
        const offset = random(900);
        for (const canvas of [stored, memory]) {
          if (action === 0) canvas.setLength(offset);
          else if (action === 1) canvas.reserve(offset);
          else if (action === 2) canvas.putU32(offset, step * 0x1010305, step % 2 === 0);
          else if (action === 3) canvas.putU16(offset, step * 259, step % 2 === 0);
          else canvas.put(offset, new Uint8Array((step * 7) % 200).fill(step));
        }
        expect(stored.length).toBe(memory.length);
        if (action === 7) expect(stored.crcFrom(offset)).toBe(memory.crcFrom(offset));
      }
      stored.finish();
      expect(storage.bytes).toEqual(memory.view());
    }
  });

  it('grows its window with what is written, and keeps all bytes', () => {
    const random = numbers(7);
    const storage = new Bytes();
    const stored = new StoredCanvas(storage, 1 << 20, 1 << 18);
    const memory = new MemoryCanvas(1 << 20);
    for (let step = 0; step < 60; step++) {
      const offset = random(600_000);
      const bytes = new Uint8Array(random(70_000)).fill(step + 1);
      for (const canvas of [stored, memory]) {
        canvas.put(offset, bytes);
        canvas.putU32(offset, step * 0x1010305, true);
      }
    }
    expect(stored.crcFrom(0)).toBe(memory.crcFrom(0));
    expect(storage.bytes).toEqual(memory.view());
  });

  it('takes no more than its limit', () => {
    for (const canvas of [new StoredCanvas(new Bytes(), 100), new MemoryCanvas(100)]) {
      canvas.put(90, new Uint8Array(10));
      expect(() => {
        canvas.put(91, new Uint8Array(10));
      }).toThrow(CramfsError);
    }
  });
});
