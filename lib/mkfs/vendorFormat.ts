/**
 * Formats of vendors, as far as images are built in them: an image that is repacked stays what its device reads. LZMA is not
 * among them: nothing here compresses with it.
 */
import { decodeName } from '../format/names.ts';
import { CRAMFS_FLAG_WRONG_SIGNATURE, CRAMFS_SIGNATURE } from '../format/constants.ts';
import { type Block, blockCount, fileBlocks, isRaw } from '../image/blocks.ts';
import { type CramfsImage, type Inode, NO_QUIRKS, type OpenOptions, type Quirks } from '../image/image.ts';
import { type InodeLayout, LINUX_INODE, WIDE_INODE } from '../format/inode.ts';
import { detectLayout } from '../inspect/detectLayout.ts';
import { type CrcVerdict, imageCrc } from '../inspect/imageCrc.ts';
import { walk } from '../inspect/walk.ts';
import { type BlockRuns, type BlocksOfFiles, runsOf } from './blockRuns.ts';

/** Block pointer tables that are longer than files ask for, and what is in the rest: zeros, or the end of the last block. */
export type LongTables = NonNullable<Quirks['longTables']> & { readonly filler: 'zero' | 'end' };

/** Which blocks are stored as they are, without a flag that says so: none, those that do not compress, or all. */
export type UnflaggedRule = 'none' | 'incompressible' | 'all';

/** In what an image differs from what Linux reads and the reference tools build. */
export interface VendorFormat {
  readonly inodes: InodeLayout['name'];
  /** Files with the sticky bit have no block pointers; see {@link Quirks}. */
  readonly linearXip: boolean;
  readonly longTables: LongTables | null;
  readonly unflagged: UnflaggedRule;
  /** Flag bits of the superblock that are set beside those that are due. */
  readonly flags: number;
  /** At most 16 bytes. */
  readonly signature: string;
  /** Whether the CRC is stored in the other byte order. */
  readonly swappedCrc: boolean;
}

/** Nothing of a vendor. */
export const LINUX_FORMAT: VendorFormat = {
  inodes: 'linux',
  linearXip: false,
  longTables: null,
  unflagged: 'none',
  flags: 0,
  signature: CRAMFS_SIGNATURE,
  swappedCrc: false,
};

/** Flag bits that vendors use for the size of a block and the way to compress. */
export const VENDOR_FLAGS = 0xf800;

/** Whether Linux reads what is built in a format. */
export function isForLinux({ inodes, linearXip, longTables, unflagged, flags }: VendorFormat): boolean {
  return (
    inodes === 'linux' && !linearXip && longTables === null && unflagged === 'none' && (flags & VENDOR_FLAGS) === 0
  );
}

/** What a builder and a reader of the format need to know. */
export function openOptionsOf({ inodes, linearXip, longTables, unflagged }: VendorFormat): OpenOptions {
  return {
    inodeLayout: inodeLayoutOf(inodes),
    quirks: { ...NO_QUIRKS, linearXip, longTables, unflaggedStored: unflagged !== 'none' },
  };
}

/** The layout of a name. */
export function inodeLayoutOf(name: InodeLayout['name']): InodeLayout {
  return name === 'wide' ? WIDE_INODE : LINUX_INODE;
}

/** Blocks that are stored without a flag: the rule, and block numbers of the files that it does not cover. */
export interface UnflaggedBlocks {
  readonly rule: UnflaggedRule;
  readonly files: BlocksOfFiles;
}

/** An image's format, and its blocks stored without a flag. */
export interface FoundFormat {
  readonly format: VendorFormat;
  readonly unflagged: UnflaggedBlocks['files'];
}

/**
 * The format of an image that was opened as detected. A signature and a CRC in the other byte order are a vendor's where the
 * CRC proves that they were made so; of flags that no format explains nothing is known.
 *
 * @param crc the image's, where it is known
 * @throws CramfsError IO, and for damage of the tree
 */
export function vendorFormatOf(image: CramfsImage, crc: CrcVerdict = imageCrc(image)): FoundFormat {
  const { quirks, superblock, inodeLayout } = image;
  const { flagReading, method } = detectLayout(image.source, { inodeLayout });
  const isProven = crc.state === 'good' || crc.state === 'swapped';
  const signature = decodeName(superblock.signature);
  const waived = superblock.flags & CRAMFS_FLAG_WRONG_SIGNATURE;
  const { rule, files } = quirks.unflaggedStored ? unflaggedBlocks(image) : NONE_UNFLAGGED;
  const hasVendorFlags = flagReading?.extendedPointers === false && method !== 'lzma';
  return {
    unflagged: files,
    format: {
      inodes: inodeLayout.name,
      linearXip: quirks.linearXip,
      longTables: quirks.longTables === null ? null : { ...quirks.longTables, filler: fillerOf(image) },
      unflagged: rule,
      flags: ((hasVendorFlags ? superblock.flags & VENDOR_FLAGS : 0) | waived) >>> 0,
      signature: isProven || waived !== 0 ? signature : CRAMFS_SIGNATURE,
      swappedCrc: crc.state === 'swapped',
    },
  };
}

const NONE_UNFLAGGED: UnflaggedBlocks = { rule: 'none', files: new Map() };

function* filesOf(image: CramfsImage): Generator<{ readonly path: string; readonly inode: Inode }, void> {
  for (const { path, inode } of walk(image)) {
    const hasData = (inode.type === 'file' || inode.type === 'symlink') && inode.size > 0;
    if (hasData && !isRaw(image, inode)) yield { path, inode };
  }
}

/** What a long table has after its pointers, as the first one shows it. */
function fillerOf(image: CramfsImage): LongTables['filler'] {
  for (const { inode } of filesOf(image)) {
    if (image.quirks.longTables?.wholeOnly === true && inode.size % image.pageSize !== 0) continue;
    return image.words.u32(inode.ino + blockCount(inode.size, image.pageSize) * 4) === 0 ? 'zero' : 'end';
  }
  return 'end';
}

/** Which blocks are stored without a flag. @throws CramfsError for damage */
function unflaggedBlocks(image: CramfsImage): UnflaggedBlocks {
  const files = new Map<string, BlockRuns>();
  // Files that share their blocks are looked at once.
  const known = new Map<string, { readonly blocks: BlockRuns; readonly isRule: boolean }>();
  let compressed = 0;
  for (const { path, inode } of filesOf(image)) {
    const key = `${String(inode.ino)} ${String(inode.size)}`;
    let file = known.get(key);
    if (file === undefined) {
      const blocks = [...fileBlocks(image, inode, path)];
      const zlib = blocks.filter(({ kind }) => kind === 'zlib');
      compressed += zlib.length;
      const stored = blocks.filter(({ kind }) => kind === 'stored').map(({ index }) => index);
      file = { blocks: runsOf(stored), isRule: stored.length === 0 && !zlib.some(isIncompressible) };
      known.set(key, file);
    }
    if (!file.isRule) files.set(path, file.blocks);
  }
  return compressed === 0 ? { rule: 'all', files: new Map() } : { rule: 'incompressible', files };
}

const isIncompressible = ({ length, bytes }: Block): boolean => length >= bytes;
