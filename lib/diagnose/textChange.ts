/**
 * Dumps that passed through something that took them for text: line ends converted, bytes converted to UTF-8, the top bit
 * cut off. Some of it can be undone; the CRC proves it.
 */
import { bytesSource, type ByteSource } from '../source/byteSource.ts';

/**
 * Changes that can be undone. `lf-to-crlf`: a carriage return was put in front of each line feed; `latin1-to-utf8`: each byte
 * from 0x80 on became two.
 */
export type TextChange = 'lf-to-crlf' | 'latin1-to-utf8';

/**
 * Changes that cannot. `crlf-to-lf`: carriage returns in front of line feeds were dropped; `no-cr`, `no-lf`: all carriage
 * returns, or line feeds, were dropped or replaced; `seven-bit`: the top bit of each byte was cleared; `replaced`: bytes that
 * are not UTF-8 became U+FFFD.
 */
export type TextLoss = 'crlf-to-lf' | 'no-cr' | 'no-lf' | 'seven-bit' | 'replaced';

const LF = 0x0a;
const CR = 0x0d;
/** Bytes looked at for traces. */
const SAMPLE = 8 << 20;
/** Line feeds or bytes of a kind that are no accident. */
const ENOUGH = 8;
/** How often something was to be expected before its absence means something. */
const EXPECTED = 24;
/** Bytes from 0x80 on in the magic number. */
const MAGIC_HIGH = 1;
/** The bytes of U+FFFD. */
const REPLACEMENT = [0xef, 0xbf, 0xbd] as const;

/** The change that a dump's bytes from `start` on show, or null. A guess: undo it and compare the CRC. */
export function suspectedChange(source: ByteSource, start: number): TextChange | null {
  const bytes = source.read(start, SAMPLE);
  let feeds = 0;
  let pairs = 0;
  let high = 0;
  let encoded = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0;
    if (byte === LF) {
      feeds++;
      if (bytes[i - 1] === CR) pairs++;
    }
    if (byte < 0x80) continue;
    high++;
    if ((byte === 0xc2 || byte === 0xc3) && ((bytes[i + 1] ?? 0) & 0xc0) === 0x80) {
      encoded++;
      i++;
    }
  }
  if (high >= ENOUGH && encoded === high) return 'latin1-to-utf8';
  return feeds >= ENOUGH && pairs === feeds ? 'lf-to-crlf' : null;
}

/** What a dump of `length` bytes from `start` on has lost, or null. Statistics only, for dumps whose CRC is wrong. */
export function suspectedLoss(source: ByteSource, start: number, length: number): TextLoss | null {
  const bytes = source.read(start, Math.min(length, SAMPLE));
  const counts = new Uint32Array(256);
  let pairs = 0;
  let replacements = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0;
    counts[byte] = (counts[byte] ?? 0) + 1;
    if (byte === LF && bytes[i - 1] === CR) pairs++;
    if (byte === 0xef && REPLACEMENT.every((wanted, k) => bytes[i + k] === wanted)) replacements++;
  }
  const feeds = counts[LF] ?? 0;
  const returns = counts[CR] ?? 0;
  const high = counts.subarray(0x80).reduce((sum, count) => sum + count, 0);
  if (replacements >= ENOUGH) return 'replaced';
  // How often a byte value is met, by the values that text does not change.
  const usual = medianCount(counts);
  // The magic number may have been put right already.
  if (high <= MAGIC_HIGH) return usual >= 2 ? 'seven-bit' : null;
  if (usual < EXPECTED) return null;
  if (returns === 0 && feeds > 0) return 'no-cr';
  if (feeds === 0 && returns > 0) return 'no-lf';
  // A line feed follows one byte in 256 of those before it: without a change some are carriage returns.
  return pairs === 0 && feeds / 256 >= ENOUGH && returns > 0 ? 'crlf-to-lf' : null;
}

/** The middle one of the counts of the values below 0x80, zero and 0xff left out as fillers. */
function medianCount(counts: Uint32Array): number {
  return counts.slice(1, 0x80).sort()[63] ?? 0;
}

/** The bytes from `start` on, at most `limit` of them, with a change undone. */
export function changeUndone(source: ByteSource, start: number, limit: number, change: TextChange): ByteSource {
  const bytes = source.read(start, limit);
  const undone = new Uint8Array(bytes.length);
  let filled = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0;
    const next = bytes[i + 1] ?? 0;
    if (change === 'lf-to-crlf') {
      if (byte === CR && next === LF) continue;
      undone[filled++] = byte;
    } else if ((byte === 0xc2 || byte === 0xc3) && (next & 0xc0) === 0x80) {
      undone[filled++] = ((byte & 3) << 6) | (next & 0x3f);
      i++;
    } else {
      undone[filled++] = byte;
    }
  }
  return bytesSource(undone.subarray(0, filled));
}
