/** Crashes of a kernel, as its console shows them. */
import { CramfsError } from '../../lib/index.ts';
import type { LabOops } from './record.ts';

/** What the first line of a crash has. */
const CRASH =
  /\bBUG: |\bOops: |Kernel panic - not syncing|general protection fault|Corrupted page table|Unable to handle /;
/** Lines that are told, from the first of the crash on. */
const LINES_TOLD = 12;

/** What the log of a RISC-V kernel says of an oops in a call that never returned. */
export function oopsOf(log: readonly string[]): LabOops {
  const named = (pattern: RegExp): string | undefined =>
    log.map((line) => pattern.exec(line)?.[1]).find((found) => found !== undefined);
  const first = log.find((line) => CRASH.test(line)) ?? '';
  const cause = named(/ cause: ([0-9a-f]+)/);
  const from = log.findIndex((line) => /^(?:Call Trace:|\[<[0-9a-f]+>\])/.test(line));
  const trace = log.slice(from).map((line) => /^\[<[0-9a-f]+>\] (\w[\w.]*)/.exec(line)?.[1]);
  return {
    what: first.replace(/\b[0-9a-f]{8,16}$/, 'ADDRESS'),
    address: withPrefix(/\b([0-9a-f]{8,16})$/.exec(first)?.[1]),
    function: named(/^epc : ([\w.]+)[+]/),
    caller: named(/^ ra : ([\w.]+)[+]/),
    cause: cause === undefined ? undefined : Number.parseInt(cause, 16),
    trace: from === -1 ? [] : trace.filter((name) => name !== undefined),
  };
}

const withPrefix = (digits: string | undefined): string | undefined => (digits === undefined ? digits : `0x${digits}`);

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
