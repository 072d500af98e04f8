/** Replaces node:worker_threads for `lib` in the fuzzer's bundle: writes the inputs to disk before a thread starts. */
import * as threads from 'node:worker_threads';
import { writeInputs } from './inputFiles.ts';

export { parentPort, workerData } from 'node:worker_threads';

export class Worker extends threads.Worker {
  constructor(...[file, options]: ConstructorParameters<typeof threads.Worker>) {
    writeInputs();
    super(file, options);
  }
}
