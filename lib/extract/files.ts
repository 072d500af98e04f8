/**
 * An image for programs: its entries one by one, and the contents of its files.
 */
import { CramfsError } from '../base/errors.ts';
import { deviceNumber, type FileType } from '../format/inode.ts';
import { printableName } from '../format/names.ts';
import { blockCount, fileBlock } from '../image/blocks.ts';
import { readBlock, readLink } from '../image/content.ts';
import type { CramfsImage, Inode } from '../image/image.ts';
import { findPath } from '../inspect/findPath.ts';
import { type ContentReader, contentReader } from './fileContent.ts';
import type { ExtractProblem } from './problem.ts';
import { type Choice, safeWalk } from './safeWalk.ts';

/** An entry of an image. */
export interface ImageEntry {
  /** From the root: "/", "/bin", "/bin/sh". Bytes that are no UTF-8 are as in format/names. */
  readonly path: string;
  readonly name: string;
  readonly type: FileType;
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of a file or link target; 0 for others. */
  readonly size: number;
  /** Of a device node. */
  readonly device: { readonly major: number; readonly minor: number } | null;
  readonly inode: Inode;
  /**
   * The content of a file, the target of a link as bytes.
   *
   * @throws CramfsError for damaged blocks, NOT_A_REGULAR_FILE for anything else
   */
  read(): Uint8Array;
  /**
   * The target of a link.
   *
   * @throws CramfsError for damaged blocks, NOT_A_REGULAR_FILE for anything else
   */
  readLink(): string;
}

/** What to iterate over. */
export interface EntriesOptions extends Choice {
  /** Gets what is wrong with single entries. Without it such entries are left out silently. */
  readonly onProblem?: ((problem: ExtractProblem) => void) | undefined;
  /** Whether {@link ImageEntry.read} gives what Linux's read(2) does. */
  readonly asLinuxReads?: boolean | undefined;
}

/**
 * The entries that can be extracted safely, the root first, each directory in front of what is in it.
 *
 * @throws CramfsError LIMIT, USAGE, IO; MOUNT_REFUSED with asLinuxReads
 */
export function* entries(image: CramfsImage, options: EntriesOptions = {}): Generator<ImageEntry, void> {
  const read = contentReader(image, options.asLinuxReads === true);
  const onProblem = options.onProblem ?? ((): void => undefined);
  for (const { inode, name, path } of safeWalk(image, { ...options, onProblem })) {
    yield imageEntry(image, inode, name, path, read);
  }
}

function imageEntry(image: CramfsImage, inode: Inode, name: string, path: string, read: ContentReader): ImageEntry {
  const { type, mode, uid, gid } = inode;
  const isDevice = type === 'chardev' || type === 'blockdev';
  return {
    ...{ path, name, type, mode: mode & 0o7777, uid, gid, inode },
    size: type === 'file' || type === 'symlink' ? inode.size : 0,
    device: isDevice ? deviceNumber(inode.size) : null,
    read: () => {
      if (type !== 'file' && type !== 'symlink') throw notAFile(path, type);
      return read(inode, path).bytes.slice();
    },
    readLink: () => {
      if (type !== 'symlink') throw notAFile(path, type);
      return readLink(image, inode, path);
    },
  };
}

/** How to read a file. */
export interface ReadFileOptions {
  /** Give what Linux's read(2) gives in place of what is stored. */
  readonly asLinuxReads?: boolean | undefined;
}

/**
 * The content of a file. Links on the way are followed, with the image as root.
 *
 * @throws CramfsError NOT_FOUND, NOT_A_DIRECTORY, NOT_A_REGULAR_FILE, SYMLINK_LOOP; errors of damaged blocks
 */
export function readFile(image: CramfsImage, path: string, options: ReadFileOptions = {}): Uint8Array {
  const inode = fileInode(image, path);
  return contentReader(image, options.asLinuxReads === true)(inode, printableName(path)).bytes.slice();
}

/** A part of a file. */
export interface ReadRange {
  /** First byte. Default 0. */
  readonly start?: number | undefined;
  /** Last byte, included as in node:fs. Default: the last of the file. */
  readonly end?: number | undefined;
}

/**
 * The content of a file block by block, as stored; one block is in memory at a time.
 *
 * @throws CramfsError as {@link readFile}
 */
export function* readChunks(image: CramfsImage, path: string, range: ReadRange = {}): Generator<Uint8Array, void> {
  const inode = fileInode(image, path);
  const shown = printableName(path);
  const { pageSize } = image;
  const { start = 0 } = range;
  const end = Math.min(range.end === undefined ? inode.size : range.end + 1, inode.size);
  const count = Math.min(blockCount(inode.size, pageSize), Math.ceil(end / pageSize));
  for (let index = Math.floor(start / pageSize); index < count; index++) {
    const block = readBlock(image, fileBlock(image, inode, index, shown), shown);
    const from = Math.max(0, start - index * pageSize);
    const chunk = block.subarray(from, end - index * pageSize);
    if (chunk.length > 0) yield chunk.slice();
  }
}

function fileInode(image: CramfsImage, path: string): Inode {
  const { inode } = findPath(image, path, { follow: true });
  if (inode.type !== 'file') throw notAFile(path, inode.type);
  return inode;
}

function notAFile(path: string, type: FileType): CramfsError {
  return new CramfsError('NOT_A_REGULAR_FILE', { path: printableName(path), found: `it is a ${type}` });
}
