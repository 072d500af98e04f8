/** Numbers and counts in words. */

/** "1 page", "2 pages"; `many` where an "s" does not do. */
export function plural(n: number, noun: string, many = `${noun}s`): string {
  return `${String(n)} ${n === 1 ? noun : many}`;
}

/** A run of pages: "page 3", "pages 0-149". */
export function pageRange(first: number, count: number): string {
  return count === 1 ? `page ${String(first)}` : `pages ${String(first)}-${String(first + count - 1)}`;
}

/** Bytes with a binary unit: exact where it is one. */
export function size(bytes: number): string {
  for (const [unit, name] of [
    [2 ** 30, 'GiB'],
    [2 ** 20, 'MiB'],
    [2 ** 10, 'KiB'],
  ] as const) {
    if (bytes >= unit) return `${String(Math.round((bytes / unit) * 100) / 100)} ${name}`;
  }
  return plural(bytes, 'byte');
}

/** A part of a whole: "12.5 %"; empty where there is no whole. */
export function percent(part: number, whole: number): string {
  return whole === 0 ? '' : `${((part / whole) * 100).toFixed(1)} %`;
}
/** Bytes as KiB: "12", "3.4". */
export const kib = (bytes: number): string => String(Math.round(bytes / 102.4) / 10);

/** What makes room for a direct last block; "cramfs mkfs" stores none that Linux would read as zeros. */
export const LENGTHEN = 'make the file one byte longer (Linux reads a direct last block of a whole page as zeros)';
