/**
 * The audits of many images, spread over threads; they come out in their order, whichever is done first.
 */
import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import type { AuditResult } from '../audit/result.ts';
import type { AuditDiagnosis, AuditedImage } from '../audit/run.ts';
import { CramfsError } from '../base/errors.ts';
import type { ByteSource } from '../source/byteSource.ts';
import { openFileSource } from '../source/nodeFile.ts';
import { auditFile, auditNamedFile, type AuditSetup, type AuditTarget } from './auditJob.ts';
import { WorkerPool } from './pool.ts';
import { type WorkerScript, workerScript } from './script.ts';

/** Threads that are used where no number is given, at most. */
const DEFAULT_THREADS = 4;
/** Images for each thread that may be done, or under way, before the first of them has been taken. */
const AHEAD = 4;

/** An image to audit, and its place among all of the run. */
export interface AuditJob extends AuditTarget {
  readonly index: number;
}

/** How to audit many images. */
export interface CrewOptions {
  readonly setup: AuditSetup;
  /** Opens an image for this thread. */
  readonly open: (job: AuditJob) => ByteSource;
  /** Looks, in this thread, at what was done to the file of an image that is not whole. */
  readonly diagnose?: ((job: AuditJob, source: ByteSource) => AuditDiagnosis | null) | undefined;
  /** Threads to use. Default: one for each processor, at most 4. */
  readonly jobs?: number | undefined;
  /** Ends the work early: no image comes after that. */
  readonly signal?: AbortSignal | undefined;
  /** Is told how far an image is, by its place in the list: from 0 to 1. */
  readonly progress?: (place: number, fraction: number) => void;
  /** The threads' program. Default: the one beside this module; without it there is one thread only. */
  readonly script?: WorkerScript | null | undefined;
}

/**
 * Audits images. One that cannot be audited comes with its error, be it a fault of ours (INTERNAL); wrong usage ends it all.
 *
 * @throws CramfsError USAGE
 */
export async function* auditImages(
  images: readonly AuditJob[],
  options: CrewOptions,
): AsyncGenerator<AuditedImage, void> {
  const { setup, jobs, script = workerScript('auditWorker') } = options;
  // Standard input can be read by this thread only; for one image there are threads within the check.
  if (images.length < 2 || script === null || images.some(({ file }) => file === null)) {
    yield* inThisThread(images, options);
    return;
  }
  const threads = Math.min(jobs ?? Math.min(availableParallelism(), DEFAULT_THREADS), images.length);
  const local = (target: AuditTarget): Promise<AuditResult> => auditNamedFile(target, setup);
  const pool = new WorkerPool({ script, threads, data: setup, local, atATime: 1 });
  try {
    yield* inOrder(images, pool, threads * AHEAD, options);
  } finally {
    await pool.close();
  }
}

async function* inThisThread(
  images: readonly AuditJob[],
  { setup, open, diagnose, jobs, signal, progress }: CrewOptions,
): AsyncGenerator<AuditedImage, void> {
  for (const [place, job] of images.entries()) {
    // A signal is noticed between two images.
    await setImmediate();
    if (signal?.aborted === true) return;
    const told = (done: number, total: number): void => {
      progress?.(place, Math.min(1, done / Math.max(1, total)));
    };
    let audited: AuditedImage;
    try {
      const source = open(job);
      try {
        const outcome = await attempt(job, () => auditFile(job, source, setup, jobs, told));
        audited = { ...outcome, diagnosis: needsDiagnosis(outcome) ? (diagnose?.(job, source) ?? null) : null };
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

/** Gives images out, `ahead` of the one that is waited for at most. */
async function* inOrder(
  images: readonly AuditJob[],
  pool: WorkerPool<AuditTarget, AuditResult>,
  ahead: number,
  { signal, progress, diagnose }: CrewOptions,
): AsyncGenerator<AuditedImage, void> {
  const { aborted, release } = abortOf(signal);
  const audit = async (job: AuditJob, place: number): Promise<AuditedImage> => {
    try {
      const outcome = await attempt(job, () => pool.run(job));
      const diagnosis = needsDiagnosis(outcome) && diagnose !== undefined ? diagnoseFile(job, diagnose) : null;
      return { ...outcome, diagnosis };
    } finally {
      progress?.(place, 1);
    }
  };
  /** Answers that have not been taken, in order. */
  const answers: Promise<AuditedImage>[] = [];
  let given = 0;
  try {
    for (let place = 0; place < images.length; place++) {
      for (; given < Math.min(place + ahead, images.length); given++) {
        const job = images[given];
        if (job === undefined) break;
        const answer = audit(job, given);
        // An error is met where the answer is waited for.
        answer.catch(() => undefined);
        answers.push(answer);
      }
      const audited = await Promise.race([answers.shift(), aborted]);
      if (audited === undefined || signal?.aborted === true) return;
      yield audited;
    }
  } finally {
    release();
  }
}

/** A promise for the end that a signal asks for, and how to forget it. */
function abortOf(signal: AbortSignal | undefined): { aborted: Promise<undefined>; release: () => void } {
  let release = (): void => undefined;
  const aborted = new Promise<undefined>((resolve) => {
    const onAbort = (): void => {
      resolve(undefined);
    };
    if (signal?.aborted === true) onAbort();
    signal?.addEventListener('abort', onAbort);
    release = () => signal?.removeEventListener('abort', onAbort);
  });
  return { aborted, release };
}

/** @throws CramfsError USAGE */
async function attempt(job: AuditJob, audit: () => Promise<AuditResult>): Promise<AuditedImage> {
  const { image, index } = job;
  try {
    return { image, index, diagnosis: null, result: await audit(), error: null };
  } catch (error) {
    return unreadable(job, error);
  }
}

/** Findings that an image has whose file is not as it was written. */
const SUSPICIOUS: ReadonlySet<string> = new Set([
  ...['image/crc-wrong', 'image/signature-wrong', 'image/image-truncated', 'image/size-too-small'],
]);

function needsDiagnosis({ result, error }: AuditedImage): boolean {
  if (result === null) return error.code === 'NOT_CRAMFS';
  const { findings, suppressed } = result;
  return [...findings, ...suppressed.map(({ finding }) => finding)].some(({ id }) => SUSPICIOUS.has(id));
}

function diagnoseFile(job: AuditJob, diagnose: NonNullable<CrewOptions['diagnose']>): AuditDiagnosis | null {
  try {
    const source = openFileSource(job.file ?? job.image);
    try {
      return diagnose(job, source);
    } finally {
      source.close();
    }
  } catch (error) {
    // The file is gone since.
    if (error instanceof CramfsError && error.code === 'IO') return null;
    throw error;
  }
}

/** @throws CramfsError USAGE */
function unreadable({ image, index }: AuditJob, error: unknown): AuditedImage {
  const typed = error instanceof CramfsError ? error : internalError(error);
  if (typed.code === 'USAGE') throw typed;
  const { code, message, offset = null, path = null } = typed;
  return { image, index, diagnosis: null, result: null, error: { code, message, offset, path } };
}

function internalError(error: unknown): CramfsError {
  return new CramfsError('INTERNAL', { found: error instanceof Error ? error.message : String(error), cause: error });
}
