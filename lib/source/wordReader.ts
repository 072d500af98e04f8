/**
 * Reads 16- and 32-bit words of one byte order from a source, at any alignment, fast enough for walks over block pointers.
 *
 * Bytes that the source does not have read as `fill`.
 */
import { CramfsError } from '../base/errors.ts';
import type { ByteSource } from './byteSource.ts';

const WINDOW = 4096;

/** A word-wise view of a source. */
export class WordReader {
  readonly source: ByteSource;
  readonly littleEndian: boolean;
  readonly fill: number;
  #start = 0;
  #end = 0;
  /** End of the bytes that the source has. */
  #held = 0;
  #view: DataView = new DataView(new ArrayBuffer(0));

  constructor(source: ByteSource, littleEndian: boolean, fill = 0) {
    this.source = source;
    this.littleEndian = littleEndian;
    this.fill = fill;
  }

  /** Whether the source has all the bytes [offset, offset + length); length is small. */
  holds(offset: number, length: number): boolean {
    if (offset < this.#start || offset + length > this.#end) this.#slide(offset, length);
    return offset + length <= this.#held;
  }

  /**
   * What `decode` makes of the bytes from `offset` on, of which {@link holds} has been asked before.
   *
   * @param decode gets a view and the place in it
   */
  decode<T>(decode: (view: DataView, at: number, littleEndian: boolean) => T, offset: number): T {
    return decode(this.#view, offset - this.#start, this.littleEndian);
  }

  /** The unsigned 32-bit word at byte `offset`. @throws CramfsError OUTSIDE_IMAGE for one before byte 0 */
  u32(offset: number): number {
    if (offset < this.#start || offset + 4 > this.#end) this.#slide(offset, 4);
    return this.#view.getUint32(offset - this.#start, this.littleEndian);
  }

  /** The unsigned 16-bit word at byte `offset`. @throws CramfsError OUTSIDE_IMAGE for one before byte 0 */
  u16(offset: number): number {
    if (offset < this.#start || offset + 2 > this.#end) this.#slide(offset, 2);
    return this.#view.getUint16(offset - this.#start, this.littleEndian);
  }

  /** `length` bytes from `offset`; a view that must not be written, unless the source ends within. */
  bytes(offset: number, length: number): Uint8Array {
    const bytes = this.source.read(offset, length);
    return bytes.length === length ? bytes : this.#filled(bytes, length);
  }

  #slide(offset: number, least: number): void {
    if (!Number.isSafeInteger(offset) || offset < 0) {
      throw new CramfsError('OUTSIDE_IMAGE', {
        what: 'a word',
        expected: 'a byte offset from 0 on',
        found: String(offset),
      });
    }
    const from = offset - (offset % WINDOW);
    const to = from + (offset + least > from + WINDOW ? 2 * WINDOW : WINDOW);
    const { start, end } = this.source.around?.(offset, from, to) ?? { start: from, end: to };
    // A word that the source has in part only is asked for as a whole: the source says what is missing.
    const length = Math.max(end, offset + least) - start;
    const there = this.source.read(start, length);
    const bytes = there.length === length ? there : this.#filled(there, length);
    this.#held = start + there.length;
    this.#start = start;
    this.#end = start + length;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  #filled(bytes: Uint8Array, length: number): Uint8Array {
    const result = new Uint8Array(length);
    result.set(bytes);
    if (this.fill !== 0) result.fill(this.fill, bytes.length);
    return result;
  }
}
