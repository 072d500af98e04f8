/** Opening an image by the name of its file. */
import { fileURLToPath } from 'node:url';
import type { CramfsImage, OpenOptions } from '../image/image.ts';
import type { ByteSource } from '../source/byteSource.ts';
import { openFileSource } from '../source/nodeFile.ts';
import { openDetected } from './openDetected.ts';

/**
 * Opens an image: a file by its path or URL, bytes in memory, or any source of bytes. The block size, the compression and
 * the layout of inodes are detected from the image's files unless `options` give them. A file stays open until the image's
 * close().
 *
 * @throws CramfsError IO, NOT_CRAMFS, TRUNCATED, USAGE
 */
export function openImage(from: string | URL | Uint8Array | ByteSource, options: OpenOptions = {}): CramfsImage {
  if (typeof from !== 'string' && !(from instanceof URL)) return openDetected(from, options);
  const source = openFileSource(typeof from === 'string' ? from : fileURLToPath(from));
  try {
    return openDetected(source, options);
  } catch (error) {
    source.close();
    throw error;
  }
}
