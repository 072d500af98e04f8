/** How programs of the kinds mkfs and fsck end, and how that is said. */
import { complain } from '../complain.ts';
import { exitCodeOf, reportFailure } from '../failure.ts';
import { EXIT, type Io } from '../io.ts';

/** Exit codes of mkfs programs. */
export const MKFS = { ok: 0, error: 8, usage: 16 } as const;

/** Exit codes of fsck programs. */
export const FSCK = { ok: 0, uncorrected: 4, error: 8, usage: 16 } as const;

/** Says what is wrong with the command line. */
export function badUsage(program: string, problem: string, usage: string, io: Io): number {
  complain(io, `${program}: ${problem}`);
  io.stderr.write(usage);
  return FSCK.usage;
}

/** Runs a program; what it throws is printed, and ends it with the code for errors of operation. */
export async function orError(program: string, io: Io, run: () => Promise<number>): Promise<number> {
  try {
    return await run();
  } catch (error) {
    reportFailure(error, io, program, false);
    return exitCodeOf(error) === EXIT.bug ? EXIT.bug : FSCK.error;
  }
}

/** A number as strtoul() with base 10 takes it, of 32 bits; null for anything else. */
export function parseDecimal(text: string): number | null {
  const number = /^\s*[+]?[0-9]{1,10}$/.test(text) ? Number(text) : Number.NaN;
  return number <= 0xffff_ffff ? number : null;
}
