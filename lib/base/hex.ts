/**
 * Numbers in hexadecimal.
 */

/** With "0x" in front, as the kernel's %#lx. */
export const hex = (value: number): string => `0x${digits(value)}`;

/** Half of the bits of a safe integer; V8 writes numbers below 2^31 much faster than others. */
const HALF = 2 ** 28;

function digits(value: number): string {
  if (value < HALF || !Number.isSafeInteger(value)) return value.toString(16);
  return Math.floor(value / HALF).toString(16) + (value % HALF).toString(16).padStart(7, '0');
}

/** The same, or null where there is no number. */
export const hexOrNull = (value: number | null): string | null => (value === null ? null : hex(value));

/** At least `width` digits and nothing in front, as the kernel's %08lx. */
export const hexDigits = (value: number, width: number): string => digits(value).padStart(width, '0');

/** The bytes of a string of bytes, two digits each. */
export const hexBytes = (bytes: Uint8Array, between = ''): string =>
  Array.from(bytes, (byte) => hexDigits(byte, 2)).join(between);
