/**
 * A worker thread of `cramfs check`: inflates blocks and reports what is wrong with them.
 */
import { BlockVerifier } from '../check/blockBatch.ts';
import { inflaterOf } from '../image/compression.ts';
import { sliceSource } from '../source/byteSource.ts';
import { openFileSource } from '../source/nodeFile.ts';
import { type CheckSetup, shareOf, type SharedBatch } from './checkShare.ts';
import { serve } from './serve.ts';

serve(({ file, imageOffset, pageSize, method }: CheckSetup) => {
  const verifier = new BlockVerifier({
    source: sliceSource(openFileSource(file), imageOffset),
    inflate: inflaterOf(method),
    pageSize,
  });
  return (batch: SharedBatch) => shareOf(batch, (from, to) => verifier.verify(batch, from, to));
});
