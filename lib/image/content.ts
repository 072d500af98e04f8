/**
 * The content of files, as stored.
 *
 * This is what the image's maker put in. Linux's read(2) differs from it in one case, the last-page defect; what Linux
 * would give is the driver's business (driver/readFolio).
 */
import { PATH_MAX } from '../base/paths.ts';
import { CramfsError } from '../base/errors.ts';
import { decodeName } from '../format/names.ts';
import { type Block, blockProblem, fileBlocks } from './blocks.ts';
import { isFailure } from './codec.ts';
import type { CramfsImage, Inode } from './image.ts';

/**
 * The content of one block: `block.bytes` bytes, padded with zeros where less is stored.
 *
 * @throws CramfsError BAD_BLOCK, BAD_ZLIB, TRUNCATED, OUTSIDE_IMAGE, IO
 */
export function readBlock(image: CramfsImage, block: Block, path?: string): Uint8Array {
  const what = `block ${String(block.index)}`;
  if (block.kind === 'hole') return new Uint8Array(block.bytes);
  const problem = blockProblem(block, image.pageSize);
  if (problem !== null) throw new CramfsError('BAD_BLOCK', { what, path, offset: block.start, found: problem });
  const data = image.need(block.start, block.length, what, path);
  if (block.kind === 'stored' || block.kind === 'direct') return fit(data, block.bytes);
  const output = image.inflate(data, image.pageSize);
  if (isFailure(output)) throw new CramfsError('BAD_ZLIB', { what, path, offset: block.start, found: output.reason });
  return fit(output, block.bytes);
}

function fit(data: Uint8Array, bytes: number): Uint8Array {
  if (data.length >= bytes) return data.subarray(0, bytes);
  const padded = new Uint8Array(bytes);
  padded.set(data);
  return padded;
}

/**
 * The whole content of a regular file or symlink: `inode.size` bytes, below 16 MiB.
 *
 * @throws CramfsError as {@link readBlock}
 */
export function readContent(image: CramfsImage, inode: Inode, path?: string): Uint8Array {
  const pieces: Uint8Array[] = [];
  // Damage shows before memory is taken: nothing is allocated on the word of `inode.size` alone.
  for (const block of fileBlocks(image, inode, path)) pieces.push(readBlock(image, block, path));
  const content = new Uint8Array(inode.size);
  let at = 0;
  for (const piece of pieces) {
    content.set(piece, at);
    at += piece.length;
  }
  return content;
}

/**
 * A symlink's target as Linux follows it: up to the first NUL, at most 4095 bytes.
 *
 * @throws CramfsError as {@link readBlock}
 */
export function readLink(image: CramfsImage, inode: Inode, path?: string): string {
  if (inode.size === 0) return '';
  const [block] = fileBlocks(image, inode, path);
  if (block === undefined) return '';
  const bytes = readBlock(image, block, path).subarray(0, PATH_MAX - 1);
  const nul = bytes.indexOf(0);
  return decodeName(nul === -1 ? bytes : bytes.subarray(0, nul));
}
