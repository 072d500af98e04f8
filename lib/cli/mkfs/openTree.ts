/**
 * The SOURCE of `cramfs mkfs`: a directory, a tar archive, or another image.
 */
import fs from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { fsTree, fromSyncFs } from '../../mkfs/source/fsTree.ts';
import { imageTree } from '../../mkfs/source/imageTree.ts';
import { tarTree } from '../../mkfs/source/tar.ts';
import type { DirectoryEntry } from '../../mkfs/sourceTree.ts';
import { CramfsError } from '../../base/errors.ts';
import { findSuperblock } from '../../format/superblock.ts';
import type { CramfsImage } from '../../image/image.ts';
import { openDetected } from '../../inspect/openDetected.ts';
import { bytesSource, type ByteSource } from '../../source/byteSource.ts';
import { openSource } from '../imageOptions.ts';
import type { Io } from '../io.ts';

/** A tree, what it was read from, and how to let go of it. */
export interface OpenedTree {
  readonly root: DirectoryEntry;
  readonly kind: 'directory' | 'tar' | 'image';
  /** The image that is repacked. */
  readonly image: CramfsImage | null;
  close(): void;
}

/** Bytes that are looked at to tell an image from an archive. */
const HEAD = 588;

/**
 * Opens a source: a directory, or a file ("-": standard input) that is a tar archive, gzipped or not, or an image.
 *
 * @throws CramfsError IO, and what reading archives and images throws
 */
export function openTree(source: string, io: Io): OpenedTree {
  if (source !== '-' && isDirectory(source)) {
    return { root: fsTree(fromSyncFs(fs), source), kind: 'directory', image: null, close: () => undefined };
  }
  const file = openSource(source, io);
  try {
    const head = file.read(0, HEAD);
    if (head[0] === 0x1f && head[1] === 0x8b) return openUnzipped(file);
    return openBytes(file);
  } catch (error) {
    file.close();
    throw error;
  }
}

function isDirectory(path: string): boolean {
  return fs.statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function openUnzipped(file: ByteSource): OpenedTree {
  const packed = file.read(0, file.size);
  let bytes: Uint8Array;
  try {
    bytes = gunzipSync(packed);
  } catch (cause) {
    throw new CramfsError('IO', {
      what: 'the gzip file',
      found: cause instanceof Error ? cause.message : String(cause),
    });
  }
  file.close();
  return openBytes(bytesSource(bytes));
}

function openBytes(source: ByteSource): OpenedTree {
  const close = (): void => {
    source.close();
  };
  if (findSuperblock(source.read(0, HEAD)) !== null) {
    const image = openDetected(source);
    return { root: imageTree(image), kind: 'image', image, close };
  }
  return { root: tarTree(source.read(0, source.size)), kind: 'tar', image: null, close };
}
