/** A file of an image as a stream of Node. */
import { Readable } from 'node:stream';
import type { CramfsImage } from '../image/image.ts';
import { readChunks, type ReadRange } from './files.ts';

/**
 * Reads a file, as stored, block by block: memory stays small. Errors (CramfsError, as of readFile()) come as the
 * stream's "error" event.
 */
export function createReadStream(image: CramfsImage, path: string, range: ReadRange = {}): Readable {
  return Readable.from(buffers(image, path, range), { objectMode: false });
}

function* buffers(image: CramfsImage, path: string, range: ReadRange): Generator<Buffer, void> {
  for (const chunk of readChunks(image, path, range)) yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
}
