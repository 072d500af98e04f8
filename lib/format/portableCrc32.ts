/** CRC-32 without Node: for browsers, and for Node before 20.15. */

let tables: Uint32Array[] | undefined;

/** Eight tables, so that eight bytes are taken at a time ("slicing by 8"). */
function makeTables(): Uint32Array[] {
  const first = new Uint32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) !== 0 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    first[byte] = crc >>> 0;
  }
  const made = [first];
  for (let t = 1; t < 8; t++) {
    const previous = made[t - 1] ?? first;
    made.push(previous.map((crc) => (crc >>> 8) ^ (first[crc & 0xff] ?? 0)));
  }
  return made;
}

/** The CRC-32 of `bytes`, continued from `crc` (0 to begin). */
export function portableCrc32(bytes: Uint8Array, crc = 0): number {
  tables ??= makeTables();
  const [t0, t1, t2, t3, t4, t5, t6, t7] = tables as [
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
  ];
  let c = ~crc;
  let i = 0;
  const at = (index: number): number => bytes[index] ?? 0;
  const entry = (table: Uint32Array, index: number): number => table[index & 0xff] ?? 0;
  for (const end = bytes.length - 7; i < end; i += 8) {
    c ^= at(i) | (at(i + 1) << 8) | (at(i + 2) << 16) | (at(i + 3) << 24);
    c =
      entry(t7, c) ^
      entry(t6, c >>> 8) ^
      entry(t5, c >>> 16) ^
      entry(t4, c >>> 24) ^
      entry(t3, at(i + 4)) ^
      entry(t2, at(i + 5)) ^
      entry(t1, at(i + 6)) ^
      entry(t0, at(i + 7));
  }
  for (; i < bytes.length; i++) c = (c >>> 8) ^ entry(t0, c ^ at(i));
  return ~c >>> 0;
}
