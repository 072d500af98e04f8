/** Dumps as they come: images with something done to them, and the containers that they are met in. */
import { deflateRawSync, gzipSync } from 'node:zlib';
import { crc32 } from '../../lib/format/crc32.ts';
import { type ByteOrder, reorder, WORD_BYTES } from '../../lib/diagnose/byteOrder.ts';
import type { SpareGeometry } from '../../lib/diagnose/spareBytes.ts';

/** Bytes that look like no image, the same at each run. */
export function noise(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length);
  let state = seed;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    bytes[at] = state >>> 16;
  }
  return bytes;
}

/** A dump read in another order of bytes. */
export function inOrder(bytes: Uint8Array, order: ByteOrder): Buffer {
  const whole = Buffer.concat([bytes, Buffer.alloc((WORD_BYTES - (bytes.length % WORD_BYTES)) % WORD_BYTES)]);
  return Buffer.from(reorder(whole, order));
}

/** A dump with spare bytes after each page, the last one too. */
export function withSpareBytes(bytes: Uint8Array, { page, spare }: SpareGeometry): Buffer {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += page) {
    pieces.push(bytes.subarray(at, at + page));
    if (at + page < bytes.length) pieces.push(noise(spare, at + 1));
  }
  return Buffer.concat(pieces);
}

/** Each byte handed over in turn, with the one before it; what comes back takes its place. */
export function mapBytes(bytes: Uint8Array, change: (byte: number, before: number) => readonly number[]): Buffer {
  return Buffer.from([...bytes].flatMap((byte, i) => [...change(byte, bytes[i - 1] ?? 0)]));
}

export const LF = 0x0a;
export const CR = 0x0d;

/** A zip archive of one member. `label` takes the place of "PK". */
export function zipOf(name: string, content: Uint8Array, { label = 'PK', stored = false } = {}): Buffer {
  const data = stored ? Buffer.from(content) : deflateRawSync(content);
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0); // version needed
  common.writeUInt16LE(stored ? 0 : 8, 4);
  common.writeUInt32LE(crc32(content), 10);
  common.writeUInt32LE(data.length, 14);
  common.writeUInt32LE(content.length, 18);
  common.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([Buffer.from(`${label}\x03\x04`, 'latin1'), common, Buffer.from(name), data]);
  const central = Buffer.concat([
    Buffer.from(`${label}\x01\x02\x14\x00`, 'latin1'),
    common,
    Buffer.alloc(14),
    Buffer.from(name),
  ]);
  const end = Buffer.alloc(22);
  end.write(`${label}\x05\x06`, 0, 'latin1');
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, central, end]);
}

/** A gzip member that unpacks to so many zeros. */
export const gzipOfZeros = (bytes: number): Buffer => gzipSync(Buffer.alloc(bytes), { level: 9 });

/** A uImage header in front of data. */
export function uImageOf(data: Uint8Array, { name = 'romfs', badHeader = false, badData = false } = {}): Buffer {
  const header = Buffer.alloc(64);
  header.writeUInt32BE(0x27051956, 0);
  header.writeUInt32BE(data.length, 12);
  header.writeUInt32BE((crc32(data) ^ (badData ? 1 : 0)) >>> 0, 24);
  header.write(name, 32, 'latin1');
  header.writeUInt32BE((crc32(header) ^ (badHeader ? 1 : 0)) >>> 0, 4);
  return Buffer.concat([header, data]);
}
