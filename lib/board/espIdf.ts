/**
 * ESP-IDF partition tables as they are in flash: entries of 32 bytes, an MD5 of them, and 0xFF to the end
 * (components/esp_partition, gen_esp32part.py). All numbers are little-endian.
 */
import { sameBytes } from '../base/bytes.ts';
import { md5 } from './md5.ts';
import { badTable, type Partition, type PartitionTable } from './partitionTable.ts';

const ENTRY_SIZE = 32;
/** Bytes of a table, at most: ESP_PARTITION_TABLE_MAX_LEN. */
const MAX_LENGTH = 0xc00;
/** The first two bytes of an entry, as a little-endian number: ESP_PARTITION_MAGIC. */
const ENTRY_MAGIC = 0x50aa;
/** The same of the entry with the MD5: ESP_PARTITION_MAGIC_MD5. */
const MD5_MAGIC = 0xebeb;
/** Bytes of the label, NUL-padded. */
export const LABEL_BYTES = 16;

/** Why an ESP-IDF table has no address of its own. */
export const NO_FLASH_BASE = 'its offsets count from the start of the flash';

/** Whether bytes begin as such a table does. */
export function isEspIdfTable(bytes: Uint8Array): boolean {
  return bytes[0] === 0xaa && bytes[1] === 0x50;
}

/**
 * Reads a table.
 *
 * @param name of its file, for errors
 * @throws CramfsError BAD_TABLE with the offset of what is wrong
 */
export function readEspIdfTable(bytes: Uint8Array, name: string): PartitionTable {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const partitions: Partition[] = [];
  let checked: number | null = null;
  for (let at = 0; ; at += ENTRY_SIZE) {
    // A full table has no room for the end mark.
    if (at === MAX_LENGTH && checked !== null) break;
    if (at + ENTRY_SIZE > bytes.length || at >= MAX_LENGTH) {
      throw badTable(name, 'the end mark (32 bytes of 0xff) is missing', at);
    }
    const entry = bytes.subarray(at, at + ENTRY_SIZE);
    if (entry.every((byte) => byte === 0xff)) break;
    const magic = view.getUint16(at, true);
    if (checked !== null) throw badTable(name, 'there is an entry after the checksum', at);
    if (magic === MD5_MAGIC) {
      if (!sameBytes(entry.subarray(16), md5(bytes.subarray(0, at)))) {
        throw badTable(name, 'the MD5 checksum does not match the entries', at);
      }
      checked = at;
      continue;
    }
    if (magic !== ENTRY_MAGIC)
      throw badTable(name, `the entry does not begin with aa 50 but with ${hexBytes(entry)}`, at);
    partitions.push(readEntry(bytes, at, name));
  }
  return { format: 'esp-idf', name, partitions };
}

/** One entry, field by field. */
function readEntry(bytes: Uint8Array, at: number, name: string): Partition {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, ENTRY_SIZE);
  // 0 – magic (above)
  // 2 – type; 3 – subtype: what is in the partition, which does not matter here
  // 4 – offset in the flash
  const offset = view.getUint32(4, true);
  // 8 – size
  const size = view.getUint32(8, true);
  // 12 – label
  const label = bytes.subarray(at + 12, at + 12 + LABEL_BYTES);
  const end = label.indexOf(0);
  const text = new TextDecoder('latin1').decode(end < 0 ? label : label.subarray(0, end));
  // 28 – flags: encrypted, read-only
  if (text === '') throw badTable(name, 'the entry has no label', at + 12);
  if (size === 0) throw badTable(name, `the partition "${text}" has size 0`, at + 8);
  if (offset + size > 2 ** 32) throw badTable(name, `the partition "${text}" extends past 4 GiB`, at + 4);
  return { name: text, device: null, offset, size, flashBase: null, noBase: NO_FLASH_BASE };
}

function hexBytes(entry: Uint8Array): string {
  return [...entry.subarray(0, 2)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
