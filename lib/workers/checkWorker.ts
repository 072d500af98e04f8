/**
 * A worker thread of `cramfs check`: inflates blocks and tells what is wrong with them.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { verifyBlocks } from '../check/blockBatch.ts';
import { CramfsError } from '../base/errors.ts';
import { inflate } from '../image/codec.ts';
import { inflateLzma } from '../image/lzma.ts';
import { sliceSource } from '../source/byteSource.ts';
import { openFileSource } from '../source/nodeFile.ts';
import { type CheckAnswer, type CheckSetup, shareOf, type SharedBatch } from './checkShare.ts';

const { file, imageOffset, pageSize, method } = workerData as CheckSetup;
const decompress = method === 'lzma' ? inflateLzma : inflate;
const source = sliceSource(openFileSource(file), imageOffset);

parentPort?.on('message', (batch: SharedBatch) => {
  parentPort?.postMessage(answer(batch));
});

function answer(batch: SharedBatch): CheckAnswer {
  try {
    const problems = shareOf(batch, (from, to) => verifyBlocks(source, decompress, pageSize, batch, from, to));
    return { batch: batch.number, problems };
  } catch (error) {
    const trouble = error instanceof Error ? error.message : String(error);
    const offset = error instanceof CramfsError ? error.offset : undefined;
    return { batch: batch.number, problems: [], trouble, offset };
  }
}
