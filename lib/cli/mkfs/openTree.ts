/**
 * The SOURCE of `cramfs mkfs`: a directory, a tar archive, or another image.
 */
import fs from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { directoryTree } from '../../mkfs/source/directoryTree.node.ts';
import { applyFakedAttributes } from '../../mkfs/source/fakedAttributes.node.ts';
import { imageTree } from '../../mkfs/source/imageTree.ts';
import { tarTree } from '../../mkfs/source/tar.ts';
import type { DirectoryEntry } from '../../mkfs/sourceTree.ts';
import { CramfsError } from '../../base/errors.ts';
import { findSuperblock } from '../../format/superblock.ts';
import type { CramfsImage } from '../../image/image.ts';
import { openDetected } from '../../inspect/openDetected.ts';
import { bytesSource, type ByteSource, sliceSource } from '../../source/byteSource.ts';
import { diagnose } from '../../diagnose/diagnose.ts';
import { announceDump, notAnImage } from '../diagnosisLine.ts';
import { type ImagePlace, openPlace, type PlaceOptions } from '../imagePlace.ts';
import type { Io } from '../io.ts';
import { cannotRead } from '../inputFile.ts';

/** A tree, what it was read from, and how to let go of it. */
export interface OpenedTree {
  readonly root: DirectoryEntry;
  readonly kind: 'directory' | 'tar' | 'image';
  /** The image that is repacked. */
  readonly image: CramfsImage | null;
  /** Whether the file is meant to hold that image alone: nothing was said of a place in it. */
  readonly whole: boolean;
  close(): void;
}

/** Bytes that are looked at to tell an image from an archive. */
const HEAD = 588;

/**
 * Bytes that a gzip file may become: so many for each of its own, within bounds. Trees of programs shrink to a half or a
 * tenth; only a bomb shrinks to a thousandth.
 */
const MAX_EXPANSION = 64;
const LEAST_UNZIPPED = 64 << 20;
const MAX_UNZIPPED = 1 << 30;

/**
 * Opens a source: a directory, or a file ("-": standard input) that is a tar archive, gzipped or not, or an image.
 *
 * @param options where an image is in the file
 * @throws CramfsError IO, NOT_CRAMFS (with what the file is instead), and what reading archives and images throws
 */
export async function openTree(source: string, io: Io, options: PlaceOptions = {}): Promise<OpenedTree> {
  if (source !== '-' && isDirectory(source)) {
    const root = directoryTree(source);
    if (isFakedRoot(io.env)) await applyFakedAttributes(root, source);
    return { root, kind: 'directory', image: null, whole: true, close: () => undefined };
  }
  const place = openPlace(source, options, io);
  const file = sliceSource(place.source, place.imageOffset);
  try {
    const head = file.read(0, HEAD);
    if (head[0] === 0x1f && head[1] === 0x8b) {
      const opened = openUnzipped(file);
      file.close();
      return opened;
    }
    const opened = openBytes(file, (image) => {
      announceDump(place, image, io, { sound: true });
    });
    return { ...opened, whole: place.imageOffset === 0 && place.hit === null };
  } catch (error) {
    const refused = error instanceof CramfsError ? whatElse(error, place, file, io) : error;
    file.close();
    throw refused;
  }
}

/** The error for a file that is neither an image nor an archive, which may be a dump with an image in it. */
function whatElse(error: CramfsError, place: ImagePlace, file: ByteSource, io: Io): CramfsError {
  if (error.code === 'IO' || error.code === 'LIMIT' || findSuperblock(file.read(0, HEAD)) !== null) return error;
  const diagnosis = diagnose(place.source);
  if (diagnosis.kind === 'image') return notAnImage(error, place, io);
  // An archive is known by its first header; what is wrong after that is the archive's.
  const isArchive = (error.offset ?? 0) > 0 || (diagnosis.kind === 'content' && diagnosis.content.kind === 'tar');
  return isArchive ? error : notAnImage(error, place, io, 'not a tar archive either; ');
}

/** Whether this process runs under fakeroot or pseudo, which keep owners and device nodes of their own. */
function isFakedRoot(env: Io['env']): boolean {
  return env.FAKEROOTKEY !== undefined || /(?:^|[/])lib(?:fakeroot|pseudo)/.test(env.LD_PRELOAD ?? '');
}

function isDirectory(path: string): boolean {
  try {
    return fs.statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  } catch (cause) {
    throw cannotRead(path, cause);
  }
}

/** What a gzip file unpacks to, in memory: the file is not needed any more. */
function openUnzipped(file: ByteSource): OpenedTree {
  const packed = file.read(0, file.size);
  const limit = Math.min(MAX_UNZIPPED, Math.max(LEAST_UNZIPPED, packed.length * MAX_EXPANSION));
  let bytes: Uint8Array;
  try {
    bytes = gunzipSync(packed, { maxOutputLength: limit });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new CramfsError('LIMIT', {
        expected: `at most ${String(limit)} bytes from a gzip file of ${String(packed.length)}`,
        found: 'more (unpack it, and pass the tar archive)',
      });
    }
    throw new CramfsError('IO', {
      what: 'the gzip file',
      found: cause instanceof Error ? cause.message : String(cause),
    });
  }
  return openBytes(bytesSource(bytes));
}

function openBytes(source: ByteSource, onImage?: (image: CramfsImage) => void): OpenedTree {
  const close = (): void => {
    source.close();
  };
  if (findSuperblock(source.read(0, HEAD)) !== null) {
    const image = openDetected(source);
    onImage?.(image);
    return { root: imageTree(image), kind: 'image', image, whole: true, close };
  }
  return { root: tarTree(source), kind: 'tar', image: null, whole: true, close };
}
