/**
 * A worker thread of `cramfs check`: inflates blocks and reports what is wrong with them.
 */
import { verifyBlocks } from '../check/blockBatch.ts';
import { inflate } from '../image/codec.ts';
import { inflateLzma } from '../image/lzma.ts';
import { sliceSource } from '../source/byteSource.ts';
import { openFileSource } from '../source/nodeFile.ts';
import { type CheckSetup, shareOf, type SharedBatch } from './checkShare.ts';
import { serve } from './serve.ts';

serve(({ file, imageOffset, pageSize, method }: CheckSetup) => {
  const decompress = method === 'lzma' ? inflateLzma : inflate;
  const source = sliceSource(openFileSource(file), imageOffset);
  return (batch: SharedBatch) =>
    shareOf(batch, (from, to) => verifyBlocks(source, decompress, pageSize, batch, from, to));
});
