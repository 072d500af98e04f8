/**
 * Sources that need Node: files and standard input.
 */
import { closeSync, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { CramfsError } from '../base/errors.ts';
import { type ByteSource, cachedSource, type RawSource, SMALL, wholeSource } from './byteSource.ts';
import { errnoWords } from '../base/errnoWords.ts';
import { streamOf } from './nodeStream.ts';

/**
 * Opens a file, lazily: bytes are read when they are asked for, of block devices and MTD too. Pipes and other devices are
 * read in order and kept.
 *
 * @throws CramfsError IO when it cannot be opened
 */
export function openFileSource(file: string): ByteSource {
  let fd: number;
  try {
    fd = openSync(file, 'r');
    const stat = fstatSync(fd);
    if (stat.isDirectory()) {
      closeSync(fd);
      throw new CramfsError('IO', { what: file, found: 'it is a directory' });
    }
    if (stat.isFile()) {
      // Files in /proc have size 0, whatever they contain.
      const file = regularFile(fd, stat.size);
      return stat.size > 0 && stat.size <= SMALL ? wholeSource(file, stat.size) : cachedSource(file);
    }
    return cachedSource(isStorage(stat) ? regularFile(fd, storageSize(fd)) : streamOf(fd, file));
  } catch (cause) {
    if (cause instanceof CramfsError) throw cause;
    throw new CramfsError('IO', { what: file, found: errnoWords(cause), cause });
  }
}

/** Major number of MTD character devices (MTD_CHAR_MAJOR). */
const MTD_CHAR_MAJOR = 90;

/** Whether a device has an end, and can be read anywhere. */
function isStorage(stat: Stats): boolean {
  return stat.isBlockDevice() || (stat.isCharacterDevice() && ((stat.rdev >>> 8) & 0xfff) === MTD_CHAR_MAJOR);
}

/** Bytes of a device: fstat() does not know them, but nothing is read from its end on. */
function storageSize(fd: number): number {
  const one = new Uint8Array(1);
  return endOf((at) => readSync(fd, one, 0, 1, at) === 1);
}

/** The number of bytes, found in some hundred looks at whether one is there. */
export function endOf(isThere: (offset: number) => boolean): number {
  let end = 1;
  while (end < MAX_STORAGE && isThere(end - 1)) end *= 2;
  // The last byte that is there lies in [end / 2 - 1, end - 1).
  let size = Math.floor(end / 2);
  for (let step = size; step >= 1; step = Math.floor(step / 2)) {
    if (isThere(size + step - 1)) size += step;
  }
  return size;
}

/** More than any device has: offsets stay exact. */
const MAX_STORAGE = 2 ** 52;

/** Standard input as a source. It is read only as far as is asked, and kept. */
export function openStdinSource(fd = 0): ByteSource {
  return cachedSource(streamOf(fd, 'standard input'));
}

function regularFile(fd: number, size: number): RawSource {
  return {
    size: () => size,
    readInto(target, offset) {
      let filled = 0;
      while (filled < target.length) {
        const got = readSync(fd, target, filled, target.length - filled, offset + filled);
        if (got === 0) break;
        filled += got;
      }
      return filled;
    },
    close: closingOnce(fd),
  };
}

/** Closes a descriptor at the first call only: by the second the number may be another file's. */
function closingOnce(fd: number): () => void {
  let isOpen = true;
  return () => {
    if (isOpen) closeSync(fd);
    isOpen = false;
  };
}
