/**
 * The worker thread: opens the image by itself and does one kind of work on it, job by job.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { CramfsError } from '../base/errors.ts';
import { runFileBatch } from '../extract/fileBatch.node.ts';
import type { FileBatch } from '../extract/fileBatch.node.ts';
import { contentReader } from '../extract/fileContent.ts';
import { runTarBatch, type TarBatch } from '../extract/tarBatch.ts';
import { CramfsImage } from '../image/image.ts';
import { openFileSource } from '../source/nodeFile.ts';
import type { WorkerAnswer, WorkerSetup } from './protocol.ts';

const setup = workerData as WorkerSetup;
const port = parentPort;
if (port !== null) {
  const stop = new Int32Array(setup.stop);
  const isStopped = (): boolean => Atomics.load(stop, 0) === 1;
  let work: ((job: unknown) => { result: unknown; transfer: ArrayBuffer[] }) | undefined;
  const prepare = (): NonNullable<typeof work> => {
    const { imageOffset, pageSize, policy } = setup;
    const image = CramfsImage.open(openFileSource(setup.file), { imageOffset, pageSize });
    const context = { image, read: contentReader(image, setup.asLinuxReads), policy, isStopped };
    if (setup.kind === 'files') return (job) => ({ result: runFileBatch(context, job as FileBatch), transfer: [] });
    return (job) => {
      const result = runTarBatch(context, job as TarBatch);
      return { result, transfer: [result.archive.buffer as ArrayBuffer] };
    };
  };
  port.on('message', (job: unknown) => {
    if (job === null) {
      port.close();
      return;
    }
    try {
      work ??= prepare();
      const { result, transfer } = work(job);
      port.postMessage({ result } satisfies WorkerAnswer, transfer);
    } catch (error) {
      if (!(error instanceof CramfsError)) throw error;
      const { code, details } = error;
      port.postMessage({ error: { code, details: { ...details, cause: undefined } } } satisfies WorkerAnswer);
    }
  });
}
