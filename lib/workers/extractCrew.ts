/**
 * Worker threads that help an extraction; the thread that walks the image works too.
 */
import type { Crew } from '../extract/crew.ts';
import { type FileBatch, type FileBatchResult, runFileBatch } from '../extract/fileBatch.node.ts';
import { contentReader } from '../extract/fileContent.ts';
import type { OwnerPolicy } from '../extract/ownership.ts';
import { runTarBatch, type TarBatch, type TarBatchResult } from '../extract/tarBatch.ts';
import { type Opening, openAgain } from './openAgain.ts';
import { WorkerPool } from './pool.ts';
import { type WorkerScript, workerScript } from './script.ts';

/** The kinds of work, with what goes in and what comes out. */
export interface ExtractWork {
  readonly files: { readonly job: FileBatch; readonly result: FileBatchResult };
  readonly tar: { readonly job: TarBatch; readonly result: TarBatchResult };
}

/** What a thread needs to know from the start. */
export interface ExtractSetup {
  readonly kind: keyof ExtractWork;
  readonly opening: Opening;
  readonly asLinuxReads: boolean;
  readonly policy: OwnerPolicy;
  /** One 32-bit word: 1 says "stop before the next file". */
  readonly stop: SharedArrayBuffer;
}

/** How to start a crew. */
export type ExtractCrewOptions<Kind extends keyof ExtractWork> = Omit<ExtractSetup, 'stop' | 'kind'> & {
  readonly kind: Kind;
  readonly threads: number;
  /** The threads' program. Default: the one beside this module. */
  readonly script?: WorkerScript | null | undefined;
};

/** Worker threads, each with the image opened. */
export class ExtractCrew<Kind extends keyof ExtractWork> implements Crew<
  ExtractWork[Kind]['job'],
  ExtractWork[Kind]['result']
> {
  readonly #pool: WorkerPool<ExtractWork[Kind]['job'], ExtractWork[Kind]['result']>;
  readonly #stop: Int32Array;
  readonly #underWay = new Set<Promise<void>>();
  #error: Error | null = null;

  constructor(options: ExtractCrewOptions<Kind>) {
    const { threads, script = workerScript('imageWorker'), ...rest } = options;
    const setup: ExtractSetup = { ...rest, stop: new SharedArrayBuffer(4) };
    this.#stop = new Int32Array(setup.stop);
    this.#pool = new WorkerPool({ script, threads, data: setup, local: (job) => this.#doHere(setup, job) });
  }

  tryStart(job: ExtractWork[Kind]['job'], done: (result: ExtractWork[Kind]['result']) => void): boolean {
    if (this.#error !== null) throw this.#error;
    if (this.#pool.threads === 0) return false;
    const running = this.#pool.tryRun(job);
    if (running === null) return false;
    const watched = running.then(done).catch((error: unknown) => {
      this.#error ??= error as Error;
      this.stop();
    });
    this.#underWay.add(watched);
    void watched.then(() => this.#underWay.delete(watched));
    return true;
  }

  async idle(): Promise<void> {
    while (this.#underWay.size > 0 && this.#error === null) await Promise.race(this.#underWay);
    if (this.#error !== null) throw this.#error;
  }

  stop(): void {
    Atomics.store(this.#stop, 0, 1);
  }

  /** Ends the threads. Jobs under way are lost: wait for {@link idle} before. */
  close(): Promise<void> {
    return this.#pool.close();
  }

  /** A job of a thread that could not be started. That is rare: the image is opened for each. */
  #doHere(setup: ExtractSetup, job: ExtractWork[Kind]['job']): ExtractWork[Kind]['result'] {
    const { kind, opening, asLinuxReads, policy } = setup;
    const image = openAgain(opening);
    try {
      const isStopped = (): boolean => Atomics.load(this.#stop, 0) === 1;
      const context = { image, read: contentReader(image, asLinuxReads), policy, isStopped };
      return kind === 'files' ? runFileBatch(context, job as FileBatch) : runTarBatch(context, job as TarBatch);
    } finally {
      image.close();
    }
  }
}
