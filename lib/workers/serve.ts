/**
 * The worker's side of a pool: it takes jobs and answers each, until there are no more.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { errnoName } from '../base/errnoWords.ts';
import { isScarcity, packError, type WorkerMessage } from './messages.ts';

/**
 * Makes this thread a worker.
 *
 * @param prepare makes what does the jobs, of what the thread was told at its start
 * @param transfers what of a result is given away
 * @param canRepeat whether a job that fails because nothing more can be opened leaves no traces: then this thread, which is
 *   one too many, ends, and another does the job
 */
export function serve<Result>(
  prepare: (data: never) => (job: never) => Result | Promise<Result>,
  transfers: (result: Result) => ArrayBuffer[] = () => [],
  canRepeat = false,
): void {
  const port = parentPort;
  if (port === null) return;
  const tell = (message: WorkerMessage, given: ArrayBuffer[] = []): void => {
    port.postMessage(message, given);
  };
  let work: (job: never) => Result | Promise<Result>;
  try {
    work = prepare(workerData as never);
  } catch (error) {
    tell({ kind: 'unable', error: packError(error), isScarcity: meansScarcity(error) });
    return;
  }
  let last: Promise<void> = Promise.resolve();
  let isGone = false;
  port.on('message', (message: unknown) => {
    if (message === null) {
      port.close();
      return;
    }
    last = last.then(async () => {
      if (isGone) return;
      try {
        const result = await work(message as never);
        tell({ kind: 'result', result }, transfers(result));
      } catch (error) {
        if (canRepeat && meansScarcity(error)) {
          isGone = true;
          tell({ kind: 'unable', error: packError(error), isScarcity: true });
          port.close();
          return;
        }
        tell({ kind: 'error', error: packError(error) });
      }
    });
  });
  tell({ kind: 'ready' });
}

function meansScarcity(error: unknown): boolean {
  return isScarcity(errnoName(error instanceof Error ? (error.cause ?? error) : error));
}
