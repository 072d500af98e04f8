/**
 * Finding out what the format does not record, or what vendors changed: the block size, the compression, the layout of
 * inodes. What the files show decides; the superblock's flags are heard where the files are silent.
 *
 * Vendors have been seen to tell in flag bits 11 to 13 the block size, as log2 - 12, and in bits 14 and 15 the method (0
 * or 1 zlib, 2 LZMA). Bit 11 is EXT_BLOCK_POINTERS to Linux, so the two readings clash; only the block pointers tell.
 */
import { CramfsError } from '../base/errors.ts';
import {
  BOOT_PAD,
  CRAMFS_BLK_FLAG_DIRECT_PTR,
  CRAMFS_BLK_FLAG_UNCOMPRESSED,
  CRAMFS_FLAG_EXT_BLOCK_POINTERS,
  ROOT_INODE_OFFSET,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_ISVTX,
} from '../format/constants.ts';
import { type InodeLayout, WIDE_INODE } from '../format/inode.ts';
import { blockCount, blockProblem, fileBlock } from '../image/blocks.ts';
import type { CompressionMethod } from '../image/compression.ts';
import { CramfsImage, type Inode, NO_QUIRKS, type OpenOptions, PAGE_SIZES, type Quirks } from '../image/image.ts';
import { isLzmaBlock } from '../image/lzma.ts';
import { guessPageSize } from '../image/pageSize.ts';
import { type ByteSource, sliceSource } from '../source/byteSource.ts';
import { imageCrc } from './imageCrc.ts';
import { detectQuirks } from './detectQuirks.ts';
import { visitInodes } from './visitInodes.ts';
import { walk } from './walk.ts';

/** Files looked at, and entries walked over to find that many. */
const SAMPLE_FILES = 48;
const SAMPLE_ENTRIES = 4096;
const DEFAULT_PAGE_SIZE = 4096;
/** Bytes of an image whose CRC is computed, at most: of larger ones some file tells, and a scan asks about many images. */
const MOST_SUMMED = 1 << 20;
/** Pointers of a file looked at for flags. */
const SAMPLE_POINTERS = 64;

/** How the superblock's flag bits 11 to 15 are to be read, and why. */
export interface FlagReading {
  /** Whether bit 11 is EXT_BLOCK_POINTERS; otherwise bits 11 to 15 are a vendor's. */
  readonly extendedPointers: boolean;
  readonly reason: string;
}

/** What was found out. */
export interface ImageLayout {
  readonly inodeLayout: InodeLayout;
  /** Bytes of a block. */
  readonly pageSize: number;
  readonly method: CompressionMethod;
  /** Null when none of bits 11 to 15 is set. */
  readonly flagReading: FlagReading | null;
  readonly quirks: Quirks;
}

/** What was found out, and the image with its inodes, which can be read so. */
export interface DetectedLayout extends ImageLayout {
  readonly image: CramfsImage;
}

/**
 * Looks at a few files of an image. Damage counts as silence.
 *
 * @throws CramfsError as CramfsImage.open()
 */
export function detectLayout(from: ByteSource | Uint8Array, options: OpenOptions = {}): DetectedLayout {
  const { imageOffset = 0, pageSize, inodeLayout, quirks, inflate } = options;
  const isGiven = [pageSize, inodeLayout, quirks, inflate].some((option) => option !== undefined);
  if (isGiven || from instanceof Uint8Array) return layoutOf(from, options);
  const source = sliceSource(from, imageOffset);
  for (const each of recent) {
    const before = each.deref();
    if (before?.image.source === source) return before;
  }
  const found = layoutOf(source, {});
  recent.unshift(new WeakRef(found));
  recent.length = Math.min(recent.length, MOST_RECENT);
  return found;
}

/**
 * What was found out of late: commands ask several times about a source. A few are enough, and a WeakMap from source to layout
 * would keep the bytes of each image until the next full garbage collection, since a layout has its source.
 */
const recent: WeakRef<DetectedLayout>[] = [];
const MOST_RECENT = 4;

