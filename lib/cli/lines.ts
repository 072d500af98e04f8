/**
 * The lines of a file or of standard input, read piece by piece, so that memory stays bounded.
 */
import { isAscii } from 'node:buffer';
import { closeSync } from 'node:fs';
import { nextStep } from '../base/bytes.ts';
import { CramfsError } from '../base/errors.ts';
import { decodeName } from '../format/names.ts';
import { openInput, readPiece, TEXT_LIMIT } from './inputFile.ts';

/** Longest line, in bytes. */
const MAX_LINE = 1 << 20;
/** Bytes read at a time, at first and at most. */
const FIRST_PIECE = 1 << 12;
const MOST_PIECE = 1 << 16;

/**
 * The lines of a file, read piece by piece; an overlong line comes as an error, and one without end is thrown.
 *
 * @param what standard input is, for errors
 * @throws CramfsError IO, LIMIT
 */
export function* readLines(file: string | number, what = 'the batch'): Generator<string | CramfsError, void> {
  const fd = typeof file === 'string' ? openInput(file) : file;
  const name = typeof file === 'string' ? file : `${what} from standard input`;
  try {
    let buffer = Buffer.alloc(FIRST_PIECE);
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
      const piece = buffer.subarray(0, got);
      const end = piece.lastIndexOf(10);
      let from = 0;
      if (end >= 0 && (restLength > 0 || overlong)) {
        from = piece.indexOf(10) + 1;
        yield take(piece.subarray(0, from - 1));
      }
      if (from <= end) {
        const lines = piece.subarray(from, end);
        // Plain text is cut as a whole: that is most of all there is.
        if (isAscii(lines)) yield* lines.toString('latin1').split('\n');
        else for (const line of cut(lines)) yield textOf(line);
        from = end + 1;
      }
      if (from < got) {
        restLength += got - from;
        if (restLength > TEXT_LIMIT) {
          throw new CramfsError('LIMIT', {
            expected: `lines of at most ${String(TEXT_LIMIT)} bytes in ${name}`,
            found: 'a longer one',
          });
        }
        if (restLength > MAX_LINE) {
          overlong = true;
          rest = [];
        } else rest.push(Buffer.from(buffer.subarray(from, got)));
      }
      if (got === buffer.length && got < MOST_PIECE) buffer = Buffer.alloc(nextStep(got, 0, FIRST_PIECE, MOST_PIECE));
    }
    if (restLength > 0) yield take(Buffer.alloc(0));
  } finally {
    if (typeof file === 'string') closeSync(fd);
  }
}

/** The pieces between line ends. */
function* cut(bytes: Buffer): Generator<Buffer, void> {
  let from = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, from)) {
    yield bytes.subarray(from, at);
    from = at + 1;
  }
  yield bytes.subarray(from);
}

/** A line as text. Names of files in it may be any bytes, as a kernel's log has them. */
function textOf(line: Buffer): string {
  const text = line.toString('utf8');
  return text.includes('\ufffd') ? decodeName(line) : text;
}
