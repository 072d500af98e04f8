/**
 * Members of gzip files and zip archives, unpacked within bounds: a dump may hold a bomb.
 */
import { Inflate } from 'pako';
import { crc32 } from '../format/crc32.ts';
import { decodeName } from '../format/names.ts';
import type { ByteSource } from '../source/byteSource.ts';
import type { Member } from './undone.ts';

/** Bytes that unpacking may still give, for all members together. */
export interface ExpansionBudget {
  bytes: number;
}

/** How a member ended. */
export type Unpacked =
  /** `end`: the offset of the byte after it; null for zip, where the directory at the end of the archive has it. */
  | { readonly state: 'whole'; readonly member: Member; readonly bytes: Uint8Array; readonly end: number | null }
  /** It unpacks to more than was allowed: `limit` bytes. */
  | { readonly state: 'too-large'; readonly member: Member; readonly limit: number };

/** Packed bytes read at a time. */
const CHUNK = 1 << 16;
const GZIP_HEADER = 10;
const ZIP_HEADER = 30;
const DEFLATE = 8;

/** Bytes of a gzip header looked at: names and comments have no bound of their own. */
const GZIP_HEADER_LIMIT = 4096;

/**
 * Unpacks the gzip member whose header is at `offset`; null if none is there or it is damaged.
 *
 * @throws CramfsError IO
 */
export function gunzipMember(source: ByteSource, offset: number, budget: ExpansionBudget): Unpacked | null {
  const header = gzipHeader(source.read(offset, GZIP_HEADER_LIMIT));
  if (header === null) return null;
  const member = { format: 'gzip', offset, name: header.name, size: 0 } as const;
  // The trailer has the CRC-32 and the length, wherever it is in what was read last.
  return unpack(source, offset + header.length, member, budget, (bytes, last) => {
    const trailer = new Uint8Array(8);
    const view = new DataView(trailer.buffer);
    view.setUint32(0, crc32(bytes), true);
    view.setUint32(4, bytes.length, true);
    const place = indexOfBytes(source.read(last, CHUNK + trailer.length), trailer);
    return place === -1 ? null : { end: last + place + trailer.length };
  });
}

/** The length of a gzip header (RFC 1952) and the name in it; null if it is not one. */
function gzipHeader(bytes: Uint8Array): { readonly length: number; readonly name: string | null } | null {
  const flags = bytes[3] ?? 0;
  if (bytes.length < GZIP_HEADER + 8 || bytes[0] !== 0x1f || bytes[1] !== 0x8b || bytes[2] !== DEFLATE) return null;
  if ((flags & 0xe0) !== 0) return null; // reserved
  let at = GZIP_HEADER;
  let name: string | null = null;
  if ((flags & 0x04) !== 0) at += 2 + (bytes[at] ?? 0) + 256 * (bytes[at + 1] ?? 0);
  for (const flag of [0x08, 0x10]) {
    if ((flags & flag) === 0) continue;
    const end = bytes.indexOf(0, at);
    if (end === -1) return null;
    if (flag === 0x08) name = decodeName(bytes.subarray(at, end));
    at = end + 1;
  }
  if ((flags & 0x02) !== 0) at += 2;
  return at < bytes.length ? { length: at, name } : null;
}

function indexOfBytes(bytes: Uint8Array, wanted: Uint8Array): number {
  const first = wanted[0] ?? 0;
  let at = bytes.indexOf(first);
  while (at !== -1 && !wanted.every((byte, i) => bytes[at + i] === byte)) at = bytes.indexOf(first, at + 1);
  return at;
}

/** A local file header of a zip archive. */
export interface ZipHeader {
  /** Byte offset of the member's data. */
  readonly data: number;
  readonly method: number;
  readonly name: string;
  /** Stored bytes and CRC-32; null where they follow the data. */
  readonly packed: number | null;
  readonly crc: number | null;
}

/**
 * The local file header at `offset`, whatever its first two bytes are: vendors relabel archives ("DH" in place of "PK").
 * Null where the fields cannot be one.
 *
 * @throws CramfsError IO
 */
export function zipHeader(source: ByteSource, offset: number): ZipHeader | null {
  const bytes = source.read(offset, ZIP_HEADER);
  if (bytes.length < ZIP_HEADER || bytes[2] !== 3 || bytes[3] !== 4) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, ZIP_HEADER);
  const version = view.getUint16(4, true) & 0xff;
  const flags = view.getUint16(6, true);
  const method = view.getUint16(8, true);
  const nameLength = view.getUint16(26, true);
  const extraLength = view.getUint16(28, true);
  const encrypted = (flags & 1) !== 0;
  if (version < 10 || version > 63 || nameLength === 0 || nameLength > 1024 || method > 99 || encrypted) return null;
  const name = source.read(offset + ZIP_HEADER, nameLength);
  if (name.length < nameLength || name.includes(0)) return null;
  const follows = (flags & 8) !== 0;
  return {
    data: offset + ZIP_HEADER + nameLength + extraLength,
    method,
    name: decodeName(name),
    packed: follows ? null : view.getUint32(18, true),
    crc: follows ? null : view.getUint32(14, true),
  };
}

/**
 * Unpacks the zip member whose local header is at `offset`; null if none is there, it is not deflated, or it is damaged.
 *
 * @throws CramfsError IO
 */
export function unzipMember(source: ByteSource, offset: number, budget: ExpansionBudget): Unpacked | null {
  const header = zipHeader(source, offset);
  if (header?.method !== DEFLATE) return null;
  const member = { format: 'zip', offset, name: header.name, size: 0 } as const;
  return unpack(source, header.data, member, budget, (bytes) =>
    header.crc === null || crc32(bytes) === header.crc ? { end: null } : null,
  );
}

/**
 * Inflates from byte `at` on until the stream ends. `prove` gets the result, and where the bytes that were read last begin;
 * null where the result is wrong.
 */
function unpack(
  source: ByteSource,
  at: number,
  member: Member,
  budget: ExpansionBudget,
  prove: (bytes: Uint8Array, last: number) => { readonly end: number | null } | null,
): Unpacked | null {
  const pieces: Uint8Array[] = [];
  const limit = budget.bytes;
  let total = 0;
  const full = new Error('full');
  const inflater = new Inflate({ raw: true, chunkSize: CHUNK });
  inflater.onData = (chunk) => {
    total += chunk.length;
    if (total > limit) throw full;
    pieces.push(chunk);
  };
  inflater.onEnd = () => undefined;
  let from = at;
  try {
    for (; ; from += CHUNK) {
      const packed = source.read(from, CHUNK);
      if (packed.length === 0) break;
      inflater.push(packed, false);
      if (inflater.err !== 0 || inflater.ended) break;
    }
  } catch (error) {
    if (error !== full) throw error;
    budget.bytes = 0;
    return { state: 'too-large', member, limit };
  }
  // What was unpacked for nothing counts too.
  budget.bytes = Math.max(0, budget.bytes - total);
  if (inflater.err !== 0 || !inflater.ended) return null;
  const bytes = new Uint8Array(total);
  let filled = 0;
  for (const piece of pieces) {
    bytes.set(piece, filled);
    filled += piece.length;
  }
  const proof = prove(bytes, from);
  return proof === null ? null : { state: 'whole', member: { ...member, size: total }, bytes, ...proof };
}
