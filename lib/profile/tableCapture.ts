/**
 * Profiles as tables: AXFS's CSV, and our own CSV and JSON.
 */
import { CramfsError } from '../base/errors.ts';
import { decodeName } from '../format/names.ts';
import { type CaptureCounts, captureLines } from './capture.ts';
import type { FileIndex } from './fileIndex.ts';
import { type PageUse, UseProfile } from './useProfile.ts';

/** Columns of our own CSV; the last two may be missing. */
export const CSV_HEADER = 'path,first page,pages,uses,first use';

/** Columns after the path, and what each of them looks like. */
const NUMBER = /^ *[0-9]{1,15}(?:[.][0-9]{1,9})? *$/;

/** A row: a path, and the numbers after it; null for a line that is not one. */
function splitRow(text: string, most: number): { readonly path: string; readonly numbers: readonly number[] } | null {
  const isQuoted = text.startsWith('"');
  const close = isQuoted ? text.lastIndexOf('"') : -1;
  if (isQuoted && close === 0) return null;
  const cells = text.slice(close + 1).split(',');
  const numbers: (string | undefined)[] = [];
  // The last column of ours may be empty.
  if (cells.length > most && cells.at(-1)?.trim() === '') numbers.push(cells.pop());
  while (numbers.length < most && cells.length > 1 && NUMBER.test(cells.at(-1) ?? '')) numbers.unshift(cells.pop());
  const rest = cells.join(',');
  if (isQuoted && rest.trim() !== '') return null;
  const path = isQuoted ? text.slice(1, close).replaceAll('""', '"') : rest.trim();
  const values = numbers.map((cell) => (cell === undefined || cell.trim() === '' ? NaN : Number(cell)));
  return path === '' || values.length < 2 ? null : { path, numbers: values };
}

/** AXFS: `./path,byte offset,count`. */
const isAxfsPath = (path: string): boolean => path.startsWith('./');

/** Whether a line is one of AXFS's: its paths begin with "./". */
export const isAxfsLine = (text: string): boolean => isAxfsPath(splitRow(text.trim(), 2)?.path ?? '');
/** Whether a line may be one of our own CSV. */
export const isCsvLine = (text: string): boolean => /^path *,/.test(text) || splitRow(text.trim(), 4) !== null;

/** Finds the file of a row, and counts pages that are not there. */
class Rows {
  readonly profile = new UseProfile();
  readonly #files: FileIndex;
  readonly #counts: CaptureCounts;

  constructor(files: FileIndex, counts: CaptureCounts) {
    this.#files = files;
    this.#counts = counts;
  }

  add(path: string, first: number, pages: number, use: PageUse): void {
    const file = this.#files.byPath(path);
    if (file === null) {
      this.#counts.unknownFile(path);
      return;
    }
    const end = Math.min(first + pages, file.pages);
    if (first + pages > file.pages) this.#counts.dropped.pastEnd += first + pages - Math.max(first, file.pages);
    if (end > first) this.#counts.spend(end - first);
    for (let page = first; page < end; page++) this.profile.add(file.path, page, use);
  }
}

/**
 * AXFS's profile: one line a page, how often it was faulted in. Lines are in no order, so that there are no first uses.
 */
export function readAxfs(bytes: Uint8Array, files: FileIndex, counts: CaptureCounts): UseProfile {
  const rows = new Rows(files, counts);
  for (const line of captureLines(bytes)) {
    counts.lines = line.number;
    const text = line.text.trim();
    if (text === '' || text.startsWith('#')) continue;
    const row = line.isTooLong ? null : splitRow(text, 2);
    if (row === null || !isAxfsPath(row.path)) {
      counts.unknown(line);
      continue;
    }
    const [offset = 0, uses = 0] = row.numbers;
    if (uses > 0) rows.add(row.path.slice(1), Math.floor(offset / files.pageSize), 1, { uses, first: null });
  }
  return rows.profile;
}

/**
 * Our own CSV; `cramfs profile -o` writes it, and it may be written by hand.
 *
 * @param name of the file, for errors
 * @throws CramfsError USAGE for a line that is not a row: what is written by hand must be right
 */
export function readCsv(bytes: Uint8Array, files: FileIndex, counts: CaptureCounts, name: string): UseProfile {
  const rows = new Rows(files, counts);
  for (const line of captureLines(bytes)) {
    counts.lines = line.number;
    const text = line.text.trim();
    if (text === '' || text.startsWith('#')) continue;
    const row = line.isTooLong ? null : splitRow(text, 4);
    if (row === null) {
      if (line.number === 1) continue;
      throw new CramfsError('USAGE', {
        found: `${name}, line ${line.number}: ${JSON.stringify(text.slice(0, 80))} is not "${CSV_HEADER}"`,
      });
    }
    const [first = NaN, pages = NaN, uses = 1, firstUse = NaN] = row.numbers;
    const use = { uses, first: Number.isNaN(firstUse) ? null : firstUse };
    addOwn(rows, row.path, first, pages, use, `${name}, line ${line.number}`);
  }
  return rows.profile;
}

/**
 * Our own JSON: what `cramfs profile --json` prints, or its `files` alone. Each run of pages is [first page, pages, uses,
 * first use]; the last two may be missing.
 *
 * @param name of the file, for errors
 * @throws CramfsError USAGE
 */
export function readJson(bytes: Uint8Array, files: FileIndex, counts: CaptureCounts, name: string): UseProfile {
  const rows = new Rows(files, counts);
  const fail = (found: string): never => {
    throw new CramfsError('USAGE', { found: `${name}: ${found}` });
  };
  let value: unknown;
  try {
    value = JSON.parse(decodeName(bytes));
  } catch (error) {
    fail(error instanceof Error ? error.message : 'it is not JSON');
  }
  counts.lines = 1;
  const entries: unknown = Array.isArray(value) ? value : (value as { files?: unknown } | null)?.files;
  if (!Array.isArray(entries)) return fail('it has no list of files with "path" and "pages"');
  for (const [index, entry] of (entries as unknown[]).entries()) {
    const { path, pages } = (entry ?? {}) as { path?: unknown; pages?: unknown };
    if (typeof path !== 'string' || !Array.isArray(pages)) return fail(`entry ${index} has no "path" and "pages"`);
    for (const run of pages as unknown[]) {
      const [first, count, uses = 1, firstUse = null] = Array.isArray(run) ? (run as unknown[]) : [];
      const isOrder = firstUse === null || typeof firstUse === 'number';
      if (typeof first !== 'number' || typeof count !== 'number' || typeof uses !== 'number' || !isOrder) {
        return fail(`entry ${index}: pages are written [first, count] or [first, count, uses, first use]`);
      }
      addOwn(rows, path, first, count, { uses, first: firstUse }, `${name}, entry ${index}`);
    }
  }
  return rows.profile;
}

/** Pages of a file of 16 MiB in pages of 4 KiB. */
const MAX_PAGES = 4096;

function addOwn(rows: Rows, path: string, first: number, pages: number, use: PageUse, where: string): void {
  const isRange = Number.isInteger(first) && Number.isInteger(pages) && first >= 0 && pages >= 1;
  if (!isRange || first + pages > MAX_PAGES) {
    throw new CramfsError('USAGE', { found: `${where}: "${path}" cannot have ${pages} pages from ${first} on` });
  }
  if (!(use.uses > 0 && Number.isFinite(use.uses))) {
    throw new CramfsError('USAGE', { found: `${where}: "${path}" cannot be used ${use.uses} times` });
  }
  rows.add(path.startsWith('/') ? path : `/${path}`, first, pages, use);
}
