/**
 * The lines of a file or of standard input, read piece by piece, so that memory stays bounded.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { CramfsError } from '../base/errors.ts';

/** Longest line, in bytes. */
const MAX_LINE = 1 << 20;

/**
 * The lines of a file, read piece by piece; an overlong line comes as an error.
 *
 * @param what the file is, for errors
 * @throws CramfsError USAGE
 */
export function* readLines(file: string | number, what = 'the batch'): Generator<string | CramfsError, void> {
  const fd = open(file, what);
  try {
    const buffer = Buffer.alloc(1 << 16);
    let rest: Buffer[] = [];
    let restLength = 0;
    let overlong = false;
    const take = (piece: Buffer): string | CramfsError => {
      const line = overlong
        ? new CramfsError('USAGE', { found: `the line is longer than ${String(MAX_LINE)} bytes` })
        : rest.length === 0
          ? piece.toString('utf8')
          : Buffer.concat([...rest, piece]).toString('utf8');
      rest = [];
      restLength = 0;
      overlong = false;
      return line;
    };
    for (;;) {
      const got = readPiece(fd, buffer, what);
      if (got === 0) break;
      let from = 0;
      for (let at = buffer.indexOf(10, 0); at >= 0 && at < got; at = buffer.indexOf(10, from)) {
        yield take(buffer.subarray(from, at));
        from = at + 1;
      }
      if (from < got) {
        restLength += got - from;
        if (restLength > MAX_LINE) {
          overlong = true;
          rest = [];
        } else rest.push(Buffer.from(buffer.subarray(from, got)));
      }
    }
    if (restLength > 0) yield take(Buffer.alloc(0));
  } finally {
    if (typeof file === 'string') closeSync(fd);
  }
}

function open(file: string | number, what: string): number {
  if (typeof file === 'number') return file;
  try {
    return openSync(file, 'r');
  } catch (cause) {
    throw new CramfsError('USAGE', { found: `cannot read ${what} ${file}: ${(cause as Error).message}`, cause });
  }
}

function readPiece(fd: number, buffer: Buffer, what: string): number {
  for (;;) {
    try {
      return readSync(fd, buffer, 0, buffer.length, null);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'EOF') return 0;
      if (code !== 'EAGAIN') throw new CramfsError('USAGE', { found: `cannot read ${what}: ${message}`, cause: error });
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}
