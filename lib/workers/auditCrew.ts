/**
 * The audits of many images, spread over threads; they come out in their order, whichever is done first.
 */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { AuditResult } from '../audit/result.ts';
import type { AuditedImage } from '../audit/run.ts';
import { CramfsError } from '../base/errors.ts';
import type { ByteSource } from '../source/byteSource.ts';
import { auditFile, type AuditSetup } from './auditJob.ts';
import type { AuditAnswer, AuditJob, AuditMessage } from './auditWorker.ts';

/** Threads that are used where no number is given, at most. */
const DEFAULT_THREADS = 4;
/** Images for each thread that may be done, or under way, before the first of them has been taken. */
const AHEAD = 4;

/** Milliseconds that a thread has to finish an image that nobody waits for. */
const GRACE = 2000;

/** How to audit many images. */
export interface CrewOptions {
  readonly setup: AuditSetup;
  /** Opens an image for this thread. */
  readonly open: (image: string) => ByteSource;
  /** Threads to use. Default: one for each processor, at most 4. */
  readonly jobs?: number | undefined;
  /** Ends the work early: no image comes after that. */
  readonly signal?: AbortSignal | undefined;
  /** Is told how far an image is, by its place in the list: from 0 to 1. */
  readonly progress?: (place: number, fraction: number) => void;
  /** The worker's script. Default: the one beside this module; without it there is one thread only. */
  readonly script?: string | undefined;
}

/**
 * Audits images. One that cannot be audited comes with its error; wrong usage and bugs end it all.
 *
 * @throws CramfsError USAGE
 */
export async function* auditImages(
  images: readonly AuditJob[],
  options: CrewOptions,
): AsyncGenerator<AuditedImage, void> {
  const script = options.script ?? workerScript();
  // Standard input can be read by this thread only; for one image there are threads within the check.
  if (images.length < 2 || script === null || images.some(({ image }) => image === '-')) {
    yield* inThisThread(images, options);
    return;
  }
  const crew = new AuditCrew(images, options, script);
  try {
    yield* crew.audits();
  } finally {
    await crew.dismiss();
  }
}

/** The worker's script beside this one: as built, or in the bundle of the commands. Null in the sources. */
function workerScript(): string | null {
  const folder = typeof __dirname === 'string' ? __dirname : fileURLToPath(new URL('.', import.meta.url));
  for (const name of ['auditWorker.cjs', 'auditWorker.js']) {
    if (existsSync(join(folder, name))) return join(folder, name);
  }
  return null;
}

async function* inThisThread(
  images: readonly AuditJob[],
  { setup, open, jobs, signal, progress }: CrewOptions,
): AsyncGenerator<AuditedImage, void> {
  for (const [place, job] of images.entries()) {
    // A signal is noticed between two images.
    await setImmediate();
    if (signal?.aborted === true) return;
    let audited: AuditedImage;
    try {
      const source = open(job.image);
      try {
        const result = await auditFile(job.image, source, setup, jobs, (done, total) => {
          progress?.(place, Math.min(1, done / Math.max(1, total)));
        });
        audited = { ...job, result, error: null };
      } finally {
        source.close();
      }
    } catch (error) {
      audited = unreadable(job, error);
    }
    progress?.(place, 1);
    yield audited;
  }
}

/** @throws what is no fault of the image */
function unreadable(job: AuditJob, error: unknown): AuditedImage {
  if (!(error instanceof CramfsError) || error.code === 'USAGE') throw error;
  const { code, message, offset = null, path = null } = error;
  return { ...job, result: null, error: { code, message, offset, path } };
}

class AuditCrew {
  readonly #images: readonly AuditJob[];
  readonly #options: CrewOptions;
  readonly #workers: readonly Worker[];
  /** Answers that have not been taken, by the place of the image in the list. */
  readonly #answers = new Map<number, AuditResult | CramfsError>();
  #given = 0;
  #taken = 0;
  #idle: Worker[];
  #failure: Error | null = null;
  #wake: () => void = () => undefined;

  constructor(images: readonly AuditJob[], options: CrewOptions, script: string) {
    this.#images = images;
    this.#options = options;
    const threads = Math.min(options.jobs ?? Math.min(availableParallelism(), DEFAULT_THREADS), images.length);
    this.#workers = Array.from({ length: threads }, () => {
      const worker = new Worker(script, { workerData: options.setup, execArgv: [] });
      worker.on('message', (answer: AuditAnswer) => {
        this.#take(answer, worker);
      });
      worker.on('error', (error: Error) => {
        this.#failure ??= error;
        this.#wake();
      });
      return worker;
    });
    this.#idle = [...this.#workers];
  }

  async *audits(): AsyncGenerator<AuditedImage, void> {
    const { signal } = this.#options;
    const onAbort = (): void => {
      this.#wake();
    };
    signal?.addEventListener('abort', onAbort);
    try {
      for (const [place, job] of this.#images.entries()) {
        this.#giveOut();
        while (this.#failure === null && signal?.aborted !== true && !this.#answers.has(place)) {
          await new Promise<void>((resolve) => (this.#wake = resolve));
        }
        if (this.#failure !== null) throw this.#failure;
        if (signal?.aborted === true) return;
        const answer = this.#answers.get(place);
        this.#answers.delete(place);
        this.#taken++;
        if (answer === undefined || answer instanceof CramfsError) yield unreadable(job, answer);
        else yield { ...job, result: answer, error: null };
      }
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  #giveOut(): void {
    const most = this.#taken + this.#workers.length * AHEAD;
    while (this.#idle.length > 0 && this.#given < Math.min(most, this.#images.length)) {
      const job: AuditJob = { image: this.#images[this.#given]?.image ?? '', index: this.#given };
      this.#idle.pop()?.postMessage(job);
      this.#given++;
    }
  }

  #take(answer: AuditAnswer, worker: Worker): void {
    const { index } = answer;
    this.#answers.set(
      index,
      'error' in answer ? new CramfsError(answer.error.code, answer.error.details) : answer.result,
    );
    this.#options.progress?.(index, 1);
    this.#idle.push(worker);
    this.#giveOut();
    this.#wake();
  }

  /**
   * Sends the threads home: those with an image under way finish it, unless that takes long. Node 20 may abort as a whole
   * when a thread is ended while it sets up zlib.
   */
  async dismiss(): Promise<void> {
    const hurry = new AbortController();
    const gone = Promise.all(
      this.#workers.map((worker) => {
        const exit = new Promise((resolve) => worker.once('exit', resolve));
        worker.postMessage(null satisfies AuditMessage);
        return worker.threadId === -1 ? Promise.resolve() : exit;
      }),
    ).then(() => {
      hurry.abort();
    });
    await setTimeout(GRACE, undefined, { signal: hurry.signal }).catch(() => undefined);
    if (!hurry.signal.aborted) await Promise.all(this.#workers.map((worker) => worker.terminate()));
    await gone;
  }
}
