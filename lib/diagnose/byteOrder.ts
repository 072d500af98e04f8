/**
 * Dumps whose bytes are all there, in another order or form: read with the byte lanes of a bus exchanged, through inverted
 * data lines, or by a programmer that counts bits from the other end. Each is its own inverse.
 */
import type { ByteSource } from '../source/byteSource.ts';

/**
 * How the bytes of a word are exchanged, counted from byte 0 of the dump. `16`: the two bytes of each 16-bit word; `32`: the
 * four bytes of each 32-bit word, reversed; `halves`: the two 16-bit halves of each 32-bit word; `64`: the eight bytes of
 * each 64-bit word, reversed.
 */
export type WordOrder = 'plain' | '16' | '32' | 'halves' | '64';

/** What happened to each byte: all bits inverted, the two halves exchanged, or the bits in reverse order. */
export type BitOrder = 'plain' | 'inverted' | 'nibbles' | 'reversed';

/** An order of bytes and bits. */
export interface ByteOrder {
  readonly words: WordOrder;
  readonly bits: BitOrder;
}

/** Bytes within which a word order exchanges. */
export const WORD_BYTES = 8;

/** Where byte `i` of a group of eight comes from: the same way there and back. */
const EXCHANGES: Readonly<Record<WordOrder, number>> = { plain: 0, '16': 1, '32': 3, halves: 2, '64': 7 };

const WORD_ORDERS: readonly WordOrder[] = ['plain', '16', '32', 'halves', '64'];
/** Plain first. */
export const BIT_ORDERS: readonly BitOrder[] = ['plain', 'inverted', 'nibbles', 'reversed'];

/** Every order but the right one, the usual ones first. */
export const BYTE_ORDERS: readonly ByteOrder[] = BIT_ORDERS.flatMap((bits) =>
  WORD_ORDERS.map((words) => ({ words, bits })),
).slice(1);

const tables = new Map<BitOrder, Uint8Array>();

/** What each byte value becomes. */
function table(bits: BitOrder): Uint8Array {
  const known = tables.get(bits);
  if (known !== undefined) return known;
  const made = Uint8Array.from({ length: 256 }, (_, byte) => {
    if (bits === 'inverted') return byte ^ 0xff;
    if (bits === 'nibbles') return ((byte << 4) | (byte >>> 4)) & 0xff;
    if (bits === 'plain') return byte;
    let reversed = 0;
    for (let bit = 0; bit < 8; bit++) if ((byte & (1 << bit)) !== 0) reversed |= 0x80 >>> bit;
    return reversed;
  });
  tables.set(bits, made);
  return made;
}

/** Bytes in another order. `at` is the dump's offset of the first, a multiple of {@link WORD_BYTES}; whole words only. */
export function reorder(bytes: Uint8Array, { words, bits }: ByteOrder): Uint8Array {
  const exchange = EXCHANGES[words];
  const values = table(bits);
  const result = new Uint8Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) result[i] = values[bytes[i ^ exchange] ?? 0] ?? 0;
  return result;
}

/** A dump with its order put right. A last word that is not whole reads as if zeros followed. Closing is left to the caller. */
export function reordered(source: ByteSource, order: ByteOrder): ByteSource {
  return {
    get size(): number {
      return source.size;
    },
    read(offset, length) {
      if (length <= 0 || offset < 0) return new Uint8Array(0);
      const start = offset - (offset % WORD_BYTES);
      const end = Math.ceil((offset + length) / WORD_BYTES) * WORD_BYTES;
      const bytes = source.read(start, end - start);
      const whole = new Uint8Array(Math.ceil(bytes.length / WORD_BYTES) * WORD_BYTES);
      whole.set(bytes);
      return reorder(whole, order).subarray(offset - start, Math.min(offset - start + length, bytes.length));
    },
    close: () => undefined,
  };
}
