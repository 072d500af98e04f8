/**
 * Byte strings: comparing them, and collecting them in buffers that grow.
 */

/** Order of names in a directory: by bytes, as strcmp(). */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Whether two contents are the same. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Index of the first byte that is not 0; -1 if there is none. */
export function firstNonZero(bytes: Uint8Array): number {
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== 0) return i;
  return -1;
}

/** Index of the last byte that is not 0; -1 if there is none. */
export function lastNonZero(bytes: Uint8Array): number {
  for (let i = bytes.length - 1; i >= 0; i--) if (bytes[i] !== 0) return i;
  return -1;
}

/** Whether all bytes are the same one: eight words at a time, since dumps have gigabytes of padding. */
export function isFilled(bytes: Uint8Array, byte: number): boolean {
  const { buffer, byteOffset, length } = bytes;
  const head = Math.min(length, -byteOffset & 3);
  const count = ((length - head) >>> 2) & ~7;
  for (let i = 0; i < head; i++) if (bytes[i] !== byte) return false;
  for (let i = head + count * 4; i < length; i++) if (bytes[i] !== byte) return false;
  if (count === 0) return true;
  const w = new Int32Array(buffer, byteOffset + head, count);
  const all = Math.imul(byte, 0x01010101);
  const at = (i: number): number => (w[i] ?? 0) ^ all;
  for (let i = 0; i < count; i += 8) {
    const some = at(i) | at(i + 1) | at(i + 2) | at(i + 3) | at(i + 4) | at(i + 5) | at(i + 6) | at(i + 7);
    if (some !== 0) return false;
  }
  return true;
}

/** An array of numbers of a fixed size each. */
interface Numbers<Self> {
  readonly length: number;
  readonly constructor: unknown;
  set(from: Self): void;
}

/**
 * An array with room for `length` elements, and the same contents: the array itself if it is long enough, else a copy of
 * at least twice the size, so that adding piece by piece takes linear time.
 *
 * @param most elements that it may have
 */
export function withRoom<Self extends Numbers<Self>>(array: Self, length: number, most = Infinity): Self {
  if (length <= array.length) return array;
  const larger = new (array.constructor as new (length: number) => Self)(
    Math.min(most, Math.max(length, array.length * 2)),
  );
  larger.set(array);
  return larger;
}

/** Where {@link readRoom} begins in its memory. */
const PAST_HEADER = 48;

/**
 * Room to read a file into. A long array begins 16 bytes into a page (the C library's header is in front), and the system
 * copies from the start of a page to there three to four times slower than to other places: the processor takes a load for one of
 * the bytes just stored, whose address ends in the same twelve bits. 64 bytes into a page it is as fast as anywhere.
 */
export function readRoom(length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(length + PAST_HEADER).subarray(PAST_HEADER);
}

/**
 * Bytes that a window has which moves on: each is four times as long as the one before, so that a small file takes a small
 * one and a large file few moves.
 *
 * @param before bytes of the window so far, 0 for none; @param needed bytes that it must have, at most `most`
 */
export function nextStep(before: number, needed: number, first: number, most: number): number {
  let step = before === 0 ? first : before * 4;
  while (step < needed) step *= 4;
  return Math.min(most, step);
}

/**
 * Room of one length that is lent again and again: making it, which fills it with zeros, takes longer than a small file does.
 * Whoever takes it finds old bytes in it. Who takes it while another has it gets room that is new.
 */
export class LentRoom {
  readonly #length: number;
  #idle: Uint8Array<ArrayBuffer> | null = null;

  constructor(length: number) {
    this.#length = length;
  }

  take(): Uint8Array<ArrayBuffer> {
    const room = this.#idle ?? readRoom(this.#length);
    this.#idle = null;
    return room;
  }

  /** Nothing that is a view of the room may be used from now on. */
  giveBack(room: Uint8Array<ArrayBuffer>): void {
    this.#idle = room;
  }
}

/** Bytes in the making, added piece by piece. */
export class GrowingBytes {
  #buffer = new Uint8Array(1 << 12);
  #length = 0;

  add(bytes: Uint8Array): void {
    const length = this.#length + bytes.length;
    this.#buffer = withRoom(this.#buffer, length);
    this.#buffer.set(bytes, this.#length);
    this.#length = length;
  }

  /** Begins anew, in the same memory. */
  clear(): void {
    this.#length = 0;
  }

  /** The bytes so far: a view, valid until the next addition. */
  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }
}

/** The part of Node's Buffer that is used. */
interface WithBuffer {
  readonly Buffer?: {
    readonly from: (buffer: ArrayBufferLike, at: number, length: number) => { toString(encoding: 'latin1'): string };
  };
}

/** Characters that String.fromCharCode() takes in one call everywhere. */
const PIECE = 1 << 12;

/** One character for each byte. Several times as fast where there is Node's Buffer. */
export function latin1Text(bytes: Uint8Array, { Buffer: NodeBuffer } = globalThis as WithBuffer): string {
  if (NodeBuffer !== undefined) return NodeBuffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  let text = '';
  for (let at = 0; at < bytes.length; at += PIECE) {
    text += String.fromCharCode.apply(null, bytes.subarray(at, at + PIECE) as unknown as number[]);
  }
  return text;
}
