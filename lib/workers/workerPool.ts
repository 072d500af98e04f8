/**
 * A crew of worker threads for one kind of work.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { CramfsError } from '../base/errors.ts';
import type { Crew } from '../extract/crew.ts';
import type { Work, WorkerAnswer, WorkerSetup, WorkKind } from './protocol.ts';

/** Jobs that a thread is given at a time: one to do, and others so that it never waits for us. */
const JOBS_AT_A_TIME = 3;

/** How to start a crew. */
export type PoolOptions<Kind extends WorkKind> = Omit<WorkerSetup, 'stop' | 'kind'> & {
  readonly kind: Kind;
  readonly threads: number;
  /** The worker's script. Default: {@link workerScript}. */
  readonly script?: string | undefined;
};

interface Member {
  readonly worker: Worker;
  /** What to call with the results of its jobs, oldest first. */
  readonly waiting: ((result: unknown) => void)[];
}

/** The worker's script beside this one: as built, or in the bundle of the commands. Null in the sources. */
export function workerScript(): string | null {
  const folder = typeof __dirname === 'string' ? __dirname : fileURLToPath(new URL('.', import.meta.url));
  for (const name of ['imageWorker.cjs', 'imageWorker.js']) {
    if (existsSync(join(folder, name))) return join(folder, name);
  }
  return null;
}

/** Worker threads, each with the image opened. */
export class WorkerPool<Kind extends WorkKind> implements Crew<Work[Kind]['job'], Work[Kind]['result']> {
  readonly #members: Member[];
  readonly #stop: Int32Array;
  #error: Error | null = null;
  #wake: (() => void) | null = null;

  /** Starts the threads; null where their script is not to be found. */
  static start<Kind extends WorkKind>(options: PoolOptions<Kind>): WorkerPool<Kind> | null {
    const script = options.script ?? workerScript();
    return script === null || options.threads < 1 ? null : new WorkerPool(options, script);
  }

  private constructor(options: PoolOptions<Kind>, script: string) {
    const { threads, script: _script, ...setup } = options;
    const stop = new SharedArrayBuffer(4);
    this.#stop = new Int32Array(stop);
    this.#members = Array.from({ length: threads }, () => {
      const workerData: WorkerSetup = { ...setup, stop };
      const member: Member = { worker: new Worker(script, { workerData, execArgv: [] }), waiting: [] };
      member.worker.on('message', (answer: WorkerAnswer) => {
        const done = member.waiting.shift();
        if ('error' in answer) this.#fail(new CramfsError(answer.error.code, answer.error.details));
        else done?.(answer.result);
        if (this.#isIdle()) this.#wake?.();
      });
      member.worker.on('error', (error: Error) => {
        this.#fail(error);
      });
      return member;
    });
  }

  tryStart(job: Work[Kind]['job'], done: (result: Work[Kind]['result']) => void): boolean {
    if (this.#error !== null) throw this.#error;
    let freest: Member | undefined;
    for (const member of this.#members) {
      if (member.waiting.length < (freest?.waiting.length ?? JOBS_AT_A_TIME)) freest = member;
    }
    if (freest === undefined) return false;
    freest.waiting.push(done as (result: unknown) => void);
    freest.worker.postMessage(job);
    return true;
  }

  async idle(): Promise<void> {
    while (!this.#isIdle()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#error !== null) throw this.#error;
  }

  stop(): void {
    Atomics.store(this.#stop, 0, 1);
  }

  /** Ends the threads. Jobs under way are lost: wait for {@link idle} before. */
  async close(): Promise<void> {
    await Promise.all(this.#members.map(({ worker }) => worker.terminate()));
  }

  #isIdle(): boolean {
    return this.#error !== null || this.#members.every(({ waiting }) => waiting.length === 0);
  }

  #fail(error: Error): void {
    this.#error ??= error;
    this.stop();
    this.#wake?.();
  }
}
