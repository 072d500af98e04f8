/**
 * NAND flash has spare bytes (out-of-band data: error correction, bad block marks) behind each page. A dump that was read
 * with them has them between the bytes of an image.
 */
import type { ByteSource } from '../source/byteSource.ts';

/** Bytes of a page, and of the spare area behind it. */
export interface SpareGeometry {
  readonly page: number;
  readonly spare: number;
}

/** What NAND chips have; the first also where error correction is done in 512-byte steps of a larger page. */
export const SPARE_GEOMETRIES: readonly SpareGeometry[] = [
  { page: 512, spare: 16 },
  { page: 2048, spare: 64 },
  { page: 2048, spare: 128 },
  { page: 4096, spare: 128 },
  { page: 4096, spare: 224 },
  { page: 4096, spare: 256 },
];

/** Where a byte of a dump lies once the spare bytes are left out; null for a spare byte. */
export function offsetWithoutSpare(offset: number, { page, spare }: SpareGeometry): number | null {
  const within = offset % (page + spare);
  return within < page ? Math.floor(offset / (page + spare)) * page + within : null;
}

/** The inverse: where a byte lies in the dump. */
export function offsetWithSpare(offset: number, { page, spare }: SpareGeometry): number {
  return Math.floor(offset / page) * (page + spare) + (offset % page);
}

/** Where something of `length` bytes that begins at byte `offset` of the dump ends there. */
export function endWithSpare(offset: number, length: number, spare: SpareGeometry): number {
  return offsetWithSpare((offsetWithoutSpare(offset, spare) ?? 0) + length, spare);
}

/** The dump without its spare bytes. Pages are counted from byte 0 of the source; closing is left to the caller. */
export function withoutSpare(source: ByteSource, { page, spare }: SpareGeometry): ByteSource {
  const whole = page + spare;
  return {
    get size(): number {
      const { size } = source;
      return Math.floor(size / whole) * page + Math.min(page, size % whole);
    },
    read(offset, length) {
      const result = new Uint8Array(Math.max(0, length));
      let filled = 0;
      while (filled < length) {
        const at = offset + filled;
        const within = at % page;
        const wanted = Math.min(page - within, length - filled);
        const bytes = source.read(offsetWithSpare(at, { page, spare }), wanted);
        result.set(bytes, filled);
        filled += bytes.length;
        if (bytes.length < wanted) break;
      }
      return filled === length ? result : result.subarray(0, filled);
    },
    close: () => undefined,
  };
}
