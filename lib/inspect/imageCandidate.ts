/**
 * Judging one place in a file where a superblock's magic number stands: is it an image, where does it start, how long is
 * it, is it whole, and if not, what happened to it.
 */
import { roundUp } from '../base/pages.ts';
import {
  BOOT_PAD,
  CRAMFS_FLAG_FSID_VERSION_2,
  CRAMFS_SIGNATURE,
  S_IFDIR,
  S_IFMT,
  SUPERBLOCK_SIZE,
} from '../format/constants.ts';
import { decodeName } from '../format/names.ts';
import { decodeSuperblock, type Superblock } from '../format/superblock.ts';
import { CramfsImage } from '../image/image.ts';
import { type ByteSource, sliceSource } from '../source/byteSource.ts';
import { type CrcVerdict, superblockCrc } from './imageCrc.ts';
import {
  offsetWithoutSpare,
  offsetWithSpare,
  SPARE_GEOMETRIES,
  type SpareGeometry,
  withoutSpare,
} from './spareBytes.ts';
import { survey } from './survey.ts';

/** An image in a file, or what is left of one. */
export interface ImageCandidate {
  /** Byte offset in the file of the image's byte 0, the boot pad if there is one. */
  readonly offset: number;
  /** Decoded; its `position` is 0, or 512 behind a boot pad. */
  readonly superblock: Superblock;
  /**
   * Bytes of the image, without spare bytes. Without FSID_VERSION_2 up to the last byte that anything points to, rounded
   * up to 4 KiB.
   */
  readonly size: number;
  readonly crc: CrcVerdict;
  readonly signatureGood: boolean;
  /** The NAND spare bytes that are left in, if that is what makes the CRC right. */
  readonly spare: SpareGeometry | null;
  /** The image's bytes from its byte 0 on, spare bytes left out. */
  readonly source: ByteSource;
}

/** Bytes that may still be read for checksums: hostile files have thousands of superblocks. */
export interface ReadBudget {
  bytes: number;
}

/** What walking an image counts for, in bytes read for a checksum. */
const SURVEY_COST = 1 << 16;
const INODE_COST = 256;
const BLOCK_COST = 64;

/**
 * Judges the magic number at byte `at`.
 *
 * @returns null when it is no superblock
 * @throws CramfsError IO
 */
export function judgeCandidate(
  file: ByteSource,
  at: number,
  littleEndian: boolean,
  budget: ReadBudget,
): ImageCandidate | null {
  const head = file.read(at, SUPERBLOCK_SIZE);
  if (head.length < SUPERBLOCK_SIZE) return null;
  const superblock = decodeSuperblock(head, { position: 0, littleEndian });
  const signatureGood = decodeName(superblock.signature) === CRAMFS_SIGNATURE;
  const isDirectory = (superblock.root.mode & S_IFMT) === S_IFDIR;
  if (!signatureGood && !isDirectory) return null;
  const padded = { ...superblock, position: BOOT_PAD };
  const places = at >= BOOT_PAD ? inOrder(superblock, padded) : [superblock];

  let best: ImageCandidate | null = null;
  for (const place of places) {
    const offset = at - place.position;
    const source = sliceSource(file, offset);
    const crc = spend(budget, place) ? superblockCrc(source, place) : uncomputed(place);
    const candidate = { offset, superblock: place, size: place.size, crc, signatureGood, spare: null, source };
    if (crc.state === 'good' || crc.state === 'swapped') return candidate;
    best ??= candidate;
  }
  if (best === null) return null;
  if (best.crc.state === 'none') return measured(best, budget);
  return withSpareLeftOut(file, at, places, signatureGood, budget) ?? (signatureGood ? best : null);
}

/** Which of the two places is likelier, with and without a boot pad in front. */
function inOrder(plain: Superblock, padded: Superblock): Superblock[] {
  return plain.root.offset === BOOT_PAD + SUPERBLOCK_SIZE ? [padded, plain] : [plain, padded];
}

function spend(budget: ReadBudget, { size, flags }: Superblock): boolean {
  if ((flags & CRAMFS_FLAG_FSID_VERSION_2) === 0) return true;
  if (budget.bytes < size) return false;
  budget.bytes -= size;
  return true;
}

const uncomputed = ({ crc }: Superblock): CrcVerdict => ({ state: 'unchecked', stored: crc, computed: null });

/** An image of the time before sizes were told: it ends where nothing points any further. */
function measured(candidate: ImageCandidate, budget: ReadBudget): ImageCandidate | null {
  const { source, superblock, signatureGood } = candidate;
  if (!signatureGood || budget.bytes < SURVEY_COST) return null;
  const image = CramfsImage.open(source);
  if (image.superblock.position !== superblock.position) return null;
  const { account, statistics } = survey(image);
  budget.bytes -= SURVEY_COST + statistics.inodes * INODE_COST + statistics.blocks * BLOCK_COST;
  if (statistics.inodes < 2 && superblock.root.size > 0) return null;
  const end = account.ranges.findLast(({ label }) => label !== 'unreferenced' && label !== 'padding')?.end ?? 0;
  return { ...candidate, size: Math.min(roundUp(end, 4096), account.fileBytes) };
}

/** Tries each geometry of NAND pages: if the CRC is right without the spare bytes, they were left in. */
function withSpareLeftOut(
  file: ByteSource,
  at: number,
  places: readonly Superblock[],
  signatureGood: boolean,
  budget: ReadBudget,
): ImageCandidate | null {
  for (const spare of SPARE_GEOMETRIES) {
    const clean = withoutSpare(file, spare);
    const position = offsetWithoutSpare(at, spare);
    if (position === null) continue;
    for (const superblock of places) {
      const offset = position - superblock.position;
      if (offset < 0 || superblock.size <= spare.page || !spend(budget, superblock)) continue;
      const source = sliceSource(clean, offset);
      const crc = superblockCrc(source, superblock);
      if (crc.state !== 'good' && crc.state !== 'swapped') continue;
      const start = offsetWithSpare(offset, spare);
      return { offset: start, superblock, size: superblock.size, crc, signatureGood, spare, source };
    }
  }
  return null;
}
