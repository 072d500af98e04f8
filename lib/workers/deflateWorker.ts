/**
 * A worker thread that compresses blocks.
 */
import { type DeflateMethod, newDeflate } from '../mkfs/deflate.node.ts';
import { deflateJob } from './deflateJob.ts';
import { serve } from './serve.ts';

serve(
  (method: DeflateMethod) => deflateJob(newDeflate(method)),
  ({ bytes }) => [bytes.buffer],
);
