/** The captures that the user names. */
import type { Capture } from '../profile/capture.ts';
import { readBytes, TEXT_LIMIT } from './inputFile.ts';

/**
 * Reads captures; at most 64 MiB each.
 *
 * @throws CramfsError IO, LIMIT
 */
export function openCaptures(names: readonly string[]): Capture[] {
  return names.map((name) => ({ name, bytes: readBytes(name === '-' ? '/dev/stdin' : name, TEXT_LIMIT) }));
}
