/**
 * Compressing blocks to the bytes that classic zlib (1.2, 1.3) makes.
 */
import {
  Z_DEFAULT_STRATEGY,
  Z_FINISH,
  Z_OK,
  Z_STREAM_END,
  ZStream,
  zlibDeflate,
  zlibDeflateInit2,
  zlibDeflateReset,
} from 'pako';
import { MAX_SMALL_INPUT, smallDeflate } from './zlib/smallDeflate.ts';

/** Compresses one block to a zlib stream. The result may be a view, valid until the next call. */
export type Deflate = (block: Uint8Array) => Uint8Array;

const Z_DEFLATED = 8;
/** compress2() leaves window and memory at zlib's defaults. */
const WINDOW_BITS = 15;
const MEMORY_LEVEL = 8;

/**
 * compress2() of classic zlib at a level of 1 to 9: blocks of up to 8 KiB, at the levels of mkcramfs and util-linux, in
 * a way made for them, others with pako.
 *
 * Node's own zlib hashes differently and gives other bytes.
 */
export function classicDeflate(level: number): Deflate {
  const small = smallDeflate(level);
  let large: Deflate | null = null;
  return (block) => {
    if (small !== null && block.length <= MAX_SMALL_INPUT) return small(block);
    large ??= pakoDeflate(level);
    return large(block);
  };
}

/** The same with pako, for any input, with one state that is reset from block to block. */
export function pakoDeflate(level: number): Deflate {
  const stream = new ZStream();
  check(zlibDeflateInit2(stream, level, Z_DEFLATED, WINDOW_BITS, MEMORY_LEVEL, Z_DEFAULT_STRATEGY, true), Z_OK);
  let output = new Uint8Array(1 << 13);
  return (block) => {
    // compressBound(): what a block can grow to.
    const bound = block.length + (block.length >>> 12) + (block.length >>> 14) + (block.length >>> 25) + 13;
    if (output.length < bound) output = new Uint8Array(bound);
    check(zlibDeflateReset(stream), Z_OK);
    stream.input = block;
    stream.next_in = 0;
    stream.avail_in = block.length;
    stream.output = output;
    stream.next_out = 0;
    stream.avail_out = output.length;
    check(zlibDeflate(stream, Z_FINISH), Z_STREAM_END);
    return output.subarray(0, stream.next_out);
  };
}

function check(status: number, expected: number): void {
  if (status !== expected) throw new Error(`zlib status ${status}`);
}
