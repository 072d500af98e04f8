/**
 * A check on several threads: this one goes through the image and hands out batches of compressed blocks as it finds them;
 * then it takes its own share of what is left.
 */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type BlockProblem, verifyBlocks } from '../check/blockBatch.ts';
import { type CheckOptions, type CheckResult, ImageCheck } from '../check/checkImage.ts';
import type { FileBatch } from '../check/fileSurvey.ts';
import { CramfsError } from '../base/errors.ts';
import type { CramfsImage } from '../image/image.ts';
import { inflateLzma } from '../image/lzma.ts';
import { type CheckAnswer, type CheckSetup, shareBatch, shareOf, type SharedBatch } from './checkShare.ts';

/** More threads than this do not pay: reading and the walk are done by one. */
const MAX_THREADS = 4;
/** Images smaller than this are checked before a thread has started, in bytes. */
const LEAST_SIZE = 4 << 20;
/** Blocks on their way through the threads; beyond that the walk waits. */
const MAX_PENDING = 1 << 20;

/** How to check on several threads. */
export interface ParallelCheckOptions extends CheckOptions {
  /** The file that the image was opened from. */
  readonly file: string;
  /** Byte offset of the image in the file. */
  readonly imageOffset: number;
  /** Threads, this one included. Default: one for each processor, at most 4; one for small images. */
  readonly threads?: number | undefined;
  /** The worker's program. Default: the one beside this bundle; without it there is one thread only. */
  readonly workerFile?: string | undefined;
}

/**
 * Checks an image; the findings are those of checkImage().
 *
 * @throws CramfsError IO when the file cannot be read
 */
export async function checkParallel(image: CramfsImage, options: ParallelCheckOptions): Promise<CheckResult> {
  const check = new ImageCheck(image, options);
  const crew = new Crew(image, options, options.inflate === false ? 1 : threadCount(image, options));
  try {
    for (const batch of check.batches()) {
      crew.start(batch);
      if (crew.pending > MAX_PENDING) await crew.settle(check);
    }
    await crew.settle(check);
    return check.finish();
  } finally {
    await crew.dismiss();
  }
}

function threadCount(image: CramfsImage, { threads, file }: ParallelCheckOptions): number {
  // Standard input can be read by one thread only.
  if (file === '-') return 1;
  if (threads !== undefined) return Math.max(1, Math.min(threads, 64));
  return image.source.size < LEAST_SIZE ? 1 : Math.min(availableParallelism(), MAX_THREADS);
}

/** The bundle's folder; ES modules have no such variable. */
declare const __dirname: string | undefined;

function workerProgram(): string | null {
  if (typeof __dirname !== 'string') return null;
  const program = join(__dirname, 'checkWorker.cjs');
  return existsSync(program) ? program : null;
}

interface Pending {
  readonly batch: FileBatch;
  readonly shared: SharedBatch;
  readonly problems: BlockProblem[];
  answersDue: number;
}

class Crew {
  readonly #image: CramfsImage;
  readonly #workers: Worker[] = [];
  #pending: Pending[] = [];
  #started = 0;
  #failure: Error | null = null;
  #wake: () => void = () => undefined;

  constructor(image: CramfsImage, options: ParallelCheckOptions, threads: number) {
    this.#image = image;
    const program = threads === 1 ? null : (options.workerFile ?? workerProgram());
    if (program === null) return;
    const { file, imageOffset } = options;
    const method = image.inflate === inflateLzma ? 'lzma' : 'zlib';
    const setup: CheckSetup = { file, imageOffset, pageSize: image.pageSize, method };
    for (let i = 1; i < threads; i++) {
      const worker = new Worker(program, { workerData: setup });
      worker.on('message', (answer: CheckAnswer) => {
        this.#take(answer);
      });
      worker.on('error', (error) => {
        this.#fail(error);
      });
      this.#workers.push(worker);
    }
  }

  /** Blocks that are not settled. */
  get pending(): number {
    return this.#pending.reduce((sum, { batch }) => sum + batch.count, 0);
  }

  start(batch: FileBatch): void {
    const shared = shareBatch(batch, this.#started++);
    for (const worker of this.#workers) worker.postMessage(shared);
    this.#pending.push({ batch, shared, problems: [], answersDue: this.#workers.length });
  }

  /** Takes part in the work, waits for the others, and tells what was found. */
  async settle(check: ImageCheck): Promise<void> {
    const { source, inflate, pageSize } = this.#image;
    for (const { shared, problems } of this.#pending) {
      problems.push(...shareOf(shared, (from, to) => verifyBlocks(source, inflate, pageSize, shared, from, to)));
    }
    while (this.#failure === null && this.#pending.some(({ answersDue }) => answersDue > 0)) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    if (this.#failure !== null) throw this.#failure;
    for (const { batch, problems } of this.#pending) check.tell(batch, problems);
    this.#pending = [];
  }

  #take({ batch, problems, trouble, offset }: CheckAnswer): void {
    if (trouble !== undefined) this.#failure = new CramfsError('IO', { offset, found: trouble });
    const pending = this.#pending.find(({ shared }) => shared.number === batch);
    if (pending === undefined) return;
    pending.problems.push(...problems);
    pending.answersDue--;
    this.#wake();
  }

  #fail(error: Error): void {
    this.#failure = error;
    this.#wake();
  }

  async dismiss(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}
