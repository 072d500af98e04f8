/**
 * Finding cramfs images in a firmware file or flash dump: at any alignment, of both byte orders, after a boot pad, wrapped,
 * packed, in another order of bytes, damaged.
 */
import { CramfsError } from '../base/errors.ts';
import { CRAMFS_SIGNATURE } from '../format/constants.ts';
import { decodeName } from '../format/names.ts';
import { CramfsImage } from '../image/image.ts';
import { type VariantNote, variantNotes } from '../inspect/variant.ts';
import { bytesSource, type ByteSource } from '../source/byteSource.ts';
import { BYTE_ORDERS, type ByteOrder, reorder, reordered, WORD_BYTES } from './byteOrder.ts';
import { sparseImage, ubiVolumes, type View } from './containers.ts';
import { judgeSignature, magicAt } from './damagedMagic.ts';
import { type ImageCandidate, judgeCandidate, type ReadBudget } from './imageCandidate.ts';
import { type ExpansionBudget, gunzipMember, type Unpacked, unzipMember, zipHeader } from './members.ts';
import { isDoubled, isHalf, undoubled } from './halves.ts';
import { type Doubled, type Half, search } from './search.ts';
import { endWithSpare } from './spareBytes.ts';
import { textDumps } from './textDump.ts';
import { beginsUImage, readUImage, type UImage } from './uImage.ts';
import type { Member, Undone } from './undone.ts';

/** An image found. */
export interface ScanHit extends ImageCandidate {
  /** The members that it lies in, the outermost first; `offset` counts from the innermost. Empty for the file itself. */
  readonly within: readonly Member[];
  /** Bytes of the image that the file has; less than `size` when it is cut short. */
  readonly present: number;
  /** The uImage whose data the image is a part of. */
  readonly uImage: UImage | null;
  /** Vendor variants that its files show; only looked for where the signature is right. */
  readonly variants: readonly VariantNote[];
  /** What follows the image, as far as the next 4 KiB show. */
  readonly behind: 'nothing' | 'zeros' | 'erased flash' | 'other data';
}

/** How to search. */
export interface ScanOptions {
  /** Gets each gzip or zip member that unpacks to more than is allowed: it is not looked into. */
  readonly onTooLarge?: ((member: Member, limit: number) => void) | undefined;
  /** Gets each gzip member of the file itself that was unpacked whole. `end`: the offset of the byte after it. */
  readonly onGunzipped?: ((member: Member, end: number) => void) | undefined;
  /** Called for what may be a member and is not unpacked: too many lie in each other, or unpack to too much already. */
  readonly onSkipped?: (() => void) | undefined;
  /** Gets each place where a dump of one of two chips has its half of a superblock. */
  readonly onHalf?: ((half: FoundHalf) => void) | undefined;
  /** Byte of the file to begin at. Default 0. */
  readonly from?: number | undefined;
}

/** Half of a superblock, and where it begins. */
export interface FoundHalf extends Half {
  readonly offset: number;
}

/** Images shown at most: a dump has a handful. */
export const MAX_HITS = 1000;
/** Bytes looked at after an image. */
const BEHIND = 4096;
/** Bytes read for checksums: so many times the file, and so many on top. */
const BUDGET_FACTOR = 8;
const BUDGET_BASE = 1 << 26;
/** Bytes that members may unpack to, all together: so many times the file, within bounds. */
const EXPANSION_FACTOR = 64;
const LEAST_EXPANSION = 64 << 20;
const MOST_EXPANSION = 512 << 20;
const VIEW_FACTOR = 16;
/** Members in members. */
const MAX_DEPTH = 3;
/** Orders of bytes looked into: a dump has one. */
const MAX_ORDERS = 2;
/** Members of a relabelled archive. */
const MAX_MEMBERS = 10_000;

/** What all levels of a scan share. */
interface Scan {
  readonly budget: ReadBudget;
  readonly expansion: ExpansionBudget;
  /** Bytes of containers that are read where they are. */
  readonly views: ExpansionBudget;
  readonly options: ScanOptions;
}

/** Where a level of a scan is: in which members, and with what undone. */
interface Level {
  readonly within: readonly Member[];
  readonly undone: readonly Undone[];
  /** Whether the bytes of this level were put in order: that is done once. */
  readonly ordered: boolean;
  /** Where to begin. */
  readonly from: number;
}

