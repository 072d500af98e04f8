/**
 * Batches: one request a line in JSON, one result a line, in the same order.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { CramfsError } from '../errors.ts';
import type { Errno } from '../mm/errno.ts';
import { mapJson, SCHEMA_VERSION } from '../report/mapJson.ts';
import type { Board } from '../verdict/board.ts';
import type { MapDetail, MapRequest } from '../verdict/request.ts';
import { errorJson } from './failure.ts';
import { EXIT, type TextSink } from './io.ts';
import { meets, type Requirement } from './requirement.ts';

/** Longest line of a batch, in bytes. */
const MAX_LINE = 1 << 20;
const OUTPUT_CHUNK = 1 << 16;

/** How to answer the lines of a batch. */
export interface BatchOptions {
  readonly detail: MapDetail;
  readonly requirement: Requirement | null;
  /** Virtual address that each request maps at. */
  readonly vmaStart: number | undefined;
  /** Where the answers go; null for nowhere. */
  readonly out: TextSink | null;
}

/**
 * Runs a batch to its end.
 *
 * @param file a file name, or a file descriptor
 * @returns the exit code: findings when a line was bad or a requirement not met
 * @throws CramfsError USAGE when the batch cannot be read; trouble with the image or its source
 */
export function runBatch(board: Board, file: string | number, options: BatchOptions): number {
  const { out } = options;
  board.mounted();
  let code: number = EXIT.ok;
  let pending = '';
  for (const line of lines(file)) {
    if (typeof line === 'string' && line.trim() === '') continue;
    const answer = answerLine(board, line, options);
    if (!answer.good) code = EXIT.findings;
    if (out === null) continue;
    pending += `${JSON.stringify(answer.result)}\n`;
    if (pending.length >= OUTPUT_CHUNK) {
      out.write(pending);
      pending = '';
    }
  }
  if (pending !== '') out?.write(pending);
  return code;
}

interface Answer {
  readonly result: Record<string, unknown>;
  readonly good: boolean;
}

/** Errors that belong to one request; any other ends the batch. */
const OPEN_ERRNO: Partial<Record<string, Errno>> = {
  NOT_FOUND: 'ENOENT',
  NOT_A_DIRECTORY: 'ENOTDIR',
  SYMLINK_LOOP: 'ELOOP',
  NAME_TOO_LONG: 'ENAMETOOLONG',
};

function answerLine(board: Board, line: string | CramfsError, { detail, requirement, vmaStart }: BatchOptions): Answer {
  let parsed: ParsedLine | null = null;
  try {
    if (line instanceof CramfsError) throw line;
    parsed = parseLine(line);
    const { touches } = parsed;
    const request = vmaStart === undefined ? parsed.request : { ...parsed.request, vmaStart };
    const wanted = touches ? detail : {};
    const verdict = board.map(request, wanted);
    return { result: mapJson(verdict, board, wanted), good: requirement === null || meets(verdict, requirement) };
  } catch (error) {
    if (!(error instanceof CramfsError) || error.code === 'IO') throw error;
    const errno = OPEN_ERRNO[error.code];
    return {
      result: {
        schemaVersion: SCHEMA_VERSION,
        ...(parsed === null ? {} : { path: parsed.request.path }),
        ...(errno === undefined ? {} : { errno, failed: 'open' }),
        error: errorJson(error),
      },
      good: false,
    };
  }
}

interface ParsedLine {
  readonly request: MapRequest;
  /** False with the flag "notouch": pages are not looked at. */
  readonly touches: boolean;
}

/** @throws CramfsError USAGE for a line that is no request */
function parseLine(line: string): ParsedLine {
  let value: unknown;
  try {
    value = JSON.parse(line.trim());
  } catch (cause) {
    throw new CramfsError('USAGE', { found: `the line is not JSON: ${(cause as Error).message}`, cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) bad('the line is not a JSON object');
  const { path, offset, length, prot, flags } = value as Record<string, unknown>;
  if (typeof path !== 'string') bad('"path" must be a string');
  const set = new Set(flagList(flags));
  if (set.has('shared') && set.has('private')) bad('"flags" has both "shared" and "private"');
  const request: MapRequest = {
    path,
    offset: wholeNumber(offset, 'offset'),
    length: wholeNumber(length, 'length'),
    prot: protLetters(prot),
    shared: set.has('shared'),
    populate: set.has('populate'),
    locked: set.has('locked'),
    rdwr: set.has('rdwr'),
  };
  if ((request.length ?? 0) < 0) bad('"length" must not be negative');
  return { request, touches: !set.has('notouch') };
}

function bad(found: string): never {
  throw new CramfsError('USAGE', { found });
}

function wholeNumber(value: unknown, key: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'number' || !Number.isInteger(value)) bad(`"${key}" must be a whole number of bytes`);
  return value;
}

function protLetters(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string' || !/^(-|none|[rwx]*)$/.test(value))
    bad('"prot" must be letters of "rwx", or "-" for none');
  return value === 'none' ? '-' : value;
}

function flagList(value: unknown): string[] {
  if (value === undefined || value === null) return [];
  if (typeof value === 'string') return value.split(',').map((flag) => flag.trim());
  if (Array.isArray(value) && value.every((flag) => typeof flag === 'string')) return value;
  return bad('"flags" must be an array of strings, or a string with commas');
}

/** The lines of a file, read piece by piece; an overlong line comes as an error. */
function* lines(file: string | number): Generator<string | CramfsError, void> {
  const fd = open(file);
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
      const got = readPiece(fd, buffer);
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

function open(file: string | number): number {
  if (typeof file === 'number') return file;
  try {
    return openSync(file, 'r');
  } catch (cause) {
    throw new CramfsError('USAGE', { found: `cannot read the batch ${file}: ${(cause as Error).message}`, cause });
  }
}

function readPiece(fd: number, buffer: Buffer): number {
  for (;;) {
    try {
      return readSync(fd, buffer, 0, buffer.length, null);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'EOF') return 0;
      if (code !== 'EAGAIN')
        throw new CramfsError('USAGE', { found: `cannot read the batch: ${message}`, cause: error });
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}
