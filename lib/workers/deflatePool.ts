/**
 * Compresses blocks in worker threads. Blocks of small files travel together.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { DeflateMethod } from '../mkfs/deflate.node.ts';
import type { BlockCompressor } from '../mkfs/encodeFile.ts';
import { type PackedPieces, packPieces, unpackPieces } from './packedPieces.ts';

/** Bytes that are sent at a time, at least, while more is coming. */
const BATCH_BYTES = 128 << 10;

/** What a caller waits for: a part of a batch. */
interface Order {
  readonly count: number;
  readonly resolve: (streams: Uint8Array[]) => void;
  readonly reject: (error: Error) => void;
}

interface Member {
  readonly worker: Worker;
  /** The orders of the batches that it has, oldest first. */
  readonly batches: (readonly Order[])[];
}

/** The worker's script beside this one: as built, or in the bundle of the commands. Null in the sources. */
export function deflateScript(): string | null {
  const folder = typeof __dirname === 'string' ? __dirname : fileURLToPath(new URL('.', import.meta.url));
  for (const name of ['deflateWorker.cjs', 'deflateWorker.js']) {
    if (existsSync(join(folder, name))) return join(folder, name);
  }
  return null;
}

/** Worker threads that compress. */
export class DeflatePool implements BlockCompressor {
  readonly #members: readonly Member[];
  #pieces: Uint8Array[] = [];
  #orders: Order[] = [];
  #bytes = 0;
  #isFlushDue = false;
  #error: Error | null = null;

  constructor(method: DeflateMethod, threads: number, script: string) {
    this.#members = Array.from({ length: threads }, () => {
      const member: Member = { worker: new Worker(script, { workerData: method, execArgv: [] }), batches: [] };
      member.worker.on('message', (answer: PackedPieces) => {
        deliver(member.batches.shift() ?? [], unpackPieces(answer));
      });
      member.worker.on('error', (error: Error) => {
        this.#fail(error);
      });
      return member;
    });
  }

  compress(pieces: readonly Uint8Array[]): Promise<Uint8Array[]> {
    return new Promise((resolve, reject) => {
      if (this.#error !== null) {
        reject(this.#error);
        return;
      }
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
    if (this.#orders.length === 0) return;
    let freest = this.#members[0];
    for (const member of this.#members) {
      if (member.batches.length < (freest?.batches.length ?? 0)) freest = member;
    }
    const job = packPieces(this.#pieces);
    freest?.batches.push(this.#orders);
    freest?.worker.postMessage(job, [job.bytes.buffer]);
    this.#pieces = [];
    this.#orders = [];
    this.#bytes = 0;
  }

  #fail(error: Error): void {
    this.#error ??= error;
    const orders = [...this.#orders, ...this.#members.flatMap(({ batches }) => batches.flat())];
    for (const { reject } of orders) reject(error);
  }

  /** Ends the threads. */
  async close(): Promise<void> {
    await Promise.all(this.#members.map(({ worker }) => worker.terminate()));
  }
}

function deliver(orders: readonly Order[], streams: readonly Uint8Array[]): void {
  let at = 0;
  for (const { count, resolve } of orders) resolve(streams.slice(at, (at += count)));
}