/**
 * Searches a file from its start, then what it shows once its bytes are in order. What lies inside an image whose CRC is
 * right is not searched again. A guess becomes a hit by its CRC, its tree, or a good signature after the magic number.
 *
 * @throws CramfsError IO
 */
export function* scan(file: ByteSource, options: ScanOptions = {}): Generator<ScanHit, void> {
  const { size } = file;
  const all: Scan = {
    budget: { bytes: size * BUDGET_FACTOR + BUDGET_BASE },
    expansion: { bytes: Math.min(MOST_EXPANSION, Math.max(LEAST_EXPANSION, size * EXPANSION_FACTOR)) },
    views: { bytes: Math.max(LEAST_EXPANSION, size * VIEW_FACTOR) },
    options,
  };
  let hits = 0;
  for (const hit of scanLevel(file, { within: [], undone: [], ordered: false, from: options.from ?? 0 }, all)) {
    yield hit;
    if (++hits === MAX_HITS) return;
  }
}

function* scanLevel(file: ByteSource, level: Level, all: Scan): Generator<ScanHit, void> {
  const { budget } = all;
  const wrappers: UImage[] = [];
  const doubles: { readonly filler: Doubled; readonly start: number }[] = [];
  const orders = level.ordered ? [] : ordersOfStart(file);
  yield* scanRelabelled(file, level, all);
  yield* scanWhole(file, level, all);
  let searchedTo = 0;
  for (const seen of search(file, level.from)) {
    const { at } = seen;
    if (at < searchedTo) continue;
    let candidate: ImageCandidate | null = null;
    if (seen.kind === 'uimage') {
      const wrapper = budget.bytes > 0 ? readUImage(file, at) : null;
      if (wrapper === null) continue;
      budget.bytes -= wrapper.dataCrcGood === null ? 0 : wrapper.size;
      if (wrapper.headerCrcGood || wrapper.dataCrcGood === true) wrappers.push(wrapper);
    } else if (seen.kind === 'magic') {
      candidate = judgeCandidate(file, at, seen.littleEndian, budget);
    } else if (seen.kind === 'signature') {
      const { order } = seen;
      if (order === null) {
        if (hasSignature(file, at) && !magicAt(file, at)) candidate = judgeSignature(file, at, budget);
      } else if (!level.ordered && orders.length < MAX_ORDERS && !orders.includes(order)) {
        if (hasSignature(reordered(file, order), at)) orders.push(order);
      }
    } else if (seen.kind === 'doubled') {
      const { filler } = seen;
      const start = at % 2;
      const isNew = !doubles.some((double) => double.filler === filler && double.start === start);
      if (!level.ordered && isNew && isDoubled(file, at, filler)) doubles.push({ filler, start });
    } else if (seen.kind === 'half') {
      const { unit, which } = seen;
      if (isHalf(file, at, seen)) all.options.onHalf?.({ unit, which, offset: at });
    } else {
      yield* scanMembers(file, seen, level, all);
    }
    if (candidate === null) continue;
    const whole = candidate.crc.state === 'good' || candidate.crc.state === 'swapped';
    if (whole) searchedTo = endInFile(candidate);
    yield hitOf(candidate, level, wrappers, budget);
  }
  for (const order of orders) {
    const undone: Undone[] = [...level.undone, { kind: 'order', ...order }];
    yield* scanLevel(reordered(file, order), { ...level, undone, ordered: true }, all);
  }
  for (const { filler, start } of doubles) {
    const undone: Undone[] = [...level.undone, { kind: 'doubled', filler }];
    yield* scanLevel(undoubled(file, start), { ...level, undone, ordered: true }, all);
  }
}

/** Orders in which the file begins with a uImage header whose CRC is right. */
function ordersOfStart(file: ByteSource): ByteOrder[] {
  const start = file.read(0, WORD_BYTES);
  if (start.length < WORD_BYTES) return [];
  return BYTE_ORDERS.filter(
    (order) =>
      beginsUImage(reorder(start, order)) &&
      readUImage(reordered(file, order), 0, { data: false })?.headerCrcGood === true,
  );
}

