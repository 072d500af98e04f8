/**
 * A superblock whose signature is there and whose magic number is not: damaged, changed by a vendor, or hit by a conversion.
 */
import { sameBytes } from '../base/bytes.ts';
import { CRAMFS_MAGIC, SUPERBLOCK_SIZE } from '../format/constants.ts';
import { type ByteSource, sliceSource } from '../source/byteSource.ts';
import { patchedSource } from '../source/patchedSource.ts';
import { rangeCrc, superblockCrc } from '../inspect/imageCrc.ts';
import { hasTree, type ImageCandidate, judgeCandidate, type ReadBudget, provenImage } from './imageCandidate.ts';
import { changeUndone } from './textChange.ts';

/** Byte offset of fsid.crc in the superblock. */
const CRC_FIELD = 32;
/** The magic number as two-byte UTF-8, in both byte orders. */
const UTF8_MAGICS = [Uint8Array.of(0x45, 0x3d, 0xc3, 0x8d, 0x28), Uint8Array.of(0x28, 0xc3, 0x8d, 0x3d, 0x45)];
/** Bytes before a signature that were UTF-8, at most: each of 16 became two. */
const UTF8_ROOM = 32;
const MAX_CONVERTED = 1 << 28;

/**
 * Judges the place of a superblock whose magic number is wrong; its signature is at `at` + 16. The CRC proves it, or a tree.
 *
 * @returns null when there is no image
 * @throws CramfsError IO
 */
export function judgeSignature(file: ByteSource, at: number, budget: ReadBudget): ImageCandidate | null {
  const head = file.read(at, SUPERBLOCK_SIZE);
  if (head.length < SUPERBLOCK_SIZE) return null;
  const found = head.slice(0, 4);
  let second: ImageCandidate | null = null;
  for (const littleEndian of [true, false]) {
    const magic = { offset: at, bytes: word(CRAMFS_MAGIC, littleEndian) };
    const candidate = judgeCandidate(patchedSource(file, [magic]), at, littleEndian, budget);
    if (candidate === null) continue;
    const undone = [{ kind: 'magic', found, covered: false } as const, ...candidate.undone];
    const { state } = candidate.crc;
    if (state === 'good' || state === 'swapped') return { ...candidate, undone };
    const covered = withItsOwnCrc(file, at, candidate, found, littleEndian);
    if (covered !== null) return covered;
    if (candidate.loss === 'seven-bit' || hasTree(candidate.source, budget)) second ??= { ...candidate, undone };
  }
  return second ?? fromUtf8(file, at);
}

function word(value: number, littleEndian: boolean): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, littleEndian);
  return bytes;
}

/** An image whose CRC is right with the magic number that it has: it was made so. The CRC is put right with the number. */
function withItsOwnCrc(
  file: ByteSource,
  at: number,
  { offset, superblock, signatureGood }: ImageCandidate,
  found: Uint8Array,
  littleEndian: boolean,
): ImageCandidate | null {
  if (superblockCrc(sliceSource(file, offset), superblock).state !== 'good') return null;
  const { position, size } = superblock;
  const magic = { offset: at, bytes: word(CRAMFS_MAGIC, littleEndian) };
  const computed = rangeCrc(sliceSource(patchedSource(file, [magic]), offset), position, size);
  const crc = { offset: at + CRC_FIELD, bytes: word(computed, littleEndian) };
  const source = sliceSource(patchedSource(file, [magic, crc]), offset);
  return provenImage(source, { offset, signatureGood, position }, [{ kind: 'magic', found, covered: true }]);
}

/** A dump that was converted to UTF-8: the superblock begins earlier than 16 bytes before its signature. */
function fromUtf8(file: ByteSource, at: number): ImageCandidate | null {
  const from = Math.max(0, at + 16 - UTF8_ROOM);
  const before = file.read(from, at + 16 - from);
  for (let i = 0; i + 5 <= before.length; i++) {
    const five = before.subarray(i, i + 5);
    if (!UTF8_MAGICS.some((magic) => sameBytes(magic, five))) continue;
    const source = changeUndone(file, from + i, MAX_CONVERTED, 'latin1-to-utf8');
    const image = { offset: from + i, signatureGood: true, position: 0 };
    return provenImage(source, image, [{ kind: 'text', change: 'latin1-to-utf8' }]);
  }
  return null;
}

/** Whether a magic number is at `at`, in either byte order. */
export function magicAt(file: ByteSource, at: number): boolean {
  const head = file.read(at, SUPERBLOCK_SIZE);
  if (head.length < 4) return false;
  const value = new DataView(head.buffer, head.byteOffset, 4);
  return value.getUint32(0) === CRAMFS_MAGIC || value.getUint32(0, true) === CRAMFS_MAGIC;
}
