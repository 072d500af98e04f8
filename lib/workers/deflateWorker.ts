/**
 * A worker thread that compresses blocks.
 */
import { type DeflateMethod, newDeflate } from '../mkfs/deflate.node.ts';
import { type PackedPieces, packPieces, unpackPieces } from './packedPieces.ts';
import { serve } from './serve.ts';

serve(
  (method: DeflateMethod) => {
    const deflate = newDeflate(method);
    return (job: PackedPieces) => packPieces(unpackPieces(job).map(deflate));
  },
  ({ bytes }) => [bytes.buffer],
);
