/**
 * Compresses blocks in worker threads. Blocks of small files travel together.
 */
import { type DeflateMethod, newDeflate } from '../mkfs/deflate.node.ts';
import type { BlockCompressor } from '../mkfs/encodeFile.ts';
import { type PackedPieces, packPieces, unpackPieces } from './packedPieces.ts';
import { WorkerPool } from './pool.ts';
import { type WorkerScript, workerScript } from './script.ts';

/** Bytes that are sent at a time, at least, while more is coming. */
const BATCH_BYTES = 128 << 10;

/** What a caller waits for: a part of a batch. */
interface Order {
  readonly count: number;
  readonly resolve: (streams: Uint8Array[]) => void;
  readonly reject: (error: Error) => void;
}

/** Worker threads that compress. */
export class DeflatePool implements BlockCompressor {
  readonly #pool: WorkerPool<PackedPieces, PackedPieces>;
  #pieces: Uint8Array[] = [];
  #orders: Order[] = [];
  #bytes = 0;
  #isFlushDue = false;

  /** @param script of the threads. Default: the one beside this module */
  constructor(method: DeflateMethod, threads: number, script: WorkerScript | null = workerScript('deflateWorker')) {
    const local = (job: PackedPieces): PackedPieces => packPieces(unpackPieces(job).map(newDeflate(method)));
    this.#pool = new WorkerPool({ script, threads, data: method, local });
  }

  compress(pieces: readonly Uint8Array[]): Promise<Uint8Array[]> {
    return new Promise((resolve, reject) => {
      this.#orders.push({ count: pieces.length, resolve, reject });
      for (const piece of pieces) {
        this.#pieces.push(piece);
        this.#bytes += piece.length;
      }
      if (this.#bytes >= BATCH_BYTES) this.#flush();
      else if (!this.#isFlushDue) {
        // Whoever waits for the last, small batch lets the event loop run.
        this.#isFlushDue = true;
        setImmediate(() => {
          this.#isFlushDue = false;
          this.#flush();
        });
      }
    });
  }

  #flush(): void {
    const orders = this.#orders;
    if (orders.length === 0) return;
    const job = packPieces(this.#pieces);
    this.#pool.run(job, [job.bytes.buffer]).then(
      (answer) => {
        deliver(orders, unpackPieces(answer));
      },
      (error: unknown) => {
        for (const { reject } of orders) reject(error as Error);
      },
    );
    this.#pieces = [];
    this.#orders = [];
    this.#bytes = 0;
  }

  /** Ends the threads. */
  close(): Promise<void> {
    return this.#pool.close();
  }
}

function deliver(orders: readonly Order[], streams: readonly Uint8Array[]): void {
  let at = 0;
  for (const { count, resolve } of orders) resolve(streams.slice(at, (at += count)));
}
