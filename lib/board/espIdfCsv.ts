/**
 * ESP-IDF partition tables as they are written: lines "name, type, subtype, offset, size, flags" (gen_esp32part.py).
 */
import { LABEL_BYTES, NO_FLASH_BASE } from './espIdf.ts';
import { badTableAt, MAX_PARTITIONS, type Partition, type PartitionTable } from './partitionTable.ts';
import { roundUp } from '../base/pages.ts';

/** Where partitions without an offset begin: after the table, CONFIG_PARTITION_TABLE_OFFSET + 0x1000. */
const FIRST_OFFSET = 0x9000;
const TYPES: ReadonlyMap<string, number> = new Map([
  ['app', 0],
  ['data', 1],
  ['bootloader', 2],
  ['partition_table', 3],
]);
/** Offsets of app partitions are multiples of 64 KiB, the size of a page of the flash MMU; others of a sector. */
const APP_ALIGNMENT = 0x10000;
const ALIGNMENT = 0x1000;

/**
 * Reads a table.
 *
 * @param name of its file, for errors
 * @throws CramfsError BAD_TABLE with line and column
 */
export function readEspIdfCsv(text: string, name: string): PartitionTable {
  const partitions: Partition[] = [];
  let end = FIRST_OFFSET;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const content = line.trim();
    if (content === '' || content.startsWith('#')) continue;
    const fields = columnsOf(line);
    const at = (column: number, message: string) =>
      badTableAt(name, { line: index + 1, column: fields[column]?.column ?? 1, message });
    const field = (column: number): string => fields[column]?.text ?? '';
    if (fields.length < 5)
      throw at(0, `expected name, type, subtype, offset, size; the line has ${String(fields.length)} fields`);
    const label = field(0);
    if (label === '') throw at(0, 'the name is missing');
    if (new TextEncoder().encode(label).length > LABEL_BYTES) {
      throw at(0, `the name "${label}" is longer than ${String(LABEL_BYTES)} bytes`);
    }
    const type = TYPES.get(field(1).toLowerCase()) ?? numberOf(field(1));
    if (type === null || type < 0 || type > 0xfe) throw at(1, `"${field(1)}" is not a type: app, data or 0 to 0xfe`);
    const alignment = type === 0 ? APP_ALIGNMENT : ALIGNMENT;
    const given = field(3) === '' ? null : numberOf(field(3));
    if (field(3) !== '' && (given === null || given < 0)) throw at(3, `"${field(3)}" is not an offset`);
    const offset = given ?? roundUp(end, alignment);
    if (offset % alignment !== 0)
      throw at(3, `the offset ${field(3)} is not a multiple of 0x${alignment.toString(16)}`);
    const stated = numberOf(field(4));
    if (stated === null || stated === 0) throw at(4, `"${field(4)}" is not a size`);
    // A negative size is the end of the partition.
    const size = stated < 0 ? -stated - offset : stated;
    if (size <= 0 || offset + size > 2 ** 32) throw at(4, `the size ${field(4)} does not fit offset ${String(offset)}`);
    if (partitions.length >= MAX_PARTITIONS) throw at(0, `more than ${String(MAX_PARTITIONS)} partitions`);
    end = offset + size;
    partitions.push({ name: label, device: null, offset, size, flashBase: null, noBase: NO_FLASH_BASE });
  }
  return { format: 'esp-idf-csv', name, partitions };
}

interface Column {
  readonly text: string;
  /** Counts from 1. */
  readonly column: number;
}

function columnsOf(line: string): Column[] {
  let start = 0;
  return line.split(',').map((part) => {
    const column = start + (part.length - part.trimStart().length) + 1;
    start += part.length + 1;
    return { text: part.trim(), column };
  });
}

/** "0x10000", "64K", "1M", "-0x400000"; null for what is not a number. */
function numberOf(text: string): number | null {
  const match = /^(-?)(0x[0-9a-f]+|[0-9]+)([km]?)$/i.exec(text);
  if (match === null) return null;
  const unit = { k: 2 ** 10, m: 2 ** 20 }[(match[3] ?? '').toLowerCase()] ?? 1;
  const value = Number(match[2]) * unit;
  return Number.isSafeInteger(value) ? (match[1] === '-' ? -value : value) : null;
}
