/**
 * Partition tables of flash devices: where an image lies, and how large it may be.
 */
import { CramfsError, type TextProblem } from '../base/errors.ts';

/** The forms of tables that are read. */
export type TableFormat = 'esp-idf' | 'esp-idf-csv' | 'dtb' | 'dts' | 'mtdparts';

/** A partition of a flash device. */
export interface Partition {
  /** Its label. */
  readonly name: string;
  /** The flash device that it is on: the mtd-id of mtdparts, the path of a device tree node; null if the table is about one. */
  readonly device: string | null;
  /** First byte in the flash device. */
  readonly offset: number;
  /** Bytes; null for "all that is left", where the table does not have the size of the device. */
  readonly size: number | null;
  /** Physical address of the flash device; null if the table does not have it. */
  readonly flashBase: number | null;
  /** Why there is no address: the end of a sentence; null where there is one. */
  readonly noBase: string | null;
}

/** A table that was read. */
export interface PartitionTable {
  readonly format: TableFormat;
  /** Name of its file, for errors. */
  readonly name: string;
  /** In the order of the table, with distinct places. */
  readonly partitions: readonly Partition[];
}

/** A place for an image. */
export interface PartitionPlace {
  /** Physical address; null if neither the table nor the caller has the base of the flash. */
  readonly physBase: number | null;
  /** Bytes; null if the table does not have them. */
  readonly size: number | null;
}

/** Partitions of a table, at most. */
export const MAX_PARTITIONS = 1024;
/** Names that an error lists. */
const LISTED = 12;

/** The error of a table that cannot be used. `offset` is for binary tables. */
export function badTable(what: string, found: string, offset?: number): CramfsError {
  return new CramfsError('BAD_TABLE', { what, found, offset });
}

/** The error of a text table that cannot be used. Lines and columns count from 1. */
export function badTableAt(what: string, problem: TextProblem): CramfsError {
  return new CramfsError('BAD_TABLE', { what, problems: [problem] });
}

/**
 * The partition of a name; `device:name` where several devices have one of that name.
 *
 * @throws CramfsError BAD_TABLE if there is none, or more than one
 */
export function findPartition({ partitions, name: file }: PartitionTable, wanted: string): Partition {
  const found = partitions.filter(({ name, device }) => name === wanted || `${device ?? ''}:${name}` === wanted);
  const [partition, second] = found;
  if (partition === undefined) {
    throw badTable(file, `it has no partition "${wanted}"; its partitions are ${listed(partitions)}`);
  }
  if (second !== undefined) {
    const choices = found.map(({ device, name }) => `"${device ?? ''}:${name}"`);
    throw badTable(file, `several devices have a partition "${wanted}": use ${choices.slice(0, LISTED).join(' or ')}`);
  }
  return partition;
}

/** "nvs", "rootfs". */
export function listed(partitions: readonly Partition[]): string {
  const names = partitions.slice(0, LISTED).map(({ name }) => `"${name}"`);
  return `${names.join(', ')}${partitions.length > LISTED ? ', …' : ''}`;
}

/**
 * Where a partition is in physical memory.
 *
 * @param flashBase physical address of the flash device, in place of the table's; undefined for the table's
 * @throws CramfsError BAD_TABLE if the address is larger than 2^53
 */
export function placeOf(
  { offset, size, flashBase: tableBase }: Partition,
  table: PartitionTable,
  flashBase?: number,
): PartitionPlace {
  const base = flashBase ?? tableBase;
  if (base === null) return { physBase: null, size };
  const physBase = base + offset;
  if (!Number.isSafeInteger(physBase + (size ?? 0)))
    throw badTable(table.name, 'the address of the partition is too large');
  return { physBase, size };
}

/**
 * Refuses what no table may hold: two partitions of one name on one device, and partitions that overlap.
 *
 * @throws CramfsError BAD_TABLE
 */
export function requireDistinct(table: PartitionTable, { overlap = false }: { readonly overlap?: boolean } = {}): void {
  const names = new Set<string>();
  const { partitions, name: file } = table;
  if (partitions.length === 0) throw badTable(file, 'it has no partitions');
  for (const { device, name } of partitions) {
    const key = JSON.stringify([device, name]);
    if (names.has(key)) throw badTable(file, `two partitions have the name "${name}"`);
    names.add(key);
  }
  if (overlap) return;
  const sorted = [...partitions].sort(
    (a, b) => compareText(a.device ?? '', b.device ?? '') || a.offset - b.offset || (a.size ?? 0) - (b.size ?? 0),
  );
  for (const [index, partition] of sorted.entries()) {
    const next = sorted[index + 1];
    if (next?.device !== partition.device) continue;
    if (partition.offset + (partition.size ?? Infinity) > next.offset) {
      throw badTable(file, `the partitions "${partition.name}" and "${next.name}" overlap`);
    }
  }
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
