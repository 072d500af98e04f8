/**
 * The content of files for extraction: as stored, or as Linux's read(2) gives it.
 */
import { withRoom } from '../base/bytes.ts';
import { CramfsError } from '../base/errors.ts';
import { requireMounted } from '../driver/mountImage.ts';
import { findBlock, readFolio } from '../driver/readFolio.ts';
import { type Block, blockProblem, fileBlocks, onlyZlibLength } from '../image/blocks.ts';
import { readBlock, readContent } from '../image/content.ts';
import type { CramfsImage, Inode } from '../image/image.ts';
import { PAST_LIMIT } from '../image/reusedInflate.ts';
import { forwardReader } from '../source/readAhead.ts';

/** A file's content. */
export interface FileContent {
  /** All of it, or what follows the pieces that were taken. */
  readonly bytes: Uint8Array;
  /** Whether Linux's read(2) gives something else. Told only by a reader that gives what Linux does. */
  readonly differs: boolean;
}

/**
 * Reads the content of a regular file, which is valid until the next call: all files go through one buffer. Throws
 * CramfsError for damaged blocks.
 *
 * @param take gets the first pieces of a long file, each valid during the call. Without it the content comes whole
 */
export type ContentReader = (inode: Inode, path?: string, take?: (piece: Uint8Array) => void) => FileContent;

/** Bytes of the buffer at first; it grows to the largest file, which is smaller than 16 MiB, or piece. */
const FIRST_BUFFER = 1 << 14;
/** Bytes that a piece fits in: longer ones would leave the processor's cache before they are written. */
const LONGEST_PIECE = 1 << 18;

/** Reads what the image's maker stored. */
export function storedContent(image: CramfsImage): ContentReader {
  const { pageSize } = image;
  const step = pageSize + PAST_LIMIT;
  let buffer = new Uint8Array(FIRST_BUFFER);
  const quick = image.inflate.reused?.() ?? null;
  const ahead = forwardReader(image.source, image.size);
  const pointers = image.readForward();
  const read = (block: Block, at: number, path: string | undefined): void => {
    if (quick !== null && block.kind === 'zlib' && blockProblem(block, pageSize) === null) {
      const data = ahead(block.start, block.length);
      if (data.length === block.length && quick.into(data, buffer, at, pageSize) === block.bytes) return;
    }
    buffer.set(readBlock(image, block, path), at);
  };
  /** Whether a short file is one block, and was inflated to the start of the buffer. */
  const readShort = (inode: Inode): boolean => {
    const length = quick === null ? 0 : onlyZlibLength(pointers, inode);
    if (quick === null || length === 0) return false;
    const data = ahead(inode.ino + 4, length);
    buffer = withRoom(buffer, step);
    return data.length === length && quick.into(data, buffer, 0, pageSize) === inode.size;
  };
  return (inode, path, take) => {
    if (readShort(inode)) return { bytes: buffer.subarray(0, inode.size), differs: false };
    let at = 0;
    for (const block of fileBlocks(pointers, inode, path)) {
      if (take !== undefined && at > 0 && at + step > LONGEST_PIECE) {
        take(buffer.subarray(0, at));
        at = 0;
      }
      // It grows with what is there, not on the word of `inode.size` alone.
      buffer = withRoom(buffer, at + step);
      read(block, at, path);
      at += block.bytes;
    }
    return { bytes: buffer.subarray(0, at), differs: false };
  };
}

/**
 * Reads what read(2) gives on Linux: a last block that is direct and uncompressed reads as zeros if the file's size is a
 * multiple of the page (see driver/readFolio), and reads behind the image's end give zeros.
 *
 * @throws CramfsError MOUNT_REFUSED for an image that Linux does not mount
 */
export function linuxContent(image: CramfsImage): ContentReader {
  const fs = requireMounted(image);
  return (inode, path) => {
    const { pageSize } = fs.cpu;
    const bytes = new Uint8Array(checkedSize(image, inode, path));
    for (let index = 0; index * pageSize < inode.size; index++) {
      const folio = readFolio(fs, inode, index, image.inflate);
      if ('error' in folio) {
        const { start } = findBlock(fs, inode, index);
        const found = `read(2) fails with ${folio.error} (${folio.log.join(', ')})`;
        throw new CramfsError('BAD_BLOCK', { what: `block ${String(index)}`, path, offset: start, found });
      }
      bytes.set(folio.bytes.subarray(0, inode.size - index * pageSize), index * pageSize);
    }
    return { bytes, differs: !equalsStored(image, inode, bytes) };
  };
}

/** The reader for an option `asLinuxReads`. */
export function contentReader(image: CramfsImage, asLinuxReads: boolean): ContentReader {
  return asLinuxReads ? linuxContent(image) : storedContent(image);
}

/** Nothing is allocated on the word of a size whose pointers are not there. */
function checkedSize(image: CramfsImage, inode: Inode, path: string | undefined): number {
  const pages = Math.ceil(inode.size / image.pageSize);
  if (pages > 0) image.need(inode.ino + (pages - 1) * 4, 4, 'the block pointer table', path);
  return inode.size;
}

function equalsStored(image: CramfsImage, inode: Inode, bytes: Uint8Array): boolean {
  try {
    const stored = readContent(image, inode);
    return stored.every((byte, index) => byte === bytes[index]);
  } catch (error) {
    if (error instanceof CramfsError && error.code !== 'IO') return false;
    throw error;
  }
}
