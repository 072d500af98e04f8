/**
 * The one pool of worker threads: it starts them, hands out jobs, brings back results and errors, and ends them.
 *
 * Threads are help, not a need: a job of a thread that cannot be started (no memory, no descriptors left), or of a pool
 * without threads, is done in this thread. Jobs are given out in the order in which they come.
 */
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { errnoName } from '../base/errnoWords.ts';
import { isScarcity, type PackedError, unpackError, type WorkerMessage } from './messages.ts';
import type { WorkerScript } from './script.ts';

/** Jobs that a thread is given at a time: one to do, and others so that it never waits for us. */
const JOBS_AT_A_TIME = 3;
/** Milliseconds that a thread has to finish what nobody waits for. */
const GRACE = 2000;

/** How to start a pool. */
export interface PoolOptions<Job, Result> {
  /** The threads' program, see workerScript(); null for none. */
  readonly script: WorkerScript | null;
  readonly threads: number;
  /** What each thread is told at its start. */
  readonly data: unknown;
  /** Does a job in this thread. */
  readonly local: (job: Job) => Result | Promise<Result>;
  /** Jobs that a thread is given at a time. Default: 3. */
  readonly atATime?: number | undefined;
}

/** A job that is not done. */
interface Order<Job, Result> {
  readonly job: Job;
  readonly transfer: readonly ArrayBuffer[];
  /** Whether every thread got it, so that another does not do it again. */
  readonly isShared: boolean;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: Error) => void;
}

interface Member<Job, Result> {
  readonly worker: Worker;
  /** Its jobs, oldest first. */
  readonly orders: Order<Job, Result>[];
  /** Whether its program has begun. */
  isReady: boolean;
}

/** Threads that do jobs of one kind. They never keep the process from ending, unless somebody waits for a job. */
export class WorkerPool<Job, Result> {
  readonly #local: (job: Job) => Result | Promise<Result>;
  readonly #atATime: number;
  #members: Member<Job, Result>[] = [];
  /** Jobs that no thread has. */
  readonly #queue: Order<Job, Result>[] = [];
  #isClosed = false;
  #here: Promise<unknown> = Promise.resolve();
  /** The ends of threads that were too many: what they have open is closed then. */
  readonly #leaving: Promise<unknown>[] = [];

  constructor({ script, threads, data, local, atATime = JOBS_AT_A_TIME }: PoolOptions<Job, Result>) {
    this.#local = local;
    this.#atATime = atATime;
    if (script === null) return;
    for (let i = 0; i < threads; i++) {
      const worker = started(script, data);
      if (worker === null) return;
      this.#members.push(this.#employ(worker));
    }
  }

  /** Threads that have started, or are about to. */
  get threads(): number {
    return this.#members.length;
  }

