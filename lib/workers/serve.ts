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
 */
export function serve<Result>(
  prepare: (data: never) => (job: never) => Result | Promise<Result>,
  transfers: (result: Result) => ArrayBuffer[] = () => [],
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
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    tell({ kind: 'unable', error: packError(error), isScarcity: isScarcity(errnoName(cause)) });
    return;
  }
  let last: Promise<void> = Promise.resolve();
  port.on('message', (message: unknown) => {
    if (message === null) {
      port.close();
      return;
    }
    last = last.then(async () => {
      try {
        const result = await work(message as never);
        tell({ kind: 'result', result }, transfers(result));
      } catch (error) {
        tell({ kind: 'error', error: packError(error) });
      }
    });
  });
  tell({ kind: 'ready' });
}
