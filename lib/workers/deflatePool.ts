/**
 * Compresses blocks in worker threads. Blocks of small files travel together, those of a large file one after the other, in
 * buffers that are used again.
 */
import { type DeflateMethod, newDeflate } from '../mkfs/deflate.node.ts';
import type { BlockCompressor } from '../mkfs/encodeFile.ts';
import { deflateJob, type PackedPieces, unpackPieces } from './deflateJob.ts';
import { WorkerPool } from './pool.ts';
import { type WorkerScript, workerScript } from './script.ts';

/** Bytes that are sent at a time while more is coming. */
const BATCH_BYTES = 128 << 10;
/** Buffers that are kept: for what a builder has under way. */
const MAX_KEPT = 64;

/** What a caller waits for. */
interface Order {
  readonly streams: Uint8Array[];
  /** Streams that have not come. */
  missing: number;
  readonly resolve: (streams: Uint8Array[]) => void;
  readonly reject: (error: Error) => void;
}

/** Blocks that are sent together. */
interface Batch {
  readonly buffer: Uint8Array<ArrayBuffer>;
  length: number;
  readonly lengths: number[];
  /** Of each block, whose it is and which of those. */
  readonly owners: { readonly order: Order; readonly index: number }[];
}

/** Worker threads that compress. */
export class DeflatePool implements BlockCompressor {
  readonly #pool: WorkerPool<PackedPieces, PackedPieces>;
  readonly #free: Uint8Array<ArrayBuffer>[] = [];
  #batch: Batch | null = null;
  #isFlushDue = false;

  /** @param script of the threads. Default: the one beside this module */
  constructor(method: DeflateMethod, threads: number, script: WorkerScript | null = workerScript('deflateWorker')) {
    const local = (job: PackedPieces): PackedPieces => deflateJob(newDeflate(method))(job);
    this.#pool = new WorkerPool({ script, threads, data: method, local });
  }

  compress(pieces: readonly Uint8Array[]): Promise<Uint8Array[]> {
    if (pieces.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      const order: Order = { streams: [], missing: pieces.length, resolve, reject };
      for (const [index, piece] of pieces.entries()) this.#add(piece, order, index);
      if (this.#batch === null || this.#isFlushDue) return;
      // Whoever waits for the last, small batch lets the event loop run.
      this.#isFlushDue = true;
      setImmediate(() => {
        this.#isFlushDue = false;
        this.#flush();
      });
    });
  }

  #add(piece: Uint8Array, order: Order, index: number): void {
    if (this.#batch !== null && this.#batch.length + piece.length > this.#batch.buffer.length) this.#flush();
    const batch = (this.#batch ??= {
      buffer: this.#buffer(piece.length),
      length: 0,
      lengths: [],
      owners: [],
    });
    batch.buffer.set(piece, batch.length);
    batch.length += piece.length;
    batch.lengths.push(piece.length);
    batch.owners.push({ order, index });
  }

  #buffer(least: number): Uint8Array<ArrayBuffer> {
    return (least <= BATCH_BYTES ? this.#free.pop() : undefined) ?? new Uint8Array(Math.max(BATCH_BYTES, least));
  }

  #flush(): void {
    if (this.#batch === null) return;
    const { buffer, length, lengths, owners } = this.#batch;
    this.#batch = null;
    this.#pool.run({ bytes: buffer.subarray(0, length), lengths }, [buffer.buffer]).then(
      (answer) => {
        // One copy of all streams, since the buffer is used again: memory for each of them would be thousands of small pieces.
        for (const [at, stream] of unpackPieces({ ...answer, bytes: answer.bytes.slice() }).entries()) {
          const owner = owners[at];
          if (owner !== undefined) deliver(owner.order, owner.index, stream);
        }
        this.#keep(answer.bytes.buffer);
      },
      (error: unknown) => {
        for (const { order } of owners) order.reject(error as Error);
      },
    );
  }

  #keep(buffer: ArrayBuffer): void {
    if (buffer.byteLength === BATCH_BYTES && this.#free.length < MAX_KEPT) this.#free.push(new Uint8Array(buffer));
  }

  /** Ends the threads. */
  close(): Promise<void> {
    return this.#pool.close();
  }
}

function deliver(order: Order, index: number, stream: Uint8Array): void {
  order.streams[index] = stream;
  if (--order.missing === 0) order.resolve(order.streams);
}
