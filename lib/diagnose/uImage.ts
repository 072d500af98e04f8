/**
 * The 64-byte header that U-Boot's mkimage puts in front of what a boot loader loads (its image.h, "legacy" format). All
 * numbers are big endian.
 */
import { decodeName } from '../format/names.ts';
import { crc32 } from '../format/crc32.ts';
import type { ByteSource } from '../source/byteSource.ts';

export const UIMAGE_MAGIC = 0x27051956;
const MAGIC_BYTES = [24, 16, 8, 0].map((shift) => (UIMAGE_MAGIC >>> shift) & 0xff);
export const UIMAGE_HEADER_SIZE = 64;
const CHUNK = 1 << 20;

/** A uImage header with its checksums compared. */
export interface UImage {
  /** Byte offset of the header in the source. */
  readonly offset: number;
  /** Bytes behind the header. */
  readonly size: number;
  readonly name: string;
  readonly loadAddress: number;
  readonly headerCrcGood: boolean;
  /** Null where the data is not all there. */
  readonly dataCrcGood: boolean | null;
}

/** Whether bytes, at least four, begin as a header does. */
export function beginsUImage(bytes: Uint8Array): boolean {
  return MAGIC_BYTES.every((byte, index) => bytes[index] === byte);
}

/**
 * Reads the header at `offset`; null if there is none. Without `data` the data's CRC is not computed.
 *
 * @throws CramfsError IO
 */
export function readUImage(source: ByteSource, offset: number, { data = true } = {}): UImage | null {
  const header = source.read(offset, UIMAGE_HEADER_SIZE);
  if (header.length < UIMAGE_HEADER_SIZE) return null;
  const view = new DataView(header.buffer, header.byteOffset, UIMAGE_HEADER_SIZE);
  if (!beginsUImage(header)) return null; //                0 – ih_magic
  const headerCrc = view.getUint32(4); //                   4 – ih_hcrc, of the header with this field zero
  //                                                        8 – ih_time
  const size = view.getUint32(12); //                      12 – ih_size
  const loadAddress = view.getUint32(16); //               16 – ih_load
  //                                                       20 – ih_ep
  const dataCrc = view.getUint32(24); //                   24 – ih_dcrc
  //                                                       28 – ih_os, ih_arch, ih_type, ih_comp
  const name = header.slice(32, 64); //                    32 – ih_name
  const zeroed = Uint8Array.from(header);
  zeroed.fill(0, 4, 8);
  const end = name.indexOf(0);
  const computed = !data ? null : dataCrcOf(source, offset + UIMAGE_HEADER_SIZE, size);
  return {
    offset,
    size,
    name: decodeName(end === -1 ? name : name.subarray(0, end)),
    loadAddress,
    headerCrcGood: crc32(zeroed) === headerCrc,
    dataCrcGood: computed === null ? null : computed === dataCrc,
  };
}

function dataCrcOf(source: ByteSource, start: number, size: number): number | null {
  if (size > 0 && source.read(start + size - 1, 1).length === 0) return null;
  let crc = 0;
  for (let at = start; at < start + size; at += CHUNK) {
    crc = crc32(source.read(at, Math.min(CHUNK, start + size - at)), crc);
  }
  return crc;
}
