/**
 * Dumps with twice the bytes, or half of them: of a bus that is wider than what was read, and of one of two chips that hold
 * the bytes of an image by turns.
 */
import { CRAMFS_SIGNATURE } from '../format/constants.ts';
import { encodeName } from '../format/names.ts';
import type { ByteSource } from '../source/byteSource.ts';
import { type Doubled, doubled, type Half, halfOf } from './search.ts';

/** A dump with the first of each two bytes only. `start`: 0 or 1, where the first pair begins. Closing is left to the caller. */
export function undoubled(source: ByteSource, start: number): ByteSource {
  return {
    get size(): number {
      return Math.floor((source.size - start) / 2);
    },
    read: (offset, length) => source.read(start + 2 * offset, 2 * Math.max(0, length)).filter((_, i) => i % 2 === 0),
    close: () => undefined,
  };
}

/** The magic number in both byte orders. */
const MAGICS = [Uint8Array.of(0x45, 0x3d, 0xcd, 0x28), Uint8Array.of(0x28, 0xcd, 0x3d, 0x45)];
const SIGNATURE = encodeName(CRAMFS_SIGNATURE);

/** Whether magic number and signature are there with each byte doubled. `at`: the start of the superblock. */
export function isDoubled(source: ByteSource, at: number, filler: Doubled): boolean {
  const bytes = source.read(at, 2 * 32);
  const isAt = (form: Uint8Array, place: number): boolean => form.every((byte, i) => bytes[place + i] === byte);
  return MAGICS.some((magic) => isAt(doubled(magic, filler), 0)) && isAt(doubled(SIGNATURE, filler), 2 * 16);
}

/** Whether half of the signature and half of the magic number are there: twelve bytes. `at`: the start of the superblock. */
export function isHalf(source: ByteSource, at: number, half: Half): boolean {
  const bytes = source.read(at, 16);
  const signature = halfOf(SIGNATURE, half);
  const magics = MAGICS.map((magic) => halfOf(magic, half));
  return (
    signature.every((byte, i) => bytes[8 + i] === byte) &&
    magics.some((magic) => magic.every((byte, i) => bytes[i] === byte))
  );
}
