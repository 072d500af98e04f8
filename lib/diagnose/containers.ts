/**
 * Containers in which the bytes of an image are all there, in pieces: UBI volumes and Android sparse images. They are read
 * where they are, piece by piece.
 */
import { crc32 } from '../format/crc32.ts';
import { decodeName, encodeName } from '../format/names.ts';
import type { ByteSource } from '../source/byteSource.ts';
import type { Member } from './undone.ts';

/** A member that is read where it is. */
export interface View {
  readonly state: 'view';
  readonly member: Member;
  readonly source: ByteSource;
}

/** Pieces of a view: each `bytes` long, and where it is in the file; null for a piece that is not there. */
interface Pieces {
  readonly bytes: number;
  readonly count: number;
  readonly at: (index: number) => { readonly offset: number } | { readonly filler: Uint8Array };
}

function viewOf(file: ByteSource, { bytes, count, at }: Pieces): ByteSource {
  const size = bytes * count;
  return {
    size,
    read(offset, length) {
      const end = Math.min(size, offset + Math.max(0, length));
      const result = new Uint8Array(Math.max(0, end - offset));
      for (let from = offset; from < end;) {
        const index = Math.floor(from / bytes);
        const within = from - index * bytes;
        const wanted = Math.min(bytes - within, end - from);
        const piece = at(index);
        if ('offset' in piece) {
          const read = file.read(piece.offset + within, wanted);
          result.set(read, from - offset);
          if (read.length < wanted) return result.subarray(0, from - offset + read.length);
        } else {
          const { filler } = piece;
          if (filler.length === 1) result.fill(filler[0] ?? 0, from - offset, from - offset + wanted);
          else for (let i = 0; i < wanted; i++) result[from - offset + i] = filler[(within + i) % filler.length] ?? 0;
        }
        from += wanted;
      }
      return result;
    },
    close: () => undefined,
  };
}

const viewOfBytes = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const startsWith = (bytes: Uint8Array, text: string): boolean => encodeName(text).every((byte, i) => bytes[i] === byte);

/** Bytes of UBI's two headers, which end in a CRC-32 without its last inversion. */
const UBI_HEADER = 64;
/** Volumes from here on are UBI's own; the first holds the table of volumes. */
const UBI_INTERNAL = 0x7fffefff;
const UBI_RECORD = 172;
/** Erase blocks of flash. */
const LEAST_ERASE_BLOCK = 1 << 12;
const MOST_ERASE_BLOCK = 1 << 23;
/** Erase blocks looked at. */
const MOST_BLOCKS = 1 << 16;

function ubiHeader(file: ByteSource, offset: number, magic: string): DataView | null {
  const bytes = file.read(offset, UBI_HEADER).slice();
  if (bytes.length < UBI_HEADER || !startsWith(bytes, magic)) return null;
  const view = viewOfBytes(bytes);
  return view.getUint32(60) === ~crc32(bytes.subarray(0, 60)) >>> 0 ? view : null;
}

/**
 * The volumes of a UBI image that begins at byte 0; none where it is not one.
 *
 * @throws CramfsError IO
 */
export function* ubiVolumes(file: ByteSource): Generator<View, void> {
  const first = ubiHeader(file, 0, 'UBI#');
  if (first === null) return;
  const idAt = first.getUint32(16);
  const dataAt = first.getUint32(20);
  const eraseBlock = eraseBlockOf(file);
  if (eraseBlock === null || idAt >= eraseBlock || dataAt >= eraseBlock) return;
  /** For each volume the block of each of its parts, the newest one. */
  const volumes = new Map<number, Map<number, { readonly offset: number; readonly age: bigint }>>();
  for (let block = 0; block < MOST_BLOCKS && block * eraseBlock < file.size; block++) {
    const start = block * eraseBlock;
    const id = ubiHeader(file, start + idAt, 'UBI!');
    if (id === null || ubiHeader(file, start, 'UBI#') === null) continue;
    const volume = id.getUint32(8);
    const part = id.getUint32(12);
    const age = id.getBigUint64(40);
    const parts = volumes.get(volume) ?? new Map<number, { readonly offset: number; readonly age: bigint }>();
    volumes.set(volume, parts);
    const known = parts.get(part);
    if (part < MOST_BLOCKS && (known === undefined || age > known.age))
      parts.set(part, { offset: start + dataAt, age });
  }
  const table = volumes.get(UBI_INTERNAL)?.get(0);
  for (const [volume, parts] of volumes) {
    if (volume >= UBI_INTERNAL) continue;
    const bytes = eraseBlock - dataAt;
    let count = 0;
    let offset = file.size;
    for (const [part, place] of parts) {
      count = Math.max(count, part + 1);
      offset = Math.min(offset, place.offset - dataAt);
    }
    const name = table === undefined ? null : ubiName(file.read(table.offset + volume * UBI_RECORD, UBI_RECORD));
    // No volume has more parts than its flash.
    count = Math.min(count, 2 * Math.ceil(file.size / eraseBlock));
    const source = viewOf(file, { bytes, count, at: (part) => parts.get(part) ?? { filler: ERASED } });
    yield { state: 'view', member: { format: 'ubi', offset, name, size: source.size }, source };
  }
}

