/** Text tables, histograms and percentages. */

/** Rows of cells in columns: the first column to the left, the others to the right, two blanks between. */
export function table(rows: readonly (readonly string[])[], indent = '  '): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    });
  }
  return rows.map((row) =>
    (
      indent +
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  ')
    ).trimEnd(),
  );
}

/** A bar of at most `width` characters for a part of `most`; anything above zero shows. */
export function bar(part: number, most: number, width: number): string {
  if (part === 0 || most === 0) return '';
  return '#'.repeat(Math.max(1, Math.round((part / most) * width)));
}

/** Rows of cells in left-aligned columns, two blanks between; the first row is the header. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
