/**
 * A growing run of bytes that is written at any offset; what is never written is zero. In memory here; see storedCanvas.ts
 * for one in a file.
 */
import { withRoom } from '../base/bytes.ts';
import { CramfsError } from '../base/errors.ts';
import { crc32 } from '../format/crc32.ts';

/** Most bytes that a canvas takes: what cramfs can address by inode offsets (256 MiB), and the last file behind it. */
export const CANVAS_LIMIT = (1 << 28) + (1 << 26);

/** Bytes that a canvas in memory has room for at first. */
const FIRST_ROOM = 1 << 13;

/** Where an image is drawn. Failures of what it is drawn on are thrown as they are. */
export interface Canvas {
  /** Bytes so far: the end of the furthest write. */
  readonly length: number;
  /** Says how many bytes are likely needed in all; fewer or more will do. */
  expect(length: number): void;
  /**
   * Makes sure that the canvas is at least `length` bytes long.
   *
   * @throws CramfsError LIMIT beyond the limit
   */
  reserve(length: number): void;
  /** Makes the canvas exactly `length` bytes long: zeros are added, or what is behind is dropped. */
  setLength(length: number): void;
  /** Writes bytes at an offset. They may change afterwards. */
  put(offset: number, bytes: Uint8Array): void;
  /** Writes a 32-bit word. */
  putU32(offset: number, value: number, littleEndian: boolean): void;
  /** Writes a 16-bit word. */
  putU16(offset: number, value: number, littleEndian: boolean): void;
  /** The CRC-32 of everything from an offset on. */
  crcFrom(offset: number): number;
}

/** @throws CramfsError LIMIT for a length beyond the limit; `end` is where the canvas ends so far */
export function requireWithin(limit: number, length: number, end: number): void {
  if (length <= limit) return;
  throw new CramfsError('LIMIT', {
    offset: end,
    expected: `an image of at most ${String(limit)} bytes`,
    found: `one of ${String(length)} or more`,
  });
}

/** Bytes in memory, written at random. */
export class MemoryCanvas implements Canvas {
  #bytes: Uint8Array = new Uint8Array(FIRST_ROOM);
  #end = 0;
  readonly #limit: number;

  /** @param limit bytes at most */
  constructor(limit: number = CANVAS_LIMIT) {
    this.#limit = limit;
  }

  get length(): number {
    return this.#end;
  }

  /** Growing takes a copy, and what is never written takes no memory. */
  expect(length: number): void {
    this.#bytes = withRoom(this.#bytes, Math.min(length, this.#limit), this.#limit);
  }

  reserve(length: number): void {
    if (length <= this.#end) return;
    requireWithin(this.#limit, length, this.#end);
    this.#bytes = withRoom(this.#bytes, length, this.#limit);
    this.#end = length;
  }

  setLength(length: number): void {
    if (length < this.#end) {
      this.#bytes.fill(0, length, this.#end);
      this.#end = length;
    } else this.reserve(length);
  }

  put(offset: number, bytes: Uint8Array): void {
    this.reserve(offset + bytes.length);
    this.#bytes.set(bytes, offset);
  }

  putU32(offset: number, value: number, littleEndian: boolean): void {
    this.reserve(offset + 4);
    new DataView(this.#bytes.buffer, this.#bytes.byteOffset).setUint32(offset, value, littleEndian);
  }

  putU16(offset: number, value: number, littleEndian: boolean): void {
    this.reserve(offset + 2);
    new DataView(this.#bytes.buffer, this.#bytes.byteOffset).setUint16(offset, value, littleEndian);
  }

  crcFrom(offset: number): number {
    return crc32(this.view().subarray(offset));
  }

  /** The bytes so far: a view, valid until the next write. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#end);
  }
}
