/** How the blocks of an image are compressed, by name: functions cannot be sent to another thread. */
import { inflate, type Inflate } from './codec.ts';
import { inflateLzma } from './lzma.ts';

/** `zlib` in Linux; `lzma` in images of some vendors. */
export type CompressionMethod = 'zlib' | 'lzma';

/** The method that a function inflates. */
export function methodOf(inflater: Inflate): CompressionMethod {
  return inflater === inflateLzma ? 'lzma' : 'zlib';
}

/** The function that inflates a method. */
export function inflaterOf(method: CompressionMethod): Inflate {
  return method === 'lzma' ? inflateLzma : inflate;
}
