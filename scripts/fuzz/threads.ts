/** What `lib` has in place of node:worker_threads in the fuzzer's bundle: a thread finds inputs on the disk. */
import * as threads from 'node:worker_threads';
import { writeInputs } from './inputFiles.ts';

export { parentPort, workerData } from 'node:worker_threads';

export class Worker extends threads.Worker {
  constructor(...[file, options]: ConstructorParameters<typeof threads.Worker>) {
    writeInputs();
    super(file, options);
  }
}
