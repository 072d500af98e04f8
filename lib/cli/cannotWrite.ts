/**
 * Why something cannot be written, in one sentence.
 */
import { errnoName, errnoWords } from '../base/errnoWords.ts';
import { CramfsError } from '../base/errors.ts';

/** "cannot write PATH: permission denied". */
export function cannotWrite(path: string, cause: unknown): CramfsError {
  if (errnoName(cause) === 'ENOENT') {
    return new CramfsError('CANNOT_WRITE', { what: path, found: 'no such directory', cause });
  }
  return new CramfsError('CANNOT_WRITE', { what: path, found: errnoWords(cause), cause });
}
