/**
 * A canvas on storage of random access, as a file is: what is written passes through a window in memory, which moves to
 * where the next bytes go. An image is written nearly in order, so few moves go back.
 */
import { readRoom } from '../base/bytes.ts';
import { crc32 } from '../format/crc32.ts';
import { CANVAS_LIMIT, type Canvas, requireWithin } from './canvas.ts';

/** What a canvas is stored on, empty at first. */
export interface Storage {
  /** Writes bytes at an offset, behind the end too: zeros are between then. */
  write(bytes: Uint8Array, offset: number): void;
  /** Reads to `target` from an offset on. The count of bytes read: fewer only at the end. */
  read(target: Uint8Array, offset: number): number;
  /** Makes it so many bytes long: zeros are added, or what is behind is dropped. */
  truncate(length: number): void;
}

/** Bytes of the window at most, and at first: most images are small. */
const WINDOW_SIZE = 1 << 20;
const FIRST_WINDOW = 1 << 14;

/** Bytes on storage, written at random. */
export class StoredCanvas implements Canvas {
  readonly #storage: Storage;
  readonly #limit: number;
  readonly #windowSize: number;
  #window: Uint8Array;
  #words: DataView;
  #end = 0;
  /** Bytes that the storage has. */
  #stored = 0;
  /** Where the window is, and which of its bytes the storage does not have yet: none if the end is the start. */
  #start = 0;
  #dirtyStart = 0;
  #dirtyEnd = 0;

  /** @param limit bytes at most; @param windowSize bytes of the window at most, at least 4 */
  constructor(storage: Storage, limit: number = CANVAS_LIMIT, windowSize: number = WINDOW_SIZE) {
    this.#storage = storage;
    this.#limit = limit;
    this.#windowSize = windowSize;
    this.#window = new Uint8Array(Math.min(windowSize, FIRST_WINDOW));
    this.#words = new DataView(this.#window.buffer);
  }

  get length(): number {
    return this.#end;
  }

  expect(): void {
    // Storage grows as it is written.
  }

  reserve(length: number): void {
    if (length <= this.#end) return;
    requireWithin(this.#limit, length, this.#end);
    this.#end = length;
  }

  setLength(length: number): void {
    this.reserve(length);
    this.finish();
    if (length === this.#end) return;
    this.#storage.truncate(length);
    this.#stored = this.#end = length;
    this.#load(length);
  }

  put(offset: number, bytes: Uint8Array): void {
    this.reserve(offset + bytes.length);
    for (let at = 0; at < bytes.length;) {
      const place = this.#show(offset + at, 1);
      const piece = bytes.subarray(at, at + this.#window.length - place);
      this.#window.set(piece, place);
      this.#note(place, piece.length);
      at += piece.length;
    }
  }

  putU32(offset: number, value: number, littleEndian: boolean): void {
    this.reserve(offset + 4);
    const place = this.#show(offset, 4);
    this.#words.setUint32(place, value, littleEndian);
    this.#note(place, 4);
  }

  putU16(offset: number, value: number, littleEndian: boolean): void {
    this.reserve(offset + 2);
    const place = this.#show(offset, 2);
    this.#words.setUint16(place, value, littleEndian);
    this.#note(place, 2);
  }

  crcFrom(offset: number): number {
    this.finish();
    const piece = readRoom(Math.min(this.#windowSize, Math.max(0, this.#end - offset)));
    let crc = 0;
    for (let at = offset; at < this.#end;) {
      const got = this.#storage.read(piece, at);
      if (got === 0) break;
      crc = crc32(piece.subarray(0, got), crc);
      at += got;
    }
    return crc;
  }

  /** Has everything in storage, at its full length. */
  finish(): void {
    this.#flush();
    if (this.#stored === this.#end) return;
    this.#storage.truncate(this.#end);
    this.#stored = this.#end;
  }

  /** Moves the window, unless `length` bytes from `offset` on are in it. Where they are in the window. */
  #show(offset: number, length: number): number {
    const place = offset - this.#start;
    if (place >= 0 && place + length <= this.#window.length) return place;
    this.#flush();
    this.#grow();
    this.#load(offset);
    return 0;
  }

  /** Whoever moves the window has more to write than fits into it. */
  #grow(): void {
    const size = Math.min(this.#windowSize, this.#window.length * 4);
    if (size === this.#window.length) return;
    this.#window = new Uint8Array(size);
    this.#words = new DataView(this.#window.buffer);
  }

  #load(start: number): void {
    const got = start < this.#stored ? this.#storage.read(this.#window, start) : 0;
    this.#window.fill(0, got);
    this.#start = start;
    this.#dirtyStart = this.#dirtyEnd = 0;
  }

  #note(place: number, length: number): void {
    if (this.#dirtyStart === this.#dirtyEnd) this.#dirtyStart = this.#dirtyEnd = place;
    this.#dirtyStart = Math.min(this.#dirtyStart, place);
    this.#dirtyEnd = Math.max(this.#dirtyEnd, place + length);
  }

  #flush(): void {
    if (this.#dirtyStart === this.#dirtyEnd) return;
    const end = this.#start + this.#dirtyEnd;
    this.#storage.write(this.#window.subarray(this.#dirtyStart, this.#dirtyEnd), this.#start + this.#dirtyStart);
    this.#stored = Math.max(this.#stored, end);
    this.#dirtyStart = this.#dirtyEnd = 0;
  }
}
