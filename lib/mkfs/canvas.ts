/**
 * A growing run of bytes that is written at any offset; what is never written is zero.
 */
import { withRoom } from '../base/bytes.ts';
import { CramfsError } from '../base/errors.ts';

/** Most bytes that a canvas takes: what cramfs can address by inode offsets (256 MiB), and the last file behind it. */
export const CANVAS_LIMIT = (1 << 28) + (1 << 26);

/** Bytes in memory, written at random. */
export class Canvas {
  #bytes: Uint8Array;
  #end = 0;
  readonly #limit: number;

  /** @param expected bytes that are likely needed; @param limit bytes at most */
  constructor(expected = 1 << 16, limit: number = CANVAS_LIMIT) {
    this.#bytes = new Uint8Array(Math.min(expected, limit));
    this.#limit = limit;
  }

  /** Bytes so far: the end of the furthest write. */
  get length(): number {
    return this.#end;
  }

  /**
   * Makes sure that the canvas is at least `length` bytes long.
   *
   * @throws CramfsError LIMIT beyond the limit
   */
  reserve(length: number): void {
    if (length <= this.#end) return;
    if (length > this.#limit) {
      throw new CramfsError('LIMIT', {
        offset: this.#end,
        expected: `an image of at most ${String(this.#limit)} bytes`,
        found: `one of ${String(length)} or more`,
      });
    }
    this.#bytes = withRoom(this.#bytes, length, this.#limit);
    this.#end = length;
  }

  /** Makes the canvas exactly `length` bytes long: zeros are added, or what is behind is dropped. */
  setLength(length: number): void {
    if (length < this.#end) {
      this.#bytes.fill(0, length, this.#end);
      this.#end = length;
    } else this.reserve(length);
  }

  /** Writes bytes at an offset. */
  put(offset: number, bytes: Uint8Array): void {
    this.reserve(offset + bytes.length);
    this.#bytes.set(bytes, offset);
  }

  /** Writes a 32-bit word. */
  putU32(offset: number, value: number, littleEndian: boolean): void {
    this.reserve(offset + 4);
    new DataView(this.#bytes.buffer, this.#bytes.byteOffset).setUint32(offset, value, littleEndian);
  }

  /** Writes a 16-bit word. */
  putU16(offset: number, value: number, littleEndian: boolean): void {
    this.reserve(offset + 2);
    new DataView(this.#bytes.buffer, this.#bytes.byteOffset).setUint16(offset, value, littleEndian);
  }

  /** The bytes so far: a view, valid until the next write. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#end);
  }
}
