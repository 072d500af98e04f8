/**
 * Bad blocks of NAND flash in a dump: what was written skips them, and a programmer that reads them anyway leaves them in the
 * middle of an image, usually as 0xff.
 */
import { isFilled } from '../base/bytes.ts';
import { roundUp } from '../base/pages.ts';
import type { ByteSource } from '../source/byteSource.ts';

/** Erase blocks of NAND flash, in bytes. */
export const BAD_BLOCK_SIZES: readonly number[] = [128 << 10, 16 << 10, 256 << 10, 64 << 10, 512 << 10];
/** Such blocks tried: a chip has few. */
const MOST_BLOCKS = 8;

/** Byte offsets of the erased blocks within `size` bytes from `offset` on, those that they make longer included. */
export function erasedBlocks(file: ByteSource, offset: number, size: number, bytes: number): number[] {
  const found: number[] = [];
  for (let at = roundUp(offset + 1, bytes); at < offset + size + found.length * bytes; at += bytes) {
    if (found.length === MOST_BLOCKS) break;
    const first = file.read(at, 4096);
    if (first.length < 4096) break;
    if (!isFilled(first, 0xff)) continue;
    const block = file.read(at, bytes);
    if (block.length === bytes && isFilled(block, 0xff)) found.push(at);
  }
  return found;
}

/** A dump without some blocks. `blocks`: their offsets, rising. Closing is left to the caller. */
export function withoutBlocks(source: ByteSource, blocks: readonly number[], bytes: number): ByteSource {
  /** Where a byte lies in the dump, and how many follow it there. */
  const place = (offset: number): { readonly at: number; readonly run: number } => {
    const before = blocks.filter((block, i) => block - i * bytes <= offset).length;
    const next = blocks[before];
    const at = offset + before * bytes;
    return { at, run: next === undefined ? Infinity : next - at };
  };
  return {
    get size(): number {
      return source.size - blocks.length * bytes;
    },
    read(offset, length) {
      const { at, run } = place(offset);
      if (length <= run) return source.read(at, length);
      const result = new Uint8Array(Math.max(0, length));
      let filled = 0;
      while (filled < length) {
        const piece = place(offset + filled);
        const wanted = Math.min(length - filled, piece.run);
        const read = source.read(piece.at, wanted);
        result.set(read, filled);
        filled += read.length;
        if (read.length < wanted) break;
      }
      return result.subarray(0, filled);
    },
    close: () => undefined,
  };
}
