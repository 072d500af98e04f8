/**
 * The checksum of an image, read piece by piece.
 */
import { crc32 as ownCrc32 } from '../format/crc32.ts';
import type { ByteSource } from '../source/byteSource.ts';

const STEP = 1 << 20;
/** Where fsid.crc stands in the superblock, and its bytes. */
const FIELD = 32;
const FIELD_BYTES = 4;

type Crc32 = (bytes: Uint8Array, crc: number) => number;

interface WithBuiltins {
  process?: { getBuiltinModule?: (name: string) => unknown };
}

/** Node's crc32(), where there is one: some five times as fast. */
function fastestCrc32(): Crc32 {
  const zlib = (globalThis as WithBuiltins).process?.getBuiltinModule?.('node:zlib') as { crc32?: Crc32 } | undefined;
  return zlib?.crc32 ?? ownCrc32;
}

/**
 * The CRC-32 of the bytes from the superblock to the end of the image, with the field that holds it taken as zero.
 *
 * @param position byte offset of the superblock
 * @param end first byte behind the image; it must be in the source
 * @throws CramfsError IO
 */
export function imageCrc(source: ByteSource, position: number, end: number): number {
  const crc32 = fastestCrc32();
  const field = position + FIELD;
  let crc = crc32(source.read(position, FIELD), 0);
  crc = crc32(new Uint8Array(FIELD_BYTES), crc);
  for (let at = field + FIELD_BYTES; at < end; at += STEP) {
    crc = crc32(source.read(at, Math.min(STEP, end - at)), crc);
  }
  return crc;
}
