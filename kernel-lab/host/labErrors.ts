/** Failures of the file system as errors of the lab. */
import { CramfsError } from '../../lib/index.ts';

/**
 * Does work with files of the lab: what fails there because of space or permissions becomes a CramfsError.
 *
 * @throws CramfsError LAB, and what the work throws otherwise
 */
export async function withLabErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const { syscall, message } = cause as NodeJS.ErrnoException;
    if (syscall === undefined) throw cause;
    throw new CramfsError('LAB', { what: 'cannot use its files', found: message, cause });
  }
}
