/**
 * Compressing the same blocks again for nothing: a plan builds an image several times.
 */
import type { ContentHash } from './contentHash.ts';
import type { BlockCompressor } from './encodeFile.ts';

/**
 * A compressor that remembers every block, hence takes memory in the order of the image.
 *
 * @param hash one that is certain; with another the compressor itself is returned
 */
export function rememberingCompressor(compressor: BlockCompressor, hash: ContentHash): BlockCompressor {
  if (!hash.isCertain) return compressor;
  const known = new Map<string, Uint8Array>();
  return {
    async compress(pieces) {
      const names = pieces.map((piece) => hash.of(piece));
      const missing = pieces.flatMap((piece, index) => (known.has(names[index] ?? '') ? [] : [{ piece, index }]));
      if (missing.length > 0) {
        const streams = await compressor.compress(missing.map(({ piece }) => piece));
        // Copies: a stream may be a view of a large buffer.
        missing.forEach(({ index }, at) => known.set(names[index] ?? '', (streams[at] ?? EMPTY).slice()));
      }
      return names.map((name) => known.get(name) ?? EMPTY);
    },
  };
}

const EMPTY = new Uint8Array(0);
