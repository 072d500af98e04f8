/**
 * Opening an image of unknown make, vendor variants included.
 */
import { inflaterOf } from '../image/compression.ts';
import type { CramfsImage } from '../image/image.ts';
import { type OpenOptions } from '../image/image.ts';
import type { ByteSource } from '../source/byteSource.ts';
import { detectLayout } from './detectLayout.ts';

/**
 * Opens an image with the layout that its files show; what `options` give is not looked for.
 *
 * @throws CramfsError as CramfsImage.open()
 */
export function openDetected(from: ByteSource | Uint8Array, options: OpenOptions = {}): CramfsImage {
  const { image, pageSize, method, quirks } = detectLayout(from, options);
  const inflate = options.inflate ?? inflaterOf(method);
  return image.readAs({ pageSize, inflate, quirks });
}
