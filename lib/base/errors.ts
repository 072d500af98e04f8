/**
 * The one error type of the library.
 *
 * Bad data, a failing source and impossible requests all surface as a {@link CramfsError} with a stable `code`, the byte
 * offset in the image and the path where they are known. Library code never throws anything else on bad input.
 */

import { hex } from './hex.ts';
import { type ErrorCode, type ErrorDetails, sentenceOf } from './errorSentences.ts';

export type { ErrorCode, ErrorDetails, TextProblem } from './errorSentences.ts';

/** A typed error: `code` for programs, `message` for people, `offset` and `path` for both. */
export class CramfsError extends Error {
  override readonly name = 'CramfsError';
  readonly code: ErrorCode;
  /** Byte offset in the image, if one is known. */
  readonly offset: number | undefined;
  /** Path inside the image, if one is known. */
  readonly path: string | undefined;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, details: ErrorDetails = {}) {
    super(compose(code, details), details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.offset = details.offset;
    this.path = details.path;
    this.details = details;
  }

  /** The same error with the path filled in, where it was not known further down. */
  withPath(path: string): CramfsError {
    return this.path === undefined ? new CramfsError(this.code, { ...this.details, path }) : this;
  }
}

function compose(code: ErrorCode, details: ErrorDetails): string {
  const sentence = sentenceOf(code, details);
  const place = details.offset === undefined ? '' : ` (at byte ${String(details.offset)}, ${hex(details.offset)})`;
  return `${details.path === undefined ? '' : `${details.path}: `}${sentence}${place}`;
}
