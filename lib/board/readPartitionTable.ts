/** Reading a partition table of any form. */
import { treePartitions } from './deviceTree.ts';
import { isDts, readDts } from './dts.ts';
import type { IncludeReader } from './dtsTokens.ts';
import { isEspIdfTable, readEspIdfTable } from './espIdf.ts';
import { readEspIdfCsv } from './espIdfCsv.ts';
import { isFdt, readFdt } from './fdt.ts';
import { isMtdparts, readMtdparts } from './mtdparts.ts';
import { badTable, type PartitionTable, requireDistinct } from './partitionTable.ts';

/** Bytes of a table, at most: a device tree may be large. */
export const MAX_TABLE_BYTES = 16 << 20;

/**
 * Reads a partition table: an ESP-IDF table (binary or CSV), a device tree (source or flattened), or mtdparts= as on a
 * kernel's command line.
 *
 * @param name of its file, for errors
 * @param include reads what a device tree source includes
 * @throws CramfsError BAD_TABLE with the offset, or line and column, of what is wrong
 */
export function readPartitionTable(
  bytes: Uint8Array,
  name: string,
  include: IncludeReader = () => null,
): PartitionTable {
  if (bytes.length > MAX_TABLE_BYTES) throw badTable(name, `it has more than ${MAX_TABLE_BYTES} bytes`);
  const table = read(bytes, name, include);
  // The kernel takes partitions that overlap; ESP-IDF's tools do not.
  requireDistinct(table, { overlap: table.format !== 'esp-idf' && table.format !== 'esp-idf-csv' });
  return table;
}

function read(bytes: Uint8Array, name: string, include: IncludeReader): PartitionTable {
  if (isEspIdfTable(bytes)) return readEspIdfTable(bytes, name);
  if (isFdt(bytes)) return { format: 'dtb', name, partitions: treePartitions(readFdt(bytes, name), name) };
  if (bytes.subarray(0, 4096).includes(0)) {
    throw badTable(name, 'it is neither an ESP-IDF table (aa 50) nor a flattened device tree (d0 0d fe ed)', 0);
  }
  const text = new TextDecoder('utf-8').decode(bytes);
  if (isMtdparts(text)) return readMtdparts(text, name);
  if (isDts(text)) return { format: 'dts', name, partitions: treePartitions(readDts(text, name, include), name) };
  if (!text.includes(',')) throw badTable(name, 'it is not an ESP-IDF table, a device tree or an mtdparts string');
  return readEspIdfCsv(text, name);
}
