/** Changes inputs that were kept: words and bytes of images, lines and words of texts, pieces of others. */
import { crc32 } from '../../lib/format/crc32.ts';
import type { Chance } from './inputs/chance.ts';

/** Byte offset of the CRC in a superblock, and its first word. */
const CRC_OFFSET = 32;
const MAGIC = 0x28cd3d45;
/** What a word of a text becomes. */
const WORDS = [
  '',
  '0',
  '-1',
  '4294967295',
  '1e99',
  '\u001b[7m',
  '\u009b',
  '%',
  '::error::',
  '/',
  '*',
  '{',
  '"',
  '\\',
  '-',
  'x'.repeat(300),
];
/** Bytes that a changed input may have. */
const MAX_BYTES = 8192;

/** An input of binary data with a few bytes or words changed. */
export function changedBytes(chance: Chance, original: Uint8Array, other: Uint8Array): Uint8Array {
  const { random, pick } = chance;
  // A copy: what a Buffer slices it shares.
  let bytes = new Uint8Array(original);
  if (bytes.length < 8) return chance.bytes(random(64) + 8);
  if (random(12) === 0) bytes = bytes.subarray(0, random(bytes.length - 8) + 8).slice();
  const view = new DataView(bytes.buffer);
  for (let left = random(4) + 1; left > 0; left--) {
    const at = random(Math.min(bytes.length, random(2) === 0 ? 512 : MAX_BYTES) - 4);
    if (random(2) === 0) bytes[at] = pick([0, 1, 0xff, random(256)]);
    else if (random(8) === 0) bytes.set(other.subarray(0, Math.min(32, bytes.length - at)), at);
    else {
      const word = at & ~3;
      const now = view.getUint32(word);
      view.setUint32(word, pick([0, now + 1, now - 1, now ^ (1 << random(31)), 0xffff_ffff]));
    }
  }
  const isLittle = view.getUint32(0, true) === MAGIC;
  if ((isLittle || view.getUint32(0) === MAGIC) && bytes.length > CRC_OFFSET + 4 && random(8) !== 0) {
    view.setUint32(CRC_OFFSET, 0);
    view.setUint32(CRC_OFFSET, crc32(bytes), isLittle);
  }
  return bytes;
}

/** A text with a line taken away, repeated or taken from another, or a word changed. */
export function changedText(chance: Chance, original: Uint8Array, other: Uint8Array): Uint8Array {
  const { random, pick } = chance;
  const lines = Buffer.from(original).toString('latin1').split('\n');
  const others = Buffer.from(other).toString('latin1').split('\n');
  for (let left = random(3) + 1; left > 0; left--) {
    const at = random(lines.length);
    const line = lines[at] ?? '';
    switch (random(6)) {
      case 0:
        lines.splice(at, 1);
        break;
      case 1:
        lines.splice(at, 0, line);
        break;
      case 2:
        lines.splice(at, 0, pick(others));
        break;
      case 3: {
        const cut = random(line.length + 1);
        lines[at] = line.slice(0, cut) + pick(WORDS) + line.slice(cut + random(3));
        break;
      }
      default: {
        const words = line.split(/\b/);
        words[random(words.length)] = pick([...WORDS, String(random(70_000)), pick(words)]);
        lines[at] = words.join('');
      }
    }
  }
  return Buffer.from(lines.join('\n'), 'latin1').subarray(0, MAX_BYTES);
}