function layoutOf(from: ByteSource | Uint8Array, options: OpenOptions): DetectedLayout {
  const image = openWithInodes(from, options);
  const { inodeLayout } = image;
  const { files, stickyFirst } = sampleOf(image);
  const vendor = vendorFlags(image.superblock.flags);
  const candidates = [...new Set([...PAGE_SIZES, ...(vendor === null ? [] : [vendor.pageSize])])];
  const byData = vote(
    candidates,
    (pageSize) => (pageSize === image.pageSize ? image : image.readAs({ pageSize })),
    files,
  );
  // Where the files are silent, only pointers that are within the table for both sizes.
  const tableSize = byData.speaksFor > 0 ? byData.pageSize : Math.max(byData.pageSize, vendor?.pageSize ?? 0);
  const flagged = files.filter((inode) => hasFlaggedPointer(image, inode, tableSize)).length;
  const reading = vendor === null ? null : readFlags(vendor, flagged, byData, files.length);
  const silent = reading !== null && !reading.extendedPointers && vendor !== null && byData.speaksFor === 0;
  const method = silent ? vendor.method : byData.method;
  const asVoted = options.pageSize ?? (silent ? vendor.pageSize : byData.pageSize);
  const open = (pageSize: number, quirks: Quirks): CramfsImage => image.readAs({ pageSize, quirks });
  const sizes =
    options.pageSize === undefined ? [asVoted, ...PAGE_SIZES.filter((size) => size !== asVoted)] : [asVoted];
  const found =
    options.quirks === undefined && method === 'zlib'
      ? detectQuirks(open, stickyFirst, sizes, byData.against > 0)
      : null;
  return {
    image,
    inodeLayout,
    pageSize: found?.pageSize ?? asVoted,
    method,
    flagReading: reading,
    quirks: options.quirks ?? found?.quirks ?? NO_QUIRKS,
  };
}

/** The image, with inodes of the layout whose root makes sense: Linux's unless it shows an empty root where the wide one shows a tree. */
function openWithInodes(from: ByteSource | Uint8Array, options: OpenOptions): CramfsImage {
  const image = CramfsImage.open(from, options);
  if (options.inodeLayout !== undefined || image.root.offset !== 0 || image.root.size === 0) return image;
  try {
    const wide = CramfsImage.open(from, { ...options, inodeLayout: WIDE_INODE });
    const start = ROOT_INODE_OFFSET + WIDE_INODE.size;
    if (wide.root.offset !== start && wide.root.offset !== start + BOOT_PAD) return image;
    return [...walk(wide, { maxEntries: 2, onProblem: () => undefined })].length === 2 ? wide : image;
  } catch (error) {
    if (!(error instanceof CramfsError) || error.code === 'IO') throw error;
    return image;
  }
}

/** Inodes with data of an image, as far as its tree can be read. */
interface Sample {
  /** Regular files. */
  readonly files: readonly Inode[];
  /** Regular files with the sticky bit, then other files and symlinks. */
  readonly stickyFirst: readonly Inode[];
}

function sampleOf(image: CramfsImage): Sample {
  const files: Inode[] = [];
  const sticky: Inode[] = [];
  const others: Inode[] = [];
  visitInodes(image, SAMPLE_ENTRIES, (seen) => {
    const { mode, size, offset } = seen.fields;
    const type = mode & S_IFMT;
    const isFile = type === S_IFREG;
    if ((!isFile && type !== S_IFLNK) || size === 0 || offset === 0) return true;
    const list = isFile && (mode & S_ISVTX) !== 0 ? sticky : others;
    const [isOneOfFiles, isOneOfList] = [isFile && files.length < SAMPLE_FILES, list.length < SAMPLE_FILES];
    if (isOneOfFiles || isOneOfList) {
      const { inode } = seen.entry();
      if (isOneOfFiles) files.push(inode);
      if (isOneOfList) list.push(inode);
    }
    return true;
  });
  return { files, stickyFirst: [...sticky, ...others] };
}

interface Vote {
  readonly pageSize: number;
  readonly method: CompressionMethod;
  /** Files that are as they must be for this. */
  readonly speaksFor: number;
  /** Files that cannot be so. */
  readonly against: number;
}

/**
 * What the fewest files speak against; of several what most speak for, 4096 bytes and zlib first. A file of at most 4096
 * bytes has one block for any size, and tells the method only.
 */
function vote(pageSizes: readonly number[], open: (pageSize: number) => CramfsImage, files: readonly Inode[]): Vote {
  const votes: Vote[] = [];
  let asMade: boolean | null = null;
  const isAsMade = (image: CramfsImage): boolean =>
    (asMade ??= image.superblock.size <= MOST_SUMMED && imageCrc(image).state === 'good');
  for (const method of ['zlib', 'lzma'] as const) {
    for (const pageSize of pageSizes) {
      const image = open(pageSize);
      let speaksFor = 0;
      let against = 0;
      for (const inode of files) {
        const fits = method === 'zlib' ? fitsZlib(image, inode) : fitsLzma(image, inode);
        if (fits === true) speaksFor++;
        else if (fits === false || (isDamaged(image, inode) && isAsMade(image))) against++;
      }
      const result = { pageSize: image.pageSize, method, speaksFor, against };
      // Most images are what the first candidate is, and are opened often.
      if (votes.length === 0 && against === 0 && speaksFor > 0) return result;
      votes.push(result);
    }
  }
  return votes.reduce((best, next) =>
    (next.against - best.against || best.speaksFor - next.speaksFor) < 0 ? next : best,
  );
}

