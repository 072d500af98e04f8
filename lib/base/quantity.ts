/**
 * Numbers as users write them, on the command line and in policies: decimal or 0x…, with the suffixes K, KiB, M, MiB, G, GiB.
 */

/** The form of a quantity without pages, as JSON Schema takes it. */
export const QUANTITY_PATTERN = '^\\s*(0[xX][0-9a-fA-F]+|[0-9]+)([kKmMgG]([iI][bB])?)?\\s*$';

const UNITS: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['k', 2 ** 10],
  ['kib', 2 ** 10],
  ['m', 2 ** 20],
  ['mib', 2 ** 20],
  ['g', 2 ** 30],
  ['gib', 2 ** 30],
]);

/**
 * What a text says in bytes; null where it is no number. It may say more than a safe integer holds.
 *
 * @param pageSize bytes of a page, which the suffix "p" stands for; null where pages make no sense
 */
export function parseQuantity(text: string, pageSize: number | null): number | null {
  const match = /^(0x[0-9a-f]+|[0-9]+)([a-z]*)$/i.exec(text.trim());
  const suffix = match?.[2]?.toLowerCase() ?? '';
  const unit = suffix === 'p' ? pageSize : UNITS.get(suffix);
  return match?.[1] === undefined || unit === undefined || unit === null ? null : Number(match[1]) * unit;
}
