/**
 * Numbers as users write them: decimal, 0x…, with the suffixes K, KiB, M, MiB, G, GiB, and `4p` for pages.
 */
import { CramfsError } from '../errors.ts';

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  k: 2 ** 10,
  kib: 2 ** 10,
  m: 2 ** 20,
  mib: 2 ** 20,
  g: 2 ** 30,
  gib: 2 ** 30,
};

/**
 * Parses a number of bytes or an address.
 *
 * @param option names the option in the error
 * @param pageSize bytes of a page, or null where pages make no sense
 * @throws CramfsError USAGE
 */
export function parseNumber(text: string, option: string, pageSize: number | null): number {
  const match = /^(0x[0-9a-f]+|[0-9]+)([a-z]*)$/i.exec(text.trim());
  const suffix = match?.[2]?.toLowerCase() ?? '';
  const unit = suffix === 'p' ? pageSize : UNITS[suffix];
  if (match?.[1] === undefined || unit === undefined || unit === null) {
    const pages = pageSize === null ? '' : ', 4p for pages';
    throw new CramfsError('USAGE', {
      found: `${option}: "${text}" is no number (write 4096, 0x1000, 4K or 4KiB, 1M or 1MiB${pages})`,
    });
  }
  const value = Number(match[1]) * unit;
  if (!Number.isFinite(value) || value > Number.MAX_SAFE_INTEGER) {
    throw new CramfsError('USAGE', { found: `${option}: "${text}" is too large` });
  }
  return value;
}
