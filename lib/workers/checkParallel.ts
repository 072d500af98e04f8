/**
 * A check on several threads: this one goes through the image and hands out batches of compressed blocks as it finds them;
 * then it takes its own share of what is left.
 */
import { availableParallelism } from 'node:os';
import { type BlockProblem, BlockVerifier } from '../check/blockBatch.ts';
import { type CheckOptions, type CheckResult, ImageCheck } from '../check/checkImage.ts';
import type { FileBatch } from '../check/fileSurvey.ts';
import { methodOf } from '../image/compression.ts';
import type { CramfsImage } from '../image/image.ts';
import { type CheckSetup, shareBatch, shareOf, type SharedBatch } from './checkShare.ts';
import { WorkerPool } from './pool.ts';
import { type WorkerScript, workerScript } from './script.ts';

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
  /** The threads' program. Default: the one beside this module; without it there is one thread only. */
  readonly script?: WorkerScript | null | undefined;
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

interface Pending {
  readonly batch: FileBatch;
  readonly shared: SharedBatch;
  /** What each thread finds in its share. */
  readonly answers: readonly Promise<BlockProblem[]>[];
}

class Crew {
  readonly #verifier: BlockVerifier;
  readonly #pool: WorkerPool<SharedBatch, BlockProblem[]>;
  #pending: Pending[] = [];
  #started = 0;

  constructor(image: CramfsImage, options: ParallelCheckOptions, threads: number) {
    this.#verifier = new BlockVerifier(image);
    const { file, imageOffset, script = threads === 1 ? null : workerScript('checkWorker') } = options;
    const data: CheckSetup = { file, imageOffset, pageSize: image.pageSize, method: methodOf(image.inflate) };
    // Whoever does not start takes no blocks, and others find them there.
    this.#pool = new WorkerPool<SharedBatch, BlockProblem[]>({ script, threads: threads - 1, data, local: () => [] });
  }

  /** Blocks that are not settled. */
  get pending(): number {
    return this.#pending.reduce((sum, { batch }) => sum + batch.count, 0);
  }

  start(batch: FileBatch): void {
    const shared = shareBatch(batch, this.#started++);
    const answers = this.#pool.runOnEach(shared);
    // An error is met where the answer is waited for.
    for (const answer of answers) answer.catch(() => undefined);
    this.#pending.push({ batch, shared, answers });
  }

  /** Takes part in the work, waits for the others, and hands on what was found. */
  async settle(check: ImageCheck): Promise<void> {
    const own = this.#pending.map(({ shared }) =>
      shareOf(shared, (from, to) => this.#verifier.verify(shared, from, to)),
    );
    for (const [index, { batch, answers }] of this.#pending.entries()) {
      check.tell(batch, [...(own[index] ?? []), ...(await Promise.all(answers)).flat()]);
    }
    this.#pending = [];
  }

  dismiss(): Promise<void> {
    return this.#pool.close();
  }
}
