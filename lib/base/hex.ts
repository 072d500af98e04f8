/**
 * Numbers in hexadecimal.
 */

/** With "0x" in front, as the kernel's %#lx. */
export const hex = (value: number): string => `0x${value.toString(16)}`;

/** The same, or null where there is no number. */
export const hexOrNull = (value: number | null): string | null => (value === null ? null : hex(value));

/** At least `digits` digits and nothing in front, as the kernel's %08lx. */
export const hexDigits = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');

/** The bytes of a string of bytes, two digits each. */
export const hexBytes = (bytes: Uint8Array, between = ''): string =>
  Array.from(bytes, (byte) => hexDigits(byte, 2)).join(between);
