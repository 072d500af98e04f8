/** What is wrong with a command line. */
import { CramfsError } from '../base/errors.ts';

/** @throws CramfsError USAGE */
export function usage(found: string): never {
  throw new CramfsError('USAGE', { found });
}
