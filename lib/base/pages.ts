/**
 * Rounding to pages and other units. Sizes may exceed 32 bits, so that there are no masks here.
 */

/** The next multiple of `unit` at or after `value`: PAGE_ALIGN() for the size of a page. */
export const roundUp = (value: number, unit: number): number => Math.ceil(value / unit) * unit;

/** The last multiple of `unit` at or before `value`: PAGE_MASK for the size of a page. */
export const roundDown = (value: number, unit: number): number => Math.floor(value / unit) * unit;
