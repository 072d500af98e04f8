/**
 * From an error to a sentence on standard error and an exit code.
 */
import { CramfsError, type ErrorCode } from '../base/errors.ts';
import { printableName } from '../format/names.ts';
import { SCHEMA_VERSION } from '../report/mapJson.ts';
import { EXIT, type Io } from './io.ts';

const USER_ERRORS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'USAGE',
  'BAD_POLICY',
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
  return USER_ERRORS.has(error.code) ? EXIT.usage : EXIT.image;
}

/** An error as the `error` object of JSON output. */
export function errorJson(error: CramfsError): Record<string, unknown> {
  const { log, problems } = error.details;
  return {
    code: error.code,
    message: error.message,
    offset: error.offset ?? null,
    path: error.path ?? null,
    ...(log === undefined ? {} : { log }),
    ...(problems === undefined ? {} : { problems }),
  };
}

/** Writes the object that stands for an error in JSON output. */
export function writeErrorJson(error: CramfsError, io: Io): void {
  io.stdout.write(`${JSON.stringify({ schemaVersion: SCHEMA_VERSION, error: errorJson(error) })}\n`);
}

/** Tells an error: one sentence on standard error, and with --json an object on standard output. */
export function reportFailure(error: unknown, io: Io, program: string, json: boolean): number {
  if (error instanceof CramfsError) {
    if (json) writeErrorJson(error, io);
    io.stderr.write(`${program}: ${error.message}\n`);
    for (const { line, column, message } of error.details.problems ?? []) {
      io.stderr.write(`${printableName(error.details.what ?? '')}:${line}:${column}: ${message}\n`);
    }
    for (const line of error.details.lines ?? []) io.stderr.write(`  ${printableName(line)}\n`);
    for (const line of error.details.log ?? []) io.stderr.write(`  ${line}\n`);
    return exitCodeOf(error);
  }
  const detail = error instanceof Error ? error.message : String(error);
  io.stderr.write(
    `${program}: this is a bug of ours: ${detail}\n` +
      `Please report it with the command line and, if you can, the image (CRAMFS_MAP_DEBUG=1 shows where it happened).\n`,
  );
  if (io.env.CRAMFS_MAP_DEBUG === '1' && error instanceof Error) io.stderr.write(`${error.stack ?? ''}\n`);
  return EXIT.bug;
}
