/**
 * Reading the files that options name: policies, tables, listings, … Images are sources (source/nodeFile).
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { withRoom } from '../base/bytes.ts';
import { errnoName, errnoWords } from '../base/errnoWords.ts';
import { CramfsError } from '../base/errors.ts';

/** Bytes of a text file, at most. */
export const TEXT_LIMIT = 64 << 20;
/** Bytes of any file that is read as a whole, at most. */
export const FILE_LIMIT = 2 ** 30;

/** "cannot read PATH: permission denied". */
export function cannotRead(path: string, cause: unknown): CramfsError {
  return new CramfsError('IO', { what: path, found: errnoWords(cause), cause });
}

/**
 * The bytes of a file; it may be a pipe.
 *
 * @param limit bytes that it may have: more are not read
 * @throws CramfsError IO, LIMIT
 */
export function readBytes(file: string, limit = FILE_LIMIT): Uint8Array {
  const fd = attempt(file, () => openSync(file, 'r'));
  try {
    const { size } = attempt(file, () => fstatSync(fd));
    let bytes = new Uint8Array(Math.min(size, limit) + 1);
    let length = 0;
    for (;;) {
      const got = attempt(file, () => readBlocking(fd, bytes, length));
      if (got === 0) return bytes.subarray(0, length);
      length += got;
      if (length > limit) {
        throw new CramfsError('LIMIT', { expected: `at most ${String(limit)} bytes in ${file}`, found: 'more' });
      }
      bytes = withRoom(bytes, length + 1, limit + 1);
    }
  } finally {
    closeSync(fd);
  }
}

/** The text of a file, UTF-8. @throws CramfsError IO, LIMIT */
export function readText(file: string, limit = TEXT_LIMIT): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(readBytes(file, limit));
}

/**
 * Opens a file to read it piece by piece.
 *
 * @throws CramfsError IO
 */
export function openInput(file: string): number {
  return attempt(file, () => openSync(file, 'r'));
}

/**
 * The next bytes of a descriptor, which may be a pipe; 0 at its end.
 *
 * @param name of the file, for errors
 * @throws CramfsError IO
 */
export function readPiece(fd: number, buffer: Uint8Array, name: string): number {
  return attempt(name, () => readBlocking(fd, buffer, 0));
}

/** readSync() on a descriptor that may be in non-blocking mode: EAGAIN means "wait". */
function readBlocking(fd: number, target: Uint8Array, at: number): number {
  for (;;) {
    try {
      return readSync(fd, target, at, target.length - at, null);
    } catch (error) {
      const name = errnoName(error);
      if (name === 'EOF') return 0;
      if (name !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

function attempt<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw cannotRead(path, cause);
  }
}
