/**
 * The manifest of an image: metadata and hash of every file, and where it is in the image, as evidence to cite.
 */
import { CramfsError } from '../base/errors.ts';
import { deviceNumber, type FileType } from '../format/inode.ts';
import { readLink } from '../image/content.ts';
import type { CramfsImage, Inode } from '../image/image.ts';
import { shownPath } from '../format/shownPath.ts';
import { walk, type WalkProblem } from '../inspect/walk.ts';
import { storedContent } from './fileContent.ts';
import { Budget, DEFAULT_LIMITS } from './limits.ts';

/** A file of an image. */
export interface ManifestFile {
  /** From the root: "/bin/sh". Bytes that are not valid UTF-8 are lone surrogates (format/names). */
  readonly path: string;
  readonly type: FileType;
  /** Permission bits, with setuid, setgid and sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of a regular file; 0 for others. */
  readonly size: number;
  /** Of a regular file whose content can be read: SHA-256 in hexadecimal. */
  readonly sha256: string | null;
  /** Of a symbolic link that can be read. */
  readonly target: string | null;
  /** Of a device. */
  readonly device: { readonly major: number; readonly minor: number } | null;
  /** Byte offset of the inode in the image. */
  readonly inodeOffset: number;
  /** Byte offset of the block table, of the link's block or of the directory; 0 for none. */
  readonly dataOffset: number;
}

/** How a manifest is made. */
export interface ManifestOptions {
  /** SHA-256 in hexadecimal. */
  readonly sha256: (bytes: Uint8Array) => string;
  /** Gets what cannot be read; the manifest goes on. */
  readonly onProblem: (error: CramfsError) => void;
}

/**
 * The files of an image, the root first.
 *
 * @throws CramfsError IO, and LIMIT for an image that unpacks to more than DEFAULT_LIMITS allow
 */
export function* manifestFiles(
  image: CramfsImage,
  { sha256, onProblem }: ManifestOptions,
): Generator<ManifestFile, void> {
  const read = storedContent(image);
  const budget = new Budget(DEFAULT_LIMITS, image.size);
  /** What an operation comes to; null, and a problem, for damage. */
  const attempt = <T>(operation: () => T): T | null => {
    try {
      return operation();
    } catch (error) {
      if (!(error instanceof CramfsError) || error.code === 'IO') throw error;
      onProblem(error);
      return null;
    }
  };
  const entries = walk(image, {
    onProblem: (problem: WalkProblem) => {
      onProblem(problem.error);
    },
  });
  for (const entry of entries) {
    const { inode } = entry;
    const isFile = inode.type === 'file';
    budget.count(entry.depth, isFile ? inode.size : 0, () => shownPath(entry.path));
    const { path } = entry;
    yield {
      path,
      ...ownMetadata(inode),
      sha256: isFile ? attempt(() => sha256(read(inode, shownPath(path)).bytes)) : null,
      target: inode.type === 'symlink' ? attempt(() => readLink(image, inode, shownPath(path))) : null,
    };
  }
}

function ownMetadata({
  type,
  mode,
  uid,
  gid,
  size,
  position,
  offset,
}: Inode): Omit<ManifestFile, 'path' | 'sha256' | 'target'> {
  const isDevice = type === 'chardev' || type === 'blockdev';
  return {
    type,
    mode: mode & 0o7777,
    uid,
    gid,
    size: type === 'file' ? size : 0,
    device: isDevice ? deviceNumber(size) : null,
    inodeOffset: position,
    dataOffset: offset,
  };
}
