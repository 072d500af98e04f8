/**
 * Blocks on their way to a thread that compresses them, and the streams on their way back: in the same buffer, which goes
 * from thread to thread without being copied.
 */
import { GrowingBytes } from '../base/bytes.ts';
import type { Deflate } from '../mkfs/deflate.ts';

/** Byte strings, end to end, and their lengths. */
export interface PackedPieces {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly lengths: readonly number[];
}

/** The pieces, as views. */
export function unpackPieces({ bytes, lengths }: PackedPieces): Uint8Array[] {
  let at = 0;
  return lengths.map((length) => bytes.subarray(at, (at += length)));
}

/** What compresses the blocks of a job: the streams are in the job's buffer then, unless they need a larger one. */
export function deflateJob(deflate: Deflate): (job: PackedPieces) => PackedPieces {
  const streams = new GrowingBytes();
  return (job) => {
    streams.clear();
    const lengths = unpackPieces(job).map((piece) => {
      const stream = deflate(piece);
      streams.add(stream);
      return stream.length;
    });
    const { length } = streams.bytes;
    const { buffer } = job.bytes;
    const bytes = new Uint8Array(length <= buffer.byteLength ? buffer : new ArrayBuffer(length), 0, length);
    bytes.set(streams.bytes);
    return { bytes, lengths };
  };
}
