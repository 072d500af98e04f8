/**
 * Sources that need Node: files and standard input.
 */
import { withRoom } from '../base/bytes.ts';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { CramfsError } from '../base/errors.ts';
import { type ByteSource, cachedSource, type RawSource } from './byteSource.ts';
import { errnoWords } from '../base/errnoWords.ts';

/** Bytes kept of a source that cannot be read at random (a pipe): enough for any cramfs image, and a bound. */
export const STREAM_LIMIT = 1 << 30;

/**
 * Opens a file, lazily: bytes are read when they are asked for. Pipes and devices are read in order and kept.
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
    return cachedSource(stat.isFile() ? regularFile(fd, stat.size) : stream(fd, file));
  } catch (cause) {
    if (cause instanceof CramfsError) throw cause;
    throw new CramfsError('IO', { what: file, found: errnoWords(cause), cause });
  }
}

/** Standard input as a source. It is read only as far as is asked, and kept. */
export function openStdinSource(fd = 0): ByteSource {
  return cachedSource(stream(fd, 'standard input'));
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
    close: () => {
      closeSync(fd);
    },
  };
}

/** Reads a descriptor in order, as far as asked, and keeps everything for random access. */
function stream(fd: number, name: string): RawSource {
  const step = 1 << 16;
  let buffer = new Uint8Array(step);
  let filled = 0;
  let ended = false;
  const pull = (until: number): void => {
    while (!ended && filled < until) {
      if (filled >= STREAM_LIMIT) {
        throw new CramfsError('LIMIT', {
          expected: `at most ${String(STREAM_LIMIT)} bytes from ${name}`,
          found: 'more',
          offset: filled,
        });
      }
      buffer = withRoom(buffer, filled + 1);
      const got = readBlocking(fd, buffer, filled, buffer.length - filled);
      if (got === 0) ended = true;
      filled += got;
    }
  };
  return {
    size() {
      pull(Infinity);
      return filled;
    },
    readInto(target, offset) {
      pull(offset + target.length);
      const piece = buffer.subarray(Math.min(offset, filled), Math.min(offset + target.length, filled));
      target.set(piece);
      return piece.length;
    },
    close: () => {
      buffer = new Uint8Array(0);
      filled = 0;
      ended = true;
    },
  };
}

/** readSync() on a descriptor that may be in non-blocking mode: EAGAIN means "wait". */
function readBlocking(fd: number, target: Uint8Array, at: number, length: number): number {
  for (;;) {
    try {
      return readSync(fd, target, at, length, null);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'EOF') return 0;
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}
