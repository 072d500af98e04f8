/**
 * How threads share a batch of blocks: whoever is free takes the next few, by a counter in shared memory.
 */
import type { BlockBatch, BlockProblem } from '../check/blockBatch.ts';
import type { CompressionMethod } from '../image/compression.ts';

/** What a worker thread is started with. */
export interface CheckSetup {
  readonly file: string;
  /** Byte offset of the image in the file. */
  readonly imageOffset: number;
  readonly pageSize: number;
  /** How blocks are compressed. */
  readonly method: CompressionMethod;
}

/** A batch in shared memory. */
export interface SharedBatch extends BlockBatch {
  readonly number: number;
  /** How many blocks have been taken: one number, changed by Atomics only. */
  readonly taken: Int32Array;
}

/** Blocks taken at a time. */
const HANDFUL = 256;

/** A copy of a batch that threads can share. */
export function shareBatch(batch: BlockBatch, number: number): SharedBatch {
  const fields = new Uint32Array(new SharedArrayBuffer(batch.fields.byteLength));
  fields.set(batch.fields);
  return { number, count: batch.count, fields, taken: new Int32Array(new SharedArrayBuffer(4)) };
}

/** Takes blocks of a batch until none is left; what `verify` tells of them. */
export function shareOf(batch: SharedBatch, verify: (from: number, to: number) => BlockProblem[]): BlockProblem[] {
  const problems: BlockProblem[] = [];
  for (;;) {
    const from = Atomics.add(batch.taken, 0, HANDFUL);
    if (from >= batch.count) return problems;
    problems.push(...verify(from, Math.min(from + HANDFUL, batch.count)));
  }
}
