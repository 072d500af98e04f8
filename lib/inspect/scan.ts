/**
 * Finding cramfs images in a firmware file or flash dump: at any alignment, of both byte orders, behind a boot pad, wrapped,
 * damaged.
 */
import { CramfsError } from '../base/errors.ts';
import { CRAMFS_MAGIC_WEND } from '../format/constants.ts';
import { CramfsImage } from '../image/image.ts';
import { type ByteSource, readInto } from '../source/byteSource.ts';
import { type ImageCandidate, judgeCandidate, type ReadBudget } from './imageCandidate.ts';
import { type Magic, magicFinder } from './magicNumbers.ts';
import { readUImage, type UImage, UIMAGE_MAGIC } from './uImage.ts';
import { type VariantNote, variantNotes } from './variant.ts';

/** An image found. */
export interface ScanHit extends ImageCandidate {
  /** Bytes of the image that the file has; less than `size` when it is cut short. */
  readonly present: number;
  /** The uImage whose data the image is a part of. */
  readonly uImage: UImage | null;
  /** Vendor variants that its files show; only looked for where the signature is right. */
  readonly variants: readonly VariantNote[];
  /** What stands behind the image, as far as the next 4 KiB tell. */
  readonly behind: 'nothing' | 'zeros' | 'erased flash' | 'other data';
}

/** Bytes searched at a time: they stay in a processor's cache. */
const CHUNK = 1 << 18;
/** Images told at most: a dump has a handful. */
export const MAX_HITS = 1000;
/** Bytes looked at behind an image. */
const BEHIND = 4096;
/** Bytes read for checksums: so many times the file, and so many on top. */
const BUDGET_FACTOR = 8;
const BUDGET_BASE = 1 << 26;

/**
 * Searches a file from its start. What lies inside an image whose CRC is right is not searched again.
 *
 * @throws CramfsError IO
 */
export function* scan(file: ByteSource): Generator<ScanHit, void> {
  const budget: ReadBudget = { bytes: file.size * BUDGET_FACTOR + BUDGET_BASE };
  const wrappers: UImage[] = [];
  let hits = 0;
  let searchedTo = 0;
  for (const { at, word } of magicNumbers(file)) {
    if (at < searchedTo) continue;
    if (word === UIMAGE_MAGIC) {
      const wrapper = budget.bytes > 0 ? readUImage(file, at) : null;
      if (wrapper === null) continue;
      budget.bytes -= wrapper.dataCrcGood === null ? 0 : wrapper.size;
      if (wrapper.headerCrcGood || wrapper.dataCrcGood === true) wrappers.push(wrapper);
      continue;
    }
    const candidate = judgeCandidate(file, at, word === CRAMFS_MAGIC_WEND, budget);
    if (candidate === null) continue;
    const whole = candidate.crc.state === 'good' || candidate.crc.state === 'swapped';
    if (whole && candidate.spare === null) searchedTo = candidate.offset + candidate.size;
    yield {
      ...candidate,
      present: Math.max(0, Math.min(candidate.size, candidate.source.size)),
      uImage: wrappers.findLast((wrapper) => wraps(wrapper, candidate.offset)) ?? null,
      variants: variantsOf(candidate, budget),
      behind: behind(candidate),
    };
    if (++hits === MAX_HITS) return;
  }
}

/** Bytes that looking for variants counts for. */
const VARIANT_COST = 1 << 18;

function variantsOf({ source, superblock, crc, signatureGood }: ImageCandidate, budget: ReadBudget): VariantNote[] {
  if (!signatureGood || budget.bytes < VARIANT_COST) return [];
  budget.bytes -= VARIANT_COST;
  try {
    const image = CramfsImage.open(source);
    return image.superblock.position === superblock.position ? variantNotes(image, crc) : [];
  } catch (error) {
    if (!(error instanceof CramfsError) || error.code === 'IO') throw error;
    return [];
  }
}

function wraps({ offset, size }: UImage, at: number): boolean {
  return at > offset && at < offset + 64 + size;
}

function behind({ source, size }: ImageCandidate): ScanHit['behind'] {
  const bytes = source.read(size, BEHIND);
  if (bytes.length === 0) return 'nothing';
  if (bytes.every((byte) => byte === 0)) return 'zeros';
  return bytes.every((byte) => byte === 0xff) ? 'erased flash' : 'other data';
}

/** Every place where the four bytes of a magic number stand, in order. */
function* magicNumbers(file: ByteSource): Generator<Magic, void> {
  // Three bytes more, so that a number across the border is seen, and seen once.
  const bytes = new Uint8Array(CHUNK + 3);
  const find = magicFinder();
  for (let start = 0; ; start += CHUNK) {
    const length = readInto(file, bytes, start);
    for (const { at, word } of find(bytes.subarray(0, length))) yield { at: start + at, word };
    if (length < bytes.length) return;
  }
}
