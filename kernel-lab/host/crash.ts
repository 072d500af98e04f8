/** Crashes of a kernel, as its console shows them. */
import { CramfsError } from '../../lib/index.ts';

/** What the first line of a crash has. */
const CRASH =
  /\bBUG: |\bOops: |Kernel panic - not syncing|general protection fault|Corrupted page table|Unable to handle /;
/** Lines that are told, from the first of the crash on. */
const LINES_TOLD = 12;

/**
 * The error for a console that shows a crash; undefined if it shows none.
 *
 * @param request what the kernel was at
 */
export function crashError(lines: readonly string[], request?: string): CramfsError | undefined {
  const messages = lines.map((line) => line.replace(/^\[ *[0-9.]+\] /, ''));
  const first = messages.findIndex((line) => CRASH.test(line));
  if (first === -1) return undefined;
  const log = messages.slice(first, first + LINES_TOLD).filter((line) => line !== '');
  const at = request === undefined ? '' : ` when asked to ${request}`;
  return new CramfsError('KERNEL_OOPS', { found: `${messages[first]?.trim() ?? ''}${at}`, log });
}
