/**
 * Numbers on the command line: see quantity.ts; and `4p` for pages.
 */
import { CramfsError } from '../base/errors.ts';
import { parseQuantity } from '../base/quantity.ts';
import { PAGE_SIZES } from '../image/image.ts';

/**
 * Parses a number of bytes or an address.
 *
 * @param option names the option in the error
 * @param pageSize bytes of a page, or null where pages make no sense
 * @throws CramfsError USAGE
 */
export function parseNumber(text: string, option: string, pageSize: number | null): number {
  const value = parseQuantity(text, pageSize);
  if (value === null) {
    const pages = pageSize === null ? '' : ', 4p for pages';
    throw new CramfsError('USAGE', {
      found: `${option}: "${text}" is not a number (write 4096, 0x1000, 4K or 4KiB, 1M or 1MiB${pages})`,
    });
  }
  if (!Number.isSafeInteger(value)) {
    throw new CramfsError('USAGE', { found: `${option}: "${text}" is too large` });
  }
  return value;
}

/**
 * `--page-size`; undefined for "find out".
 *
 * @throws CramfsError USAGE
 */
export function parsePageSize(text: string | undefined): number | undefined {
  if (text === undefined || text === 'auto') return undefined;
  const pageSize = parseNumber(text, '--page-size', null);
  if (PAGE_SIZES.includes(pageSize)) return pageSize;
  throw new CramfsError('USAGE', { found: `--page-size: ${text} is not 4K, 8K, 16K or 64K` });
}
