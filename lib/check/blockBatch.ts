/**
 * Compressed blocks to be inflated: a part of a check that can be given to worker threads.
 */
import { CramfsError } from '../base/errors.ts';
import { type Inflate, isFailure } from '../image/codec.ts';
import type { CramfsImage } from '../image/image.ts';
import { PAST_LIMIT, type ReusedInflate } from '../image/reusedInflate.ts';
import { passingReader } from '../source/byteSource.ts';
import type { ZlibProblem } from './rule.ts';

/** Numbers that describe a block: byte offset, stored bytes, bytes that it must inflate to. */
export const BLOCK_FIELDS = 3;

/** Blocks that are inflated together. */
export interface BlockBatch {
  /** How many blocks. */
  readonly count: number;
  /** {@link BLOCK_FIELDS} numbers for each block. */
  readonly fields: Uint32Array;
}

/** A block that is not as it should be. */
export interface BlockProblem {
  /** Index in the batch. */
  readonly index: number;
  readonly problem: ZlibProblem;
}

const EMPTY = new Uint8Array(0);
/** Bytes that are read at a time: more at once take longer for each byte, as they no longer fit in a processor's cache. */
const WINDOW = 1 << 17;

/** Inflates blocks and reports what is wrong with them. Its memory is used for batch after batch. */
export class BlockVerifier {
  readonly #read: (offset: number, length: number) => Uint8Array;
  readonly #inflate: Inflate;
  readonly #pageSize: number;
  readonly #quick: ReusedInflate | null;
  readonly #room: Uint8Array;

  constructor({ source, inflate, pageSize }: Pick<CramfsImage, 'source' | 'inflate' | 'pageSize'>) {
    this.#read = passingReader(source);
    this.#inflate = inflate;
    this.#pageSize = pageSize;
    this.#quick = inflate.reused?.() ?? null;
    this.#room = this.#quick === null ? EMPTY : new Uint8Array(pageSize + PAST_LIMIT);
  }

  /**
   * What is wrong with the blocks [from, to) of a batch.
   *
   * @throws CramfsError IO
   */
  verify(batch: BlockBatch, from = 0, to = batch.count): BlockProblem[] {
    const problems: BlockProblem[] = [];
    const quick = this.#quick;
    const read = this.#read;
    const pageSize = this.#pageSize;
    let window: Uint8Array = EMPTY;
    let windowStart = 0;
    for (let index = from; index < to; index++) {
      const start = batch.fields[index * BLOCK_FIELDS] ?? 0;
      const length = batch.fields[index * BLOCK_FIELDS + 1] ?? 0;
      const expected = batch.fields[index * BLOCK_FIELDS + 2] ?? 0;
      if (start < windowStart || start + length > windowStart + window.length) {
        window = read(start, Math.max(length, reach(batch, index, to) - start));
        windowStart = start;
      }
      const data = window.subarray(start - windowStart, start - windowStart + length);
      // The image was that long a moment ago.
      if (data.length !== length) throw new CramfsError('IO', { offset: start, found: 'the file shrank' });
      if (quick?.into(data, this.#room, 0, pageSize) === expected && quick.unread === 0) continue;
      const problem = verifyBlock(this.#inflate, data, expected, pageSize);
      if (problem !== null) problems.push({ index, problem });
    }
    return problems;
  }
}

/** How far one read should go: over the blocks that follow each other closely. */
function reach(batch: BlockBatch, index: number, to: number): number {
  const start = batch.fields[index * BLOCK_FIELDS] ?? 0;
  let end = start;
  for (let next = index; next < to; next++) {
    const at = batch.fields[next * BLOCK_FIELDS] ?? 0;
    const after = at + (batch.fields[next * BLOCK_FIELDS + 1] ?? 0);
    if (at < end || at > end + WINDOW / 16 || after > start + WINDOW) break;
    end = after;
  }
  return end;
}

/** What a block that inflates to too much is measured up to, in bytes. */
const LONG_OUTPUT = 1 << 20;

function verifyBlock(inflate: Inflate, data: Uint8Array, expected: number, pageSize: number): ZlibProblem | null {
  const output = inflate(data, pageSize);
  if (isFailure(output)) {
    const more = inflate(data, LONG_OUTPUT);
    if (isFailure(more)) return { kind: 'damaged', reason: output.reason };
    return { kind: 'length', found: more.length, expected };
  }
  if (output.length !== expected) return { kind: 'length', found: output.length, expected };
  const trailing = trailingBytes(inflate, data, output, pageSize);
  if (trailing === 0) return null;
  const rest = data.subarray(data.length - trailing);
  const second = isZlib(rest) ? inflate(rest, LONG_OUTPUT) : null;
  if (second !== null && !isFailure(second)) return { kind: 'second stream', length: trailing, found: second.length };
  return { kind: 'trailing', length: trailing };
}

/** Bytes of a zlib stream without any output: header, an empty block, checksum. */
const LEAST_STREAM = 8;

/**
 * Bytes after the end of a stream that inflates. A stream ends with the Adler-32 of its output, and the first place
 * where it does is searched.
 */
function trailingBytes(inflate: Inflate, data: Uint8Array, output: Uint8Array, pageSize: number): number {
  if (!isZlib(data)) return 0;
  const checksum = adler32(output);
  const endsAt = (end: number): boolean =>
    data[end - 4] === checksum >>> 24 &&
    data[end - 3] === ((checksum >>> 16) & 0xff) &&
    data[end - 2] === ((checksum >>> 8) & 0xff) &&
    data[end - 1] === (checksum & 0xff);
  // Of two streams of the same content the second one ends with the same checksum.
  for (let end = LEAST_STREAM; end < data.length; end++) {
    if (endsAt(end) && !isFailure(inflate(data.subarray(0, end), pageSize))) return data.length - end;
  }
  return 0;
}

/** Whether data begins as a zlib stream does; vendors have other compressions. */
function isZlib([cmf = 0, flg = 0]: Uint8Array): boolean {
  return (cmf & 0x0f) === 8 && (cmf * 256 + flg) % 31 === 0;
}

/** Bytes whose sums fit in 32 bits, as zlib's NMAX. */
const ADLER_STEP = 5552;

function adler32(bytes: Uint8Array): number {
  let a = 1;
  let b = 0;
  for (let at = 0; at < bytes.length;) {
    for (const end = Math.min(at + ADLER_STEP, bytes.length); at < end; at++) {
      a += bytes[at] ?? 0;
      b += a;
    }
    a %= 65521;
    b %= 65521;
  }
  return ((b << 16) | a) >>> 0;
}
