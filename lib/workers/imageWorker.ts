/**
 * A worker thread of an extraction: opens the image by itself and does one kind of work on it.
 */
import { type FileBatch, type FileBatchResult, runFileBatch } from '../extract/fileBatch.node.ts';
import { contentReader } from '../extract/fileContent.ts';
import { runTarBatch, type TarBatch, type TarBatchResult } from '../extract/tarBatch.ts';
import type { ExtractSetup } from './extractCrew.ts';
import { openAgain } from './openAgain.ts';
import { serve } from './serve.ts';

serve(
  ({ kind, opening, asLinuxReads, policy, stop }: ExtractSetup) => {
    const word = new Int32Array(stop);
    const image = openAgain(opening);
    const context = {
      image,
      read: contentReader(image, asLinuxReads),
      policy,
      isStopped: () => Atomics.load(word, 0) === 1,
    };
    return (job: FileBatch | TarBatch): FileBatchResult | TarBatchResult =>
      kind === 'files' ? runFileBatch(context, job as FileBatch) : runTarBatch(context, job as TarBatch);
  },
  (result) => ('archive' in result ? [result.archive.buffer as ArrayBuffer] : []),
);