function hasSignature(file: ByteSource, at: number): boolean {
  return decodeName(file.read(at + 16, CRAMFS_SIGNATURE.length)) === CRAMFS_SIGNATURE;
}

/** Looks into a gzip or zip member. */
function* scanMembers(
  file: ByteSource,
  { kind, at }: { readonly kind: 'gzip' | 'zip'; readonly at: number },
  level: Level,
  all: Scan,
): Generator<ScanHit, void> {
  if (level.within.length >= MAX_DEPTH || all.expansion.bytes === 0) {
    all.options.onSkipped?.();
    return;
  }
  const unpacked = kind === 'gzip' ? gunzipMember(file, at, all.expansion) : unzipMember(file, at, all.expansion);
  if (unpacked !== null) yield* scanUnpacked(unpacked, level, all);
}

/** Looks into the members of an archive whose "PK" a vendor replaced by other letters, as far as their headers give lengths. */
function* scanRelabelled(file: ByteSource, level: Level, all: Scan): Generator<ScanHit, void> {
  if (level.within.length >= MAX_DEPTH || file.read(0, 2).some((byte) => !isLetter(byte))) return;
  const label = decodeName(file.read(0, 2));
  if (label === 'PK') return;
  let at = 0;
  for (let count = 0; count < MAX_MEMBERS && all.expansion.bytes > 0; count++) {
    const header = decodeName(file.read(at, 2)) === label ? zipHeader(file, at) : null;
    if (header === null) return;
    const unpacked = unzipMember(file, at, all.expansion);
    if (unpacked !== null) yield* scanUnpacked(unpacked, level, all);
    if (header.packed === null) return;
    at = header.data + header.packed;
  }
}

const isLetter = (byte: number): boolean => /[A-Za-z]/.test(String.fromCharCode(byte));

/** Looks into what a file is as a whole: text that holds bytes, or a container of pieces. */
function* scanWhole(file: ByteSource, level: Level, all: Scan): Generator<ScanHit, void> {
  if (level.within.length >= MAX_DEPTH || level.from > 0) return;
  for (const dump of textDumps(file, all.expansion)) yield* scanUnpacked(dump, level, all);
  for (const volume of ubiVolumes(file)) yield* scanUnpacked(volume, level, all);
  const sparse = sparseImage(file);
  if (sparse !== null) yield* scanUnpacked(sparse, level, all);
}

function* scanUnpacked(unpacked: Unpacked | View, level: Level, all: Scan): Generator<ScanHit, void> {
  if (unpacked.state === 'too-large') {
    all.options.onTooLarge?.(unpacked.member, unpacked.limit);
    return;
  }
  const { member } = unpacked;
  if (unpacked.state === 'view') {
    if (member.size > all.views.bytes) {
      all.options.onTooLarge?.(member, all.views.bytes);
      return;
    }
    all.views.bytes -= member.size;
  }
  if (unpacked.state === 'whole' && unpacked.end !== null && level.within.length === 0) {
    all.options.onGunzipped?.(member, unpacked.end);
  }
  const inside = unpacked.state === 'view' ? unpacked.source : bytesSource(unpacked.bytes);
  yield* scanLevel(inside, { ...level, within: [...level.within, member], ordered: false, from: 0 }, all);
}

/** Where an image ends in the file, spare bytes counted; text that was converted has no place of its own. */
function endInFile({ offset, size, undone }: ImageCandidate): number {
  const blocks = undone.find(({ kind }) => kind === 'bad-blocks');
  if (blocks?.kind === 'bad-blocks') return offset + size + blocks.blocks.length * blocks.bytes;
  const spare = undone.find(({ kind }) => kind === 'spare');
  if (spare?.kind === 'spare') return endWithSpare(offset, size, spare);
  return undone.some(({ kind }) => kind === 'text') ? offset : offset + size;
}

function hitOf(candidate: ImageCandidate, level: Level, wrappers: readonly UImage[], budget: ReadBudget): ScanHit {
  return {
    ...candidate,
    undone: [...level.undone, ...candidate.undone],
    within: level.within,
    present: Math.max(0, Math.min(candidate.size, candidate.source.size)),
    uImage: wrappers.findLast((wrapper) => wraps(wrapper, candidate.offset)) ?? null,
    variants: variantsOf(candidate, budget),
    behind: behind(candidate),
  };
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
