/** The checksum of an image in memory. */
import { crc32 } from '../../format/crc32.ts';
import { decodeSuperblock, findSuperblock } from '../../format/superblock.ts';

/** Where the superblock has its checksum. */
const CRC_OFFSET = 32;

/**
 * The stored checksum, and that of the bytes from the superblock to the end of the file system, its own field taken as zero.
 *
 * @param bytes of an image, from the start of its file
 */
export function crcOf(bytes: Uint8Array): { readonly stored: number; readonly computed: number } {
  const place = findSuperblock(bytes);
  if (place === null) return { stored: 0, computed: 0 };
  const { crc, size } = decodeSuperblock(bytes, place);
  const at = place.position + CRC_OFFSET;
  const head = crc32(new Uint8Array(4), crc32(bytes.subarray(place.position, at)));
  return { stored: crc, computed: crc32(bytes.subarray(at + 4, size), head) };
}
