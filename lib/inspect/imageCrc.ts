/**
 * The superblock's checksum: computed from the bytes, and compared with what is stored.
 */
import { readRoom } from '../base/bytes.ts';
import { CRAMFS_FLAG_FSID_VERSION_2, SUPERBLOCK_SIZE } from '../format/constants.ts';
import { crc32 } from '../format/crc32.ts';
import type { Superblock } from '../format/superblock.ts';
import type { CramfsImage } from '../image/image.ts';
import { type ByteSource, readInto } from '../source/byteSource.ts';

/** Byte offset of fsid.crc in the superblock. */
const CRC_FIELD = 32;
/** Bytes read at a time: they stay in a processor's cache. */
const CHUNK = 1 << 18;
/** The same for images of at most {@link SHORT} bytes: allocating a longer buffer takes longer than it saves. */
const SHORT_CHUNK = 1 << 15;
const SHORT = 1 << 20;

/**
 * `good`; `swapped`: right, but stored in the other byte order; `wrong`; `none`: without FSID_VERSION_2 there is no
 * checksum; `truncated`: the file ends before the image does; `impossible`: the image's size cannot be; `unchecked`: a bound
 * on bytes read was reached before.
 */
export type CrcState = 'good' | 'swapped' | 'wrong' | 'none' | 'truncated' | 'impossible' | 'unchecked';

/** A checksum compared. */
export interface CrcVerdict {
  readonly state: CrcState;
  readonly stored: number;
  /** Null where it cannot be computed. */
  readonly computed: number | null;
}

/**
 * Compares the checksum of an image; its bytes are read once, a piece at a time.
 *
 * @throws CramfsError IO
 */
export function imageCrc(image: CramfsImage): CrcVerdict {
  return superblockCrc(image.source, image.superblock);
}

/**
 * The same for a superblock at hand, whose image starts at byte 0 of `source`.
 *
 * @throws CramfsError IO
 */
export function superblockCrc(source: ByteSource, superblock: Superblock): CrcVerdict {
  const { crc: stored, size, position, flags } = superblock;
  if ((flags & CRAMFS_FLAG_FSID_VERSION_2) === 0) return { state: 'none', stored, computed: null };
  if (size < position + SUPERBLOCK_SIZE) return { state: 'impossible', stored, computed: null };
  if (source.read(size - 1, 1).length === 0) return { state: 'truncated', stored, computed: null };
  const computed = rangeCrc(source, position, size);
  const state = computed === stored ? 'good' : computed === swapped(stored) ? 'swapped' : 'wrong';
  return { state, stored, computed };
}

/**
 * CRC-32 of the bytes from the superblock at `position` to `end`, its CRC field taken as zero.
 *
 * @throws CramfsError IO
 */
export function rangeCrc(source: ByteSource, position: number, end: number): number {
  let crc = 0;
  let isFirst = true;
  for (const bytes of pieces(source, position, end)) {
    if (isFirst) {
      crc = crc32(bytes.subarray(0, CRC_FIELD), crc);
      crc = crc32(new Uint8Array(4), crc);
      crc = crc32(bytes.subarray(CRC_FIELD + 4), crc);
      isFirst = false;
    } else crc = crc32(bytes, crc);
  }
  return crc;
}

/** The bytes from `start` to `end`, each piece until the next: in one buffer, where the source copies them anyway. */
function* pieces(source: ByteSource, start: number, end: number): Generator<Uint8Array, void> {
  const copies = source.readInto !== undefined;
  const chunk = end - start > SHORT ? CHUNK : SHORT_CHUNK;
  const buffer = readRoom(copies ? Math.min(chunk, end - start) : 0);
  for (let at = start; at < end; at += chunk) {
    const length = Math.min(chunk, end - at);
    yield copies ? buffer.subarray(0, readInto(source, buffer.subarray(0, length), at)) : source.read(at, length);
  }
}

/** A 32-bit number in the other byte order. */
export function swapped(value: number): number {
  return ((value << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)) >>> 0;
}
