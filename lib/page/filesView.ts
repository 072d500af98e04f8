/** How the files of an image are shown: which of them, in which order, and what the treemap's areas are. */
import type { FileRow, Measure } from './fileRows.ts';

/** Columns of the table. */
export const COLUMN_KEYS = ['path', 'direct', 'flash', 'ram'] as const;
export type ColumnKey = (typeof COLUMN_KEYS)[number];
/** Kinds of files. */
export const KINDS = ['all', 'programs', 'data'] as const;
/** What areas can be. */
export const MEASURE_KEYS: readonly Measure[] = ['flash', 'ram', 'saved'];

/** How files are shown. */
export interface FilesView {
  readonly kind: (typeof KINDS)[number];
  /** What paths contain, whatever the case of letters. */
  readonly filter: string;
  readonly sort: ColumnKey;
  readonly descending: boolean;
  readonly area: Measure;
}

/** As the page begins. */
export const USUAL_VIEW: FilesView = { kind: 'all', filter: '', sort: 'flash', descending: true, area: 'flash' };

/** A view as texts; null where it is the usual. `sort` is a column, after "-" in descending order. */
export type ViewTexts = Readonly<Record<'kind' | 'filter' | 'sort' | 'area', string | null>>;

/** The texts of a view. */
export function viewTexts({ kind, filter, sort, descending, area }: FilesView): ViewTexts {
  const usual = USUAL_VIEW;
  const isUsualOrder = sort === usual.sort && descending === usual.descending;
  return {
    kind: kind === usual.kind ? null : kind,
    filter: filter === usual.filter ? null : filter,
    sort: isUsualOrder ? null : `${descending ? '-' : ''}${sort}`,
    area: area === usual.area ? null : area,
  };
}

/** The view of texts; what they do not say, or say in words that there are not, is as usual. */
export function viewOf({ kind, filter, sort, area }: { readonly [Key in keyof ViewTexts]?: string }): FilesView {
  const column = COLUMN_KEYS.find((key) => key === sort?.replace('-', ''));
  return {
    kind: KINDS.find((name) => name === kind) ?? USUAL_VIEW.kind,
    filter: filter ?? USUAL_VIEW.filter,
    sort: column ?? USUAL_VIEW.sort,
    descending: column === undefined ? USUAL_VIEW.descending : (sort?.startsWith('-') ?? false),
    area: MEASURE_KEYS.find((name) => name === area) ?? USUAL_VIEW.area,
  };
}

/** Rows in the order of a view. */
export function sortedRows(rows: readonly FileRow[], { sort, descending }: FilesView): FileRow[] {
  const sign = descending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [x, y] = [a[sort], b[sort]];
    return x < y ? -sign : x > y ? sign : a.index - b.index;
  });
}

/** The rows that a view shows, in the order that they have. */
export function filteredRows(rows: readonly FileRow[], { kind, filter }: FilesView): FileRow[] {
  const wanted = filter.toLowerCase();
  return rows.filter(
    ({ path, program }) =>
      (kind === 'all' || (kind === 'programs') === program) && (wanted === '' || path.toLowerCase().includes(wanted)),
  );
}
