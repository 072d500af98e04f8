/**
 * Judging one place in a file where a superblock's magic number stands: is it an image, where does it start, how long is
 * it, is it whole, and if not, what happened to it.
 */
import { CramfsError } from '../base/errors.ts';
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
import { decodeSuperblock, findSuperblock, type Superblock } from '../format/superblock.ts';
import { CramfsImage } from '../image/image.ts';
import { openDetected } from '../inspect/openDetected.ts';
import { walk } from '../inspect/walk.ts';
import { type ByteSource, sliceSource } from '../source/byteSource.ts';
import { type CrcVerdict, superblockCrc } from '../inspect/imageCrc.ts';
import { offsetWithoutSpare, offsetWithSpare, SPARE_GEOMETRIES, withoutSpare } from './spareBytes.ts';
import { survey } from '../inspect/survey.ts';
import { BAD_BLOCK_SIZES, erasedBlocks, withoutBlocks } from './badBlocks.ts';
import { changeUndone, suspectedChange, suspectedLoss, type TextLoss } from './textChange.ts';
import type { Undone } from './undone.ts';

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
  /** What was undone to read it, in the order in which it was; the CRC, or the tree, is right only without it. */
  readonly undone: readonly Undone[];
  /** What text conversion took from it for good, as far as statistics show. */
  readonly loss: TextLoss | null;
  /** The image's bytes from its byte 0 on, with all that was undone. */
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
    const candidate = { offset, superblock: place, size: place.size, crc, signatureGood, ...UNCHANGED, source };
    if (crc.state === 'good' || crc.state === 'swapped') return candidate;
    best ??= candidate;
  }
  if (best === null) return null;
  if (best.crc.state === 'none') return measured(best, budget);
  return (
    withSpareLeftOut(file, at, places, signatureGood, budget) ??
    withBlocksLeftOut(file, best, budget) ??
    withTextUndone(file, best, signatureGood, budget) ??
    damaged(best, budget)
  );
}

const UNCHANGED = { undone: [], loss: null } as const;

/** An image whose CRC is wrong: what is known of it. Without its signature only a tree shows that it is one. */
function damaged(candidate: ImageCandidate, budget: ReadBudget): ImageCandidate | null {
  const { source, offset, size, signatureGood, crc } = candidate;
  if (!signatureGood && !hasTree(source, budget)) return null;
  if (crc.state !== 'wrong' && crc.state !== 'truncated') return candidate;
  return { ...candidate, loss: suspectedLoss(source, 0, Math.min(size, source.size)) ?? candidate.loss, offset };
}

/** Whether a tree of at least one file hangs from the superblock, without any damage to directories. */
export function hasTree(source: ByteSource, budget: ReadBudget): boolean {
  if (budget.bytes < SURVEY_COST) return false;
  budget.bytes -= SURVEY_COST;
  try {
    const image = openDetected(source);
    const problems: unknown[] = [];
    const entries = [...walk(image, { maxEntries: TREE_ENTRIES, onProblem: ({ kind }) => problems.push(kind) })];
    return entries.length >= 2 && problems.every((kind) => kind === 'entries');
  } catch (error) {
    if (!(error instanceof CramfsError) || error.code === 'IO') throw error;
    return false;
  }
}

/** Entries that prove a tree. */
const TREE_ENTRIES = 64;

/** Undoes a conversion of text, if that makes the CRC right. */
function withTextUndone(
  file: ByteSource,
  { offset, superblock, size }: ImageCandidate,
  signatureGood: boolean,
  budget: ReadBudget,
): ImageCandidate | null {
  const change = budget.bytes < 3 * size ? null : suspectedChange(file, offset);
  if (change === null) return null;
  budget.bytes -= 3 * size;
  const source = changeUndone(file, offset, 2 * size + BOOT_PAD, change);
  return provenImage(source, { offset, signatureGood, position: superblock.position }, [{ kind: 'text', change }]);
}

/** The image in a source whose changes were undone, if its CRC is right. */
export function provenImage(
  source: ByteSource,
  { offset, signatureGood, position }: Pick<ImageCandidate, 'offset' | 'signatureGood'> & { readonly position: number },
  undone: readonly Undone[],
): ImageCandidate | null {
  const head = source.read(0, BOOT_PAD + SUPERBLOCK_SIZE);
  const place = findSuperblock(head);
  if (place?.position !== position || head.length < position + SUPERBLOCK_SIZE) return null;
  const superblock = decodeSuperblock(head, place);
  const crc = superblockCrc(source, superblock);
  if (crc.state !== 'good' && crc.state !== 'swapped') return null;
  return { offset, superblock, size: superblock.size, crc, signatureGood, undone, loss: null, source };
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
      const undone = [{ kind: 'spare', ...spare }] as const;
      return { offset: start, superblock, size: superblock.size, crc, signatureGood, undone, loss: null, source };
    }
  }
  return null;
}

/**
 * Tries to leave out blocks that are all 0xff: a programmer that does not skip bad blocks of NAND flash leaves them in. All of
 * them together, then each alone.
 */
function withBlocksLeftOut(file: ByteSource, candidate: ImageCandidate, budget: ReadBudget): ImageCandidate | null {
  const { offset, superblock, size, signatureGood } = candidate;
  for (const bytes of BAD_BLOCK_SIZES) {
    if (size <= bytes) continue;
    if (budget.bytes < size) return null;
    budget.bytes -= size;
    const erased = erasedBlocks(file, offset, size, bytes);
    const sets = erased.length > 1 ? [erased, ...erased.map((block) => [block])] : erased.map((block) => [block]);
    for (const blocks of sets) {
      if (!spend(budget, superblock)) return null;
      const source = sliceSource(withoutBlocks(file, blocks, bytes), offset);
      const crc = superblockCrc(source, superblock);
      if (crc.state !== 'good' && crc.state !== 'swapped') continue;
      const undone = [{ kind: 'bad-blocks', bytes, blocks }] as const;
      return { offset, superblock, size, crc, signatureGood, undone, loss: null, source };
    }
  }
  return null;
}
