/**
 * What vendors changed about files, found out from the files: see Quirks. Nothing is assumed that Linux's reading explains,
 * and nothing that a file contradicts.
 */
import { CRAMFS_BLK_FLAG_DIRECT_PTR, CRAMFS_BLK_FLAG_UNCOMPRESSED, S_ISVTX } from '../format/constants.ts';
import { type Block, blockCount, fileBlocks, isRaw, rawStart } from '../image/blocks.ts';
import { isFailure } from '../image/codec.ts';
import { readBlock } from '../image/content.ts';
import { type CramfsImage, type Inode, NO_QUIRKS, type Quirks } from '../image/image.ts';
import { CramfsError } from '../base/errors.ts';

/** Blocks of each file that are looked at. */
const SAMPLE_BLOCKS = 16;
/** Entries that a table is tried with beyond what the size asks for. */
const MAX_EXTRA = 16;

/** Opens the image anew. */
type Open = (pageSize: number, quirks: Quirks) => CramfsImage;

/**
 * The quirks of an image, with the block size that they were seen with; null where Linux's reading does.
 *
 * @param files files and symlinks with data
 */
export function detectQuirks(
  open: Open,
  files: readonly Inode[],
  pageSizes: readonly number[],
  isContradicted: boolean,
): { readonly pageSize: number; readonly quirks: Quirks } | null {
  const [pageSize = 4096] = pageSizes;
  const image = open(pageSize, NO_QUIRKS);
  const linearXip = isLinearXip(image, files);
  // Elsewhere Linux's reading explains all, or the files do not show it.
  const rest = files.filter((inode) => !(linearXip && isRaw(open(pageSize, LINEAR), inode)));
  if (isContradicted && rest.length > 0 && !rest.some((inode) => isFlagged(image.words.u32(inode.ino)))) {
    for (const size of pageSizes) {
      const plain = open(size, { ...NO_QUIRKS, linearXip });
      for (const quirks of candidates(linearXip)) {
        if (explains(open(size, quirks), plain, rest)) return { pageSize: size, quirks };
      }
    }
  }
  return linearXip ? { pageSize, quirks: LINEAR } : null;
}

const LINEAR: Quirks = { ...NO_QUIRKS, linearXip: true };

function candidates(linearXip: boolean): Quirks[] {
  const base = { ...NO_QUIRKS, linearXip };
  const extras = Array.from({ length: MAX_EXTRA }, (_, i) => i + 1);
  return [
    { ...base, unflaggedStored: true },
    { ...base, longTables: { extra: 1, wholeOnly: true } },
    ...extras.map((extra) => ({ ...base, longTables: { extra, wholeOnly: false } })),
  ];
}

/**
 * Whether files with the sticky bit are stored raw: each of them would lie within the image, and what would be the block
 * pointers of one at least cannot be such.
 */
function isLinearXip(image: CramfsImage, files: readonly Inode[]): boolean {
  const end = Math.min(image.size, image.source.size);
  const sticky = files.filter(({ type, mode }) => type === 'file' && (mode & S_ISVTX) !== 0);
  return (
    sticky.length > 0 &&
    sticky.every((inode) => rawStart(image, inode) + inode.size <= end) &&
    sticky.some((inode) => !readsAll(image, inode))
  );
}

/** Whether the first blocks of a file can be read. */
function readsAll(image: CramfsImage, inode: Inode): boolean {
  return blocksOf(image, inode)?.every((block) => reads(image, block)) === true;
}

/** The first blocks of a file; null where they cannot be found. */
function blocksOf(image: CramfsImage, inode: Inode): Block[] | null {
  const blocks: Block[] = [];
  try {
    for (const block of fileBlocks(image, inode)) {
      blocks.push(block);
      if (blocks.length === SAMPLE_BLOCKS) break;
    }
    return blocks;
  } catch (error) {
    if (!(error instanceof CramfsError) || error.code === 'IO') throw error;
    return null;
  }
}

/** Whether a block's content can be read, to its full length: what is short is padding to a reader, and damage here. */
function reads(image: CramfsImage, block: Block): boolean {
  try {
    if (block.kind !== 'zlib') {
      readBlock(image, block);
      return true;
    }
    if (block.length > 2 * image.pageSize) return false;
    const data = image.source.read(block.start, block.length);
    const output = data.length === block.length ? image.inflate(data, image.pageSize) : null;
    return output !== null && !isFailure(output) && output.length === block.bytes;
  } catch (error) {
    if (!(error instanceof CramfsError) || error.code === 'IO') throw error;
    return false;
  }
}

const isFlagged = (pointer: number): boolean =>
  (pointer & (CRAMFS_BLK_FLAG_DIRECT_PTR | CRAMFS_BLK_FLAG_UNCOMPRESSED)) !== 0;

/** Whether all files are read with quirks, and some are not without; no pointer has flags, which such vendors do not know. */
function explains(image: CramfsImage, plain: CramfsImage, files: readonly Inode[]): boolean {
  let needed = false;
  for (const inode of files) {
    const blocks = blocksOf(image, inode);
    if (blocks === null || blocks.length === 0) return false;
    if (blocks.some(({ pointer }) => isFlagged(pointer))) return false;
    if (!blocks.every((block) => reads(image, block))) return false;
    needed ||= !readsAll(plain, inode) && blockCount(inode.size, image.pageSize) > 0;
  }
  return needed;
}
