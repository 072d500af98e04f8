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

/** Lines; an overlong one is an error in its place. */
export type Lines = readonly (string | CramfsError)[];

/**
 * The lines of a file, read piece by piece, one after the other.
 *
 * @param what standard input is, for errors
 * @throws CramfsError IO; LIMIT for a line without end
 */
export function* readLines(file: string | number, what: string): Generator<string | CramfsError, void> {
  for (const lines of readLinePieces(file, what)) yield* lines;
}

/**
 * The lines of a file, those of a piece at a time: a generator that is resumed for each of many lines takes longer.
 *
 * @param what standard input is, for errors
 * @throws CramfsError IO; LIMIT for a line without end
 */
export function* readLinePieces(file: string | number, what: string): Generator<Lines, void> {
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
        yield [take(piece.subarray(0, from - 1))];
      }
      if (from <= end) {
        const lines = piece.subarray(from, end);
        // Plain text is cut as a whole: that is most of all there is.
        yield isAscii(lines) ? lines.toString('latin1').split('\n') : [...cut(lines)].map(textOf);
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
    if (restLength > 0) yield [take(Buffer.alloc(0))];
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
