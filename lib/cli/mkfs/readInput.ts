/**
 * Reading the small files that options name.
 */
import { CramfsError } from '../../base/errors.ts';
import { readAtMost } from '../readAtMost.ts';

/** The bytes of a file. @throws CramfsError IO, LIMIT */
export function readBytes(file: string): Uint8Array {
  try {
    return readAtMost(file);
  } catch (cause) {
    if (cause instanceof CramfsError) throw cause;
    throw new CramfsError('IO', { what: file, found: cause instanceof Error ? cause.message : String(cause), cause });
  }
}

/** The text of a file, UTF-8. @throws CramfsError IO */
export function readText(file: string): string {
  return Buffer.from(readBytes(file)).toString('utf8');
}