/** Whether the first blocks of a file cannot be read as blocks of the image's size. An image whose CRC is right was not made so. */
function isDamaged(image: CramfsImage, inode: Inode): boolean {
  // Files with the sticky bit have no pointers in images with linear XIP.
  if ((inode.mode & S_ISVTX) !== 0) return false;
  const count = Math.min(SAMPLE_POINTERS, blockCount(inode.size, image.pageSize));
  try {
    for (let index = 1; index < count; index++) {
      if (blockProblem(fileBlock(image, inode, index), image.pageSize) !== null) return true;
    }
    return false;
  } catch (error) {
    if (!(error instanceof CramfsError) || error.code === 'IO') throw error;
    return true;
  }
}

function fitsZlib(image: CramfsImage, inode: Inode): boolean | null {
  const guess = guessPageSize(image, inode);
  if (guess === image.pageSize) return true;
  return guess === null && firstBlock(image, inode) === null ? null : false;
}

function fitsLzma(image: CramfsImage, inode: Inode): boolean | null {
  const data = firstBlock(image, inode);
  return data === null ? null : isLzmaBlock(data, Math.min(inode.size, image.pageSize));
}

/** The first bytes of a file's first block, if it is a compressed block behind the pointer table; else null. */
function firstBlock(image: CramfsImage, inode: Inode): Uint8Array | null {
  const start = inode.ino + blockCount(inode.size, image.pageSize) * 4;
  if (image.source.read(inode.ino, 4).length < 4) return null;
  const end = image.words.u32(inode.ino);
  if ((end & (CRAMFS_BLK_FLAG_DIRECT_PTR | CRAMFS_BLK_FLAG_UNCOMPRESSED)) !== 0 || end === start) return null;
  return image.source.read(start, Math.min(16, Math.max(0, end - start)));
}

/** Whether a pointer of a file has flags; its table is as long as blocks of `pageSize` bytes ask for. */
function hasFlaggedPointer(image: CramfsImage, inode: Inode, pageSize: number): boolean {
  const count = Math.min(SAMPLE_POINTERS, blockCount(inode.size, pageSize));
  for (let index = 0; index < count; index++) {
    const at = inode.ino + index * 4;
    if (image.source.read(at, 4).length < 4) return false;
    if ((image.words.u32(at) & (CRAMFS_BLK_FLAG_DIRECT_PTR | CRAMFS_BLK_FLAG_UNCOMPRESSED)) !== 0) return true;
  }
  return false;
}

interface VendorFlags {
  readonly pageSize: number;
  readonly method: CompressionMethod;
  /** Whether bit 11 is the only one, so that Linux has a reading of its own. */
  readonly onlyBit11: boolean;
}

/** Bits 11 to 15 as a vendor's; null if none is set. */
function vendorFlags(flags: number): VendorFlags | null {
  const bits = flags & 0xf800;
  if (bits === 0) return null;
  return {
    pageSize: DEFAULT_PAGE_SIZE << ((flags >>> 11) & 7),
    method: ((flags >>> 14) & 3) === 2 ? 'lzma' : 'zlib',
    onlyBit11: bits === CRAMFS_FLAG_EXT_BLOCK_POINTERS,
  };
}

function readFlags(vendor: VendorFlags, flagged: number, byData: Vote, files: number): FlagReading {
  if (flagged > 0) {
    const reason = `${String(flagged)} of ${String(files)} files looked at have block pointers with its flags`;
    return { extendedPointers: true, reason };
  }
  if (!vendor.onlyBit11) {
    return {
      extendedPointers: false,
      reason: 'no block pointer has flags, and Linux has no use for bits 12 to 15',
    };
  }
  if (byData.speaksFor > 0 && byData.pageSize === vendor.pageSize) {
    return {
      extendedPointers: false,
      reason: `no block pointer has flags, and blocks of ${String(vendor.pageSize / 1024)} KiB fit the files`,
    };
  }
  return { extendedPointers: true, reason: 'no block pointer has its flags, but nothing speaks for a vendor either' };
}
