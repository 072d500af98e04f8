/**
 * One pass over a dump that sees every place where something may begin: a superblock's magic number, the signature in any
 * order of bytes, a uImage header, a gzip or zip member. What it sees is a hint, never a proof.
 */
import { CRAMFS_MAGIC_WEND, CRAMFS_SIGNATURE } from '../format/constants.ts';
import { encodeName } from '../format/names.ts';
import { type ByteSource, readInto } from '../source/byteSource.ts';
import { BYTE_ORDERS, type ByteOrder, reorder, WORD_BYTES } from './byteOrder.ts';
import { GZIP_MAGIC, magicFinder, ZIP_MAGIC } from './magicNumbers.ts';
import { UIMAGE_MAGIC } from './uImage.ts';

/** Something seen. `at` is a byte offset of the dump. */
export type Seen =
  | { readonly kind: 'magic'; readonly at: number; readonly littleEndian: boolean }
  /** `at`: where the superblock of the signature begins, in the dump with its order put right. Null: the order is right. */
  | { readonly kind: 'signature'; readonly at: number; readonly order: ByteOrder | null }
  | { readonly kind: 'uimage'; readonly at: number }
  | { readonly kind: 'gzip' | 'zip'; readonly at: number };

/** Byte offset of the signature in the superblock. */
const SIGNATURE_AT = 16;
/** Bytes searched at a time: a multiple of WORD_BYTES; they stay in a processor's cache. */
const CHUNK = 1 << 18;
/** Bytes read beyond, so that what crosses the border is seen, and seen once. */
const OVERLAP = 8;

/** A word of a signature in some order: what it says if it is met at a multiple of WORD_BYTES. */
interface Anchor {
  readonly order: ByteOrder | null;
  /** Bytes from the word to the start of the superblock. */
  readonly toSuperblock: number;
}

let anchors: { readonly words: ReadonlyMap<number, readonly Anchor[]>; readonly filter: Uint8Array } | undefined;

const folded = (word: number): number => (word ^ (word >>> 16)) & 0xffff;

/** For each order and each alignment of the signature one aligned word that lies in it. */
function makeAnchors(): NonNullable<typeof anchors> {
  const words = new Map<number, Anchor[]>();
  const filter = new Uint8Array(0x10000);
  const signature = encodeName(CRAMFS_SIGNATURE);
  for (const order of [null, ...BYTE_ORDERS]) {
    for (let phase = 0; phase < WORD_BYTES; phase++) {
      const bytes = new Uint8Array(signature.length + 2 * WORD_BYTES);
      bytes.set(signature, WORD_BYTES + phase);
      const seen = order === null ? bytes : reorder(bytes, order);
      // The second group of eight is all signature, whatever the phase.
      const at = 2 * WORD_BYTES;
      const word = new DataView(seen.buffer).getUint32(at, true);
      const anchor = { order, toSuperblock: WORD_BYTES + phase - at - SIGNATURE_AT };
      words.set(word, [...(words.get(word) ?? []), anchor]);
      filter[folded(word)] = 1;
    }
  }
  return { words, filter };
}

/**
 * Everything seen, in order of place (signatures by the place of their superblock, as far as a piece of 256 KiB reaches).
 *
 * @param from where to begin: the word that this byte lies in
 * @throws CramfsError IO
 */
export function* search(file: ByteSource, from = 0): Generator<Seen, void> {
  const buffer = new Uint8Array(CHUNK + OVERLAP);
  const find = magicFinder();
  for (let start = from - (from % WORD_BYTES); ; start += CHUNK) {
    const length = readInto(file, buffer, start);
    const bytes = buffer.subarray(0, length);
    const seen: Seen[] = [...signatures(bytes, start)];
    for (const { at, word } of find(bytes)) if (at < CHUNK) seen.push(beginning(start + at, word));
    yield* seen.sort((a, b) => a.at - b.at);
    if (length < buffer.length) return;
  }
}

/** What a magic number may begin. */
function beginning(at: number, word: number): Seen {
  if (word === UIMAGE_MAGIC) return { kind: 'uimage', at };
  if (word === GZIP_MAGIC) return { kind: 'gzip', at };
  if (word === ZIP_MAGIC) return { kind: 'zip', at };
  return { kind: 'magic', at, littleEndian: word === CRAMFS_MAGIC_WEND };
}

/** Signatures in any order whose anchor lies in the piece; not yet compared in full. */
function* signatures(bytes: Uint8Array, start: number): Generator<Seen, void> {
  anchors ??= makeAnchors();
  const { words, filter } = anchors;
  const end = Math.min(CHUNK, bytes.length - 3);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let i = 0; i < end; i += WORD_BYTES) {
    const word = view.getUint32(i, true);
    if (filter[folded(word)] === 0) continue;
    for (const { order, toSuperblock } of words.get(word) ?? []) {
      const at = start + i + toSuperblock;
      if (at >= 0) yield { kind: 'signature', at, order };
    }
  }
}
