/**
 * Reads a source from front to back, a window at a time: for passes that look at a few bytes here and there, in the order in
 * which they lie.
 */
import { nextStep, readRoom } from '../base/bytes.ts';
import { type ByteSource, readInto } from './byteSource.ts';

/** Bytes that are read at a time at most: they stay in a processor's cache. And those at first: most images are small. */
const WINDOW = 1 << 17;
const FIRST_WINDOW = 1 << 13;

/** A window that moves over a source. */
export class ForwardReader {
  readonly #source: ByteSource;
  readonly #littleEndian: boolean;
  #buffer = new Uint8Array(0);
  #view = new DataView(this.#buffer.buffer);
  #start = 0;
  #end = 0;

  constructor(source: ByteSource, littleEndian: boolean) {
    this.#source = source;
    this.#littleEndian = littleEndian;
  }

  /** Whether the source has the bytes [offset, offset + length), of which a window can be made. */
  reach(offset: number, length: number): boolean {
    if (offset >= this.#start && offset + length <= this.#end) return true;
    if (length > WINDOW) return false;
    this.#grow(length);
    this.#start = offset;
    this.#end = offset + readInto(this.#source, this.#buffer, offset);
    return offset + length <= this.#end;
  }

  /** A window that moves becomes longer, up to the most. */
  #grow(needed: number): void {
    const length = nextStep(this.#buffer.length, needed, FIRST_WINDOW, WINDOW);
    if (length === this.#buffer.length) return;
    this.#buffer = readRoom(length);
    this.#view = new DataView(this.#buffer.buffer, this.#buffer.byteOffset, length);
  }

  /** A word of the window. */
  u32(offset: number): number {
    return this.#view.getUint32(offset - this.#start, this.#littleEndian);
  }

  /** Bytes of the window, valid until it moves. */
  bytes(offset: number, length: number): Uint8Array {
    return this.#buffer.subarray(offset - this.#start, offset - this.#start + length);
  }

  /** Whether bytes of the window are all 0. */
  isZero(offset: number, length: number): boolean {
    const from = offset - this.#start;
    for (let at = from; at < from + length; at++) if (this.#buffer[at] !== 0) return false;
    return true;
  }
}
