/**
 * Reading the small files that options name.
 */
import { readFileSync } from 'node:fs';
import { CramfsError } from '../../base/errors.ts';

/** The bytes of a file. @throws CramfsError IO */
export function readBytes(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new CramfsError('IO', { what: file, found: cause instanceof Error ? cause.message : String(cause), cause });
  }
}

/** The text of a file, UTF-8. @throws CramfsError IO */
export function readText(file: string): string {
  return Buffer.from(readBytes(file)).toString('utf8');
}
