/**
 * Options of the machine, in the forms that the command line and batches take.
 */
import { CramfsError } from '../base/errors.ts';
import { type AddressRange, MAX_PHYS_BITS } from '../physmem/physicalMemory.ts';
import { parseNumber } from './numbers.ts';

/** What gcc's -ftrivial-auto-var-init=pattern leaves in a 32-bit variable. */
export const PATTERN = 0xfefefefe;

/**
 * What uninitialised automatic variables hold: "zero", "pattern", or an unsigned 32-bit number.
 *
 * @throws CramfsError USAGE
 */
export function parseStackInit(value: unknown, option: string): number {
  if (value === 'zero') return 0;
  if (value === 'pattern') return PATTERN;
  const number = typeof value === 'string' ? parseNumber(value, option, null) : value;
  if (typeof number === 'number' && Number.isInteger(number) && number >= 0 && number < 2 ** 32) return number;
  throw new CramfsError('USAGE', { found: `${option} must be "zero", "pattern" or an unsigned 32-bit number` });
}

/**
 * Physical address bits of a CPU.
 *
 * @throws CramfsError USAGE
 */
export function parsePhysBits(value: unknown, option: string): number {
  const number = typeof value === 'string' ? parseNumber(value, option, null) : value;
  if (typeof number === 'number' && Number.isInteger(number) && number >= 16 && number <= MAX_PHYS_BITS) return number;
  throw new CramfsError('USAGE', { found: `${option} must be a number from 16 to ${String(MAX_PHYS_BITS)}` });
}

/**
 * A range of RAM: "BASE,SIZE".
 *
 * @throws CramfsError USAGE
 */
export function parseRam(text: string, pageSize: number | null): AddressRange {
  const [base, size, ...rest] = text.split(',');
  if (base === undefined || size === undefined || rest.length > 0) {
    throw new CramfsError('USAGE', { found: `--ram: "${text}" is not BASE,SIZE (as in 0x80000000,512M)` });
  }
  return { base: parseNumber(base, '--ram', pageSize), size: parseNumber(size, '--ram', pageSize) };
}
