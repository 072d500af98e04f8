/** Differences between a kernel and the emulation, as text and as JSON. */
import { hex, SCHEMA_VERSION, NO_COLOURS, type Style, plural } from '../../lib/report.ts';
import { printableName } from '../../lib/format.ts';
import type { FieldValue, LabCounts, LabDifference } from './compare.ts';
import type { LabRequest } from './record.ts';

/** A request in one line. */
export function requestText(request: LabRequest): string {
  switch (request.type) {
    case 'vector': {
      const { path, length, offset, prot, flags } = request;
      const range = `${plural(length, 'byte')} from offset ${hex(offset)}`;
      return `map ${printableName(path)}, ${range}, prot ${prot}, ${flags.replaceAll(',', ' ')}`;
    }
    case 'read':
      return `read ${printableName(request.path)}`;
    case 'exec':
      return `run ${request.argv.map(printableName).join(' ')}`;
  }
}

/**
 * The fields that differ, under the request of their record.
 *
 * @param sides what answered: `kernel` and `ours` of a difference
 */
export function labDifferencesText(
  differences: readonly LabDifference[],
  style: Style = NO_COLOURS,
  sides: readonly [kernel: string, ours: string] = ['kernel', 'emulation'],
): string {
  const width = Math.max(...sides.map((side) => side.length)) + 1;
  const label = (side: string): string => `    ${`${side}:`.padEnd(width)} `;
  const lines: string[] = [];
  let record = -1;
  for (const difference of differences) {
    if (difference.record !== record) {
      ({ record } = difference);
      const what = difference.request === null ? 'mount' : requestText(difference.request);
      lines.push(style.strong(record === 0 ? what : `record ${String(record)}: ${what}`));
    }
    lines.push(
      `  ${style.bad(difference.field)}`,
      `${label(sides[0])}${valueText(difference.kernel)}`,
      `${label(sides[1])}${valueText(difference.ours)}`,
    );
  }
  return lines.map((line) => `${line}\n`).join('');
}

function valueText(value: FieldValue): string {
  return value === undefined ? 'nothing' : printableName(JSON.stringify(value));
}

/** "766 mmap vectors, 61 reads, 0 programs: 2 differences in 1 record". */
export function totalsText(counts: LabCounts, differences: readonly LabDifference[]): string {
  const asked = [
    plural(counts.vectors, 'mmap vector'),
    plural(counts.reads, 'read'),
    plural(counts.programs, 'program'),
  ].join(', ');
  const records = new Set(differences.map(({ record }) => record)).size;
  const found = differences.length === 0 ? 'no difference' : plural(differences.length, 'difference');
  return `${asked}: ${found}${records === 0 ? '' : ` in ${plural(records, 'record')}`}`;
}

/** A comparison as JSON, schema version 1. */
export function comparisonJson(
  compared: { readonly release: string; readonly model: string; readonly counts: LabCounts },
  differences: readonly LabDifference[],
) {
  const { release, model, counts } = compared;
  return { schemaVersion: SCHEMA_VERSION, release, model, counts, differences };
}
