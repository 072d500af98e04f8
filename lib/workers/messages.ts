/** What worker threads tell the thread that started them. */
import { CramfsError, type ErrorCode, type ErrorDetails } from '../base/errors.ts';

/** An error on its way between threads, where it would lose its class. */
export type PackedError =
  | { readonly code: ErrorCode; readonly details: ErrorDetails }
  | { readonly code: null; readonly message: string; readonly stack: string | undefined };

/** An answer of a thread. To each job there is one result or one error, in the order of the jobs. */
export type WorkerMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'unable'; readonly error: PackedError; readonly isScarcity: boolean }
  | { readonly kind: 'result'; readonly result: unknown }
  | { readonly kind: 'error'; readonly error: PackedError };

/** An error as plain data. */
export function packError(error: unknown): PackedError {
  if (error instanceof CramfsError) return { code: error.code, details: { ...error.details, cause: undefined } };
  if (error instanceof Error) return { code: null, message: error.message, stack: error.stack };
  return { code: null, message: String(error), stack: undefined };
}

/** The error again. */
export function unpackError(packed: PackedError): Error {
  if (packed.code !== null) return new CramfsError(packed.code, packed.details);
  const error = new Error(packed.message);
  if (packed.stack !== undefined) error.stack = packed.stack;
  return error;
}

/**
 * Errors of a thread that has no room: no memory, no descriptors. A program that is there and cannot be found, because
 * nothing can be opened, is among them.
 */
const SCARCITY: ReadonlySet<string> = new Set([
  ...['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN'],
  ...['ERR_WORKER_INIT_FAILED', 'ERR_WORKER_OUT_OF_MEMORY', 'MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND'],
]);

/** Whether a thread that fails with that code at its start is simply one too many. */
export function isScarcity(code: string | null): boolean {
  return code !== null && SCARCITY.has(code);
}