  /** Does a job; it waits until a thread has time for it. `transfer` is given away. */
  run(job: Job, transfer: readonly ArrayBuffer[] = []): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ job, transfer, isShared: false, resolve, reject });
      this.#giveOut();
    });
  }

  /** Does a job if a thread has time for it; null if none has. */
  tryRun(job: Job): Promise<Result> | null {
    return this.#queue.length === 0 && this.#freest() !== null ? this.run(job) : null;
  }

  /** Gives a job to every thread: what each of them made of it. */
  runOnEach(job: Job): Promise<Result>[] {
    return this.#members.map(
      (member) =>
        new Promise((resolve, reject) => {
          this.#give(member, { job, transfer: [], isShared: true, resolve, reject });
        }),
    );
  }

  /**
   * Ends the threads: those with a job under way finish it, unless that takes long. Nobody hears of jobs that are not done.
   * (Node 20 may abort as a whole when a thread is ended while it sets up zlib.)
   */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#queue.length = 0;
    const workers = this.#members.map(({ worker }) => worker);
    this.#members = [];
    if (workers.length === 0) return;
    const hurry = new AbortController();
    const gone = Promise.all(
      workers.map((worker) => {
        if (worker.threadId === -1) return Promise.resolve();
        const exit = new Promise((resolve) => worker.once('exit', resolve));
        worker.ref();
        worker.postMessage(null);
        return exit;
      }),
    ).then(() => {
      hurry.abort();
    });
    await setTimeout(GRACE, undefined, { signal: hurry.signal }).catch(() => undefined);
    if (!hurry.signal.aborted) await Promise.all(workers.map((worker) => worker.terminate()));
    await gone;
  }

  #employ(worker: Worker): Member<Job, Result> {
    const member: Member<Job, Result> = { worker, orders: [], isReady: false };
    worker.on('message', (message: WorkerMessage) => {
      this.#hear(member, message);
    });
    worker.on('error', (error: Error) => {
      this.#lose(member, error, !member.isReady && isScarcity(errnoName(error)));
    });
    worker.on('exit', () => {
      this.#lose(member, new Error('a worker thread ended before its time'), false);
    });
    // A listener keeps the process alive, so this comes after all of them.
    worker.unref();
    return member;
  }

  #hear(member: Member<Job, Result>, message: WorkerMessage): void {
    switch (message.kind) {
      case 'ready':
        member.isReady = true;
        return;
      case 'unable':
        this.#lose(member, unpackError(message.error), message.isScarcity);
        return;
      case 'result':
        this.#taken(member)?.resolve(message.result as Result);
        break;
      case 'error':
        this.#taken(member)?.reject(unpackError(message.error satisfies PackedError));
    }
    this.#giveOut();
  }

  /** The oldest job of a thread, which is done. */
  #taken(member: Member<Job, Result>): Order<Job, Result> | undefined {
    const order = member.orders.shift();
    if (member.orders.length === 0 && !this.#isClosed) member.worker.unref();
    return order;
  }

  /** A thread is gone. Its jobs fail, unless it never began: then others do them. */
  #lose(member: Member<Job, Result>, error: Error, isReplaced: boolean): void {
    const place = this.#members.indexOf(member);
    if (place === -1) return;
    this.#members.splice(place, 1);
    const { worker } = member;
    if (worker.threadId !== -1) {
      worker.ref();
      this.#leaving.push(new Promise((resolve) => worker.once('exit', resolve)));
    }
    const orders = member.orders.splice(0);
    if (!isReplaced) for (const { reject } of orders) reject(error);
    else {
      for (const order of orders.filter(({ isShared }) => isShared)) this.#doHere(order);
      this.#queue.unshift(...orders.filter(({ isShared }) => !isShared));
    }
    this.#giveOut();
  }

  #giveOut(): void {
    for (let order = this.#queue[0]; order !== undefined; order = this.#queue[0]) {
      if (this.#members.length === 0) this.#doHere(order);
      else {
        const member = this.#freest();
        if (member === null) return;
        this.#give(member, order);
      }
      this.#queue.shift();
    }
  }

  #freest(): Member<Job, Result> | null {
    let freest: Member<Job, Result> | null = null;
    for (const member of this.#members) {
      if (member.orders.length < (freest?.orders.length ?? this.#atATime)) freest = member;
    }
    return freest;
  }

  #give(member: Member<Job, Result>, order: Order<Job, Result>): void {
    if (member.orders.length === 0) member.worker.ref();
    member.orders.push(order);
    // What a thread that never begins was given is needed again.
    member.worker.postMessage(order.job, member.isReady ? order.transfer : []);
  }

  /** Does a job in this thread, after those before it, and when threads that were too many are gone. */
  #doHere({ job, resolve, reject }: Order<Job, Result>): void {
    this.#here = this.#here.then(async () => {
      try {
        await Promise.all(this.#leaving);
        resolve(await this.#local(job));
      } catch (error) {
        reject(error as Error);
      }
    });
  }
}

/** Starts a thread; null where there is no room for one. */
function started(script: WorkerScript, workerData: unknown): Worker | null {
  const { program, isText, argv } = typeof script === 'string' ? { program: script, isText: false, argv: [] } : script;
  try {
    return new Worker(program, { workerData, execArgv: [], eval: isText, argv: [...argv] });
  } catch (error) {
    if (isScarcity(errnoName(error))) return null;
    throw error;
  }
}
