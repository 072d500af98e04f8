/**
 * The lines of a file or of standard input, read piece by piece, so that memory stays bounded.
 */
import { closeSync } from 'node:fs';
import { CramfsError } from '../base/errors.ts';
import { decodeName } from '../format/names.ts';
import { openInput, readPiece } from './inputFile.ts';

/** Longest line, in bytes. */
const MAX_LINE = 1 << 20;

/**
 * The lines of a file, read piece by piece; an overlong line comes as an error.
 *
 * @param what standard input is, for errors
 * @throws CramfsError IO
 */
export function* readLines(file: string | number, what = 'the batch'): Generator<string | CramfsError, void> {
  const fd = typeof file === 'string' ? openInput(file) : file;
  const name = typeof file === 'string' ? file : `${what} from standard input`;
  try {
    const buffer = Buffer.alloc(1 << 16);
    let rest: Buffer[] = [];
    let restLength = 0;
    let overlong = false;
    const take = (piece: Buffer): string | CramfsError => {
      const line = overlong
        ? new CramfsError('USAGE', { found: `the line is longer than ${String(MAX_LINE)} bytes` })
        : rest.length === 0
          ? textOf(piece)
          : textOf(Buffer.concat([...rest, piece]));
      rest = [];
      restLength = 0;
      overlong = false;
      return line;
    };
    for (;;) {
      const got = readPiece(fd, buffer, name);
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

/** A line as text. Names of files in it may be any bytes, as a kernel's log has them. */
function textOf(line: Buffer): string {
  const text = line.toString('utf8');
  return text.includes('\ufffd') ? decodeName(line) : text;
}
