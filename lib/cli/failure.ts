/**
 * From an error to a sentence on standard error and an exit code.
 */
import { jsonText } from '../base/json.ts';
import { CramfsError, type ErrorCode } from '../base/errors.ts';
import { SCHEMA_VERSION } from '../report/mapJson.ts';
import { complain } from './complain.ts';
import { EXIT, type Io } from './io.ts';

const USER_ERRORS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'USAGE',
  'BAD_POLICY',
  'BAD_TABLE',
  'BAD_BOARD',
  'NOT_FOUND',
  'NOT_A_DIRECTORY',
  'NOT_A_REGULAR_FILE',
  'SYMLINK_LOOP',
  'NAME_TOO_LONG',
]);

/** The exit code for an error. */
export function exitCodeOf(error: unknown): number {
  if (!(error instanceof CramfsError)) return EXIT.bug;
  if (error.code === 'LAB') return EXIT.lab;
  if (error.code === 'INTERNAL') return EXIT.bug;
  return USER_ERRORS.has(error.code) ? EXIT.usage : EXIT.image;
}

/** An error as the `error` object of JSON output. */
export function errorJson(error: CramfsError) {
  const { log, problems, diagnosis } = error.details;
  return {
    code: error.code,
    message: error.message,
    offset: error.offset ?? null,
    path: error.path ?? null,
    ...(log === undefined ? {} : { log }),
    ...(problems === undefined ? {} : { problems }),
    ...(diagnosis === undefined ? {} : { diagnosis }),
  };
}

/** Writes the object that stands for an error in JSON output. */
export function writeErrorJson(error: CramfsError, io: Io): void {
  io.stdout.write(`${jsonText({ schemaVersion: SCHEMA_VERSION, error: errorJson(error) })}\n`);
}

/** Prints an error: one sentence on standard error, and with --json an object on standard output. */
export function reportFailure(error: unknown, io: Io, program: string, json: boolean): number {
  if (error instanceof CramfsError) {
    if (json) writeErrorJson(error, io);
    complain(io, `${program}: ${error.message}`);
    for (const { line, column, message } of error.details.problems ?? []) {
      complain(io, `${error.details.what ?? ''}:${line}:${column}: ${message}`);
    }
    for (const line of error.details.lines ?? []) complain(io, `  ${line}`);
    for (const line of error.details.log ?? []) complain(io, `  ${line}`);
    return exitCodeOf(error);
  }
  reportBug(error, io, program);
  return EXIT.bug;
}

/** Prints an internal error, and where it happened if that was asked for. */
export function reportBug(error: unknown, io: Io, program: string): void {
  complain(
    io,
    `${program}: internal error (a bug in cramfs): ${error instanceof Error ? error.message : String(error)}`,
  );
  complain(
    io,
    'Please report it with the command line and, if you can, the image (CRAMFS_MAP_DEBUG=1 shows where it happened).',
  );
  if (io.env.CRAMFS_MAP_DEBUG !== '1' || !(error instanceof Error)) return;
  for (const line of (error.stack ?? '').split('\n')) complain(io, line);
}