const ERASED = Uint8Array.of(0xff);

/** The distance of the first two erase counters. */
function eraseBlockOf(file: ByteSource): number | null {
  for (let size = LEAST_ERASE_BLOCK; size <= MOST_ERASE_BLOCK; size *= 2) {
    if (ubiHeader(file, size, 'UBI#') !== null) return size;
  }
  return null;
}

function ubiName(record: Uint8Array): string | null {
  const length = record.length < UBI_RECORD ? 0 : ((record[14] ?? 0) << 8) | (record[15] ?? 0);
  return length === 0 || length > 127 ? null : decodeName(record.subarray(16, 16 + length));
}

const SPARSE_MAGIC = 0xed26ff3a;
const RAW = 0xcac1;
const FILL = 0xcac2;
const SKIPPED = 0xcac3;
/** Chunks of an Android sparse image looked at. */
const MOST_CHUNKS = 1 << 18;

/**
 * What an Android sparse image that begins at byte 0 holds; null where it is not one or its chunks do not add up.
 *
 * @throws CramfsError IO
 */
export function sparseImage(file: ByteSource): View | null {
  const bytes = file.read(0, 28).slice();
  if (bytes.length < 28) return null;
  const header = viewOfBytes(bytes);
  const block = header.getUint32(12, true);
  const chunks = header.getUint32(20, true);
  if (header.getUint32(0, true) !== SPARSE_MAGIC || block < 4 || block % 4 !== 0 || chunks > MOST_CHUNKS) return null;
  const headerBytes = header.getUint16(10, true);
  /** Blocks from which on a chunk lies, and where. */
  const found: { readonly first: number; readonly offset: number | null; readonly filler: Uint8Array }[] = [];
  let at = header.getUint16(8, true);
  let blocks = 0;
  for (let index = 0; index < chunks; index++) {
    const chunk = file.read(at, 16).slice();
    if (chunk.length < 12) return null;
    const view = viewOfBytes(chunk);
    const type = view.getUint16(0, true);
    const count = view.getUint32(4, true);
    if (type === RAW || type === FILL || type === SKIPPED) {
      const filler = type === FILL ? chunk.slice(12, 16) : Uint8Array.of(0);
      found.push({ first: blocks, offset: type === RAW ? at + headerBytes : null, filler });
      blocks += count;
    }
    const total = view.getUint32(8, true);
    if (total < 12) return null;
    at += total;
  }
  if (blocks !== header.getUint32(16, true)) return null;
  const source = viewOf(file, {
    bytes: block,
    count: blocks,
    at: (index) => {
      const chunk = chunkOf(found, index);
      const { offset = null, first = 0, filler = Uint8Array.of(0) } = chunk ?? {};
      return offset === null ? { filler } : { offset: offset + (index - first) * block };
    },
  });
  return { state: 'view', member: { format: 'android-sparse', offset: 0, name: null, size: source.size }, source };
}

/** The last one that begins at or before a block. */
function chunkOf<T extends { readonly first: number }>(chunks: readonly T[], block: number): T | undefined {
  let low = 0;
  let high = chunks.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((chunks[middle]?.first ?? 0) <= block) low = middle;
    else high = middle;
  }
  return chunks[low];
}
