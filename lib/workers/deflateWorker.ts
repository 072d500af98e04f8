/**
 * A worker thread that compresses blocks.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { type DeflateMethod, newDeflate } from '../mkfs/deflate.node.ts';
import { type PackedPieces, packPieces, unpackPieces } from './packedPieces.ts';

const deflate = newDeflate(workerData as DeflateMethod);

parentPort?.on('message', (job: PackedPieces) => {
  const answer = packPieces(unpackPieces(job).map(deflate));
  parentPort?.postMessage(answer, [answer.bytes.buffer]);
});
