/**
 * One pass over a dump that sees every place where something may begin: a superblock's magic number, the signature in any
 * order of bytes, a uImage header, a gzip or zip member. What it sees is a hint, never a proof.
 */
import { LentRoom } from '../base/bytes.ts';
import { CRAMFS_MAGIC_WEND, CRAMFS_SIGNATURE } from '../format/constants.ts';
import { encodeName } from '../format/names.ts';
import { type ByteSource, readInto } from '../source/byteSource.ts';
import { BIT_ORDERS, BYTE_ORDERS, type ByteOrder, reorder, WORD_BYTES } from './byteOrder.ts';
import {
  BEGINS_MAGIC,
  GZIP_MAGIC,
  magicFinder,
  type MagicFinder,
  magicOf,
  PATTERNS,
  ZIP_MAGIC,
} from './magicNumbers.ts';
import { addToSet, makeSieve, noSets, type Sieve, SIEVE_STEP } from './sieve.ts';
import { UIMAGE_MAGIC } from './uImage.ts';

/** Something seen. `at` is a byte offset of the dump. */
export type Seen =
  | { readonly kind: 'magic'; readonly at: number; readonly littleEndian: boolean }
  /** `at`: where the superblock of the signature begins, in the dump with its order put right. Null: the order is right. */
  | { readonly kind: 'signature'; readonly at: number; readonly order: ByteOrder | null }
  /** `at`: where the superblock begins in a dump in which each byte comes twice, or with a zero after it. */
  | { readonly kind: 'doubled'; readonly at: number; readonly filler: Doubled }
  /** `at`: where the superblock begins in a dump of every other byte, or every other 16-bit word. */
  | ({ readonly kind: 'half'; readonly at: number } & Half)
  | { readonly kind: 'uimage'; readonly at: number }
  | { readonly kind: 'gzip' | 'zip'; readonly at: number };

/** Byte offset of the signature in the superblock. */
const SIGNATURE_AT = 16;
/** Bytes searched at a time: a multiple of WORD_BYTES and SIEVE_STEP; they stay in a processor's cache. */
const CHUNK = 1 << 17;
/** Bytes read beyond, so that what crosses the border is seen, and seen once. */
const OVERLAP = 8;
const rooms = new LentRoom(CHUNK + OVERLAP);

/** What follows each byte of a dump. */
export type Doubled = 'same' | 'zero';

/** A dump of one of two chips: bytes of a unit, and which of two units is there. */
export interface Half {
  readonly unit: 1 | 2;
  readonly which: 'first' | 'second';
}

/** A word of a signature in some form: what it says if it is met at a multiple of WORD_BYTES. */
type Anchor =
  | { readonly kind: 'order'; readonly order: ByteOrder | null; readonly toSuperblock: number }
  | { readonly kind: 'doubled'; readonly filler: Doubled; readonly toSuperblock: number }
  | ({ readonly kind: 'half'; readonly toSuperblock: number } & Half);

/** Anchors by their word, as this machine reads it, and a table that few other words pass. */
interface Anchors {
  readonly words: ReadonlyMap<number, readonly Anchor[]>;
  readonly filter: Uint8Array;
}

let anchors: Anchors | undefined;

/** Places of the filter: it stays in a processor's first cache. */
const FILTER_SIZE = 1 << 14;
const folded = (word: number): number => (word ^ (word >>> 16)) & (FILTER_SIZE - 1);

/** The two chips of a bus of two, or of four bytes. */
export const HALVES: readonly Half[] = [
  { unit: 1, which: 'first' },
  { unit: 1, which: 'second' },
  { unit: 2, which: 'first' },
  { unit: 2, which: 'second' },
];

/** Every other unit of some bytes. */
export function halfOf(bytes: Uint8Array, { unit, which }: Half): Uint8Array {
  return bytes.filter((_, i) => Math.floor(i / unit) % 2 === (which === 'first' ? 0 : 1));
}

/** Each byte twice, or with a zero after it. */
export function doubled(bytes: Uint8Array, filler: Doubled): Uint8Array {
  return Uint8Array.from({ length: 2 * bytes.length }, (_, i) =>
    i % 2 === 1 && filler === 'zero' ? 0 : (bytes[i >> 1] ?? 0),
  );
}

/** A word at a multiple of WORD_BYTES for each alignment that has one, and the bytes before it. */
function* alignedWords(form: Uint8Array): Generator<{ readonly word: number; readonly before: number }, void> {
  for (let before = 0; before < WORD_BYTES && before + 4 <= form.length; before++) {
    const [word = 0] = new Int32Array(form.slice(before, before + 4).buffer);
    yield { word, before };
  }
}

/** For each order and each alignment of the signature one aligned word that lies in it. */
function makeAnchors(): Anchors {
  const words = new Map<number, Anchor[]>();
  const filter = new Uint8Array(FILTER_SIZE);
  const signature = encodeName(CRAMFS_SIGNATURE);
  const add = (word: number, anchor: Anchor): void => {
    words.set(word, [...(words.get(word) ?? []), anchor]);
    filter[folded(word)] = 1;
  };
  for (const order of [null, ...BYTE_ORDERS]) {
    for (let phase = 0; phase < WORD_BYTES; phase++) {
      const bytes = new Uint8Array(signature.length + 2 * WORD_BYTES);
      bytes.set(signature, WORD_BYTES + phase);
      const seen = order === null ? bytes : reorder(bytes, order);
      // The second group of eight is all signature, whatever the phase.
      const at = 2 * WORD_BYTES;
      const [word = 0] = new Int32Array(seen.buffer, at, 1);
      add(word, { kind: 'order', order, toSuperblock: WORD_BYTES + phase - at - SIGNATURE_AT });
    }
  }
  for (const filler of ['same', 'zero'] as const) {
    const form = doubled(signature, filler);
    for (const { word, before } of alignedWords(form)) {
      add(word, { kind: 'doubled', filler, toSuperblock: -before - 2 * SIGNATURE_AT });
    }
  }
  for (const half of HALVES) {
    for (const { word, before } of alignedWords(halfOf(signature, half))) {
      add(word, { kind: 'half', ...half, toSuperblock: -before - SIGNATURE_AT / 2 });
    }
  }
  return { words, filter };
}

/**
 * Everything seen, in order of place (signatures by the place of their superblock, as far as a piece of 128 KiB reaches).
 *
 * @param from where to begin: the word that this byte lies in
 * @throws CramfsError IO
 */
export function* search(file: ByteSource, from = 0): Generator<Seen, void> {
  const find = magicFinder();
  for (let start = from - (from % WORD_BYTES), pieces = 0; ; start += CHUNK, pieces++) {
    const sieve = pieces < PIECES_WITHOUT_SIEVE ? null : theSieve();
    const { seen, isLast } = sieve === null ? seenPlainly(file, start, find) : seenBySieve(file, start, sieve);
    yield* seen.sort((a, b) => a.at - b.at);
    if (isLast) return;
  }
}

/** What a piece of the dump shows, and whether it is the last. */
interface Piece {
  readonly seen: Seen[];
  readonly isLast: boolean;
}

function seenPlainly(file: ByteSource, start: number, find: MagicFinder): Piece {
  const room = rooms.take();
  try {
    const length = readInto(file, room, start);
    return { seen: lookThrough(room.subarray(0, length), start, find), isLast: length < room.length };
  } finally {
    rooms.giveBack(room);
  }
}

function seenBySieve(file: ByteSource, start: number, sieve: Sieve): Piece {
  const room = sieve.memory.subarray(0, CHUNK + OVERLAP);
  const length = readInto(file, room, start);
  return { seen: sift(sieve, length, start), isLast: length < room.length };
}

/** What a piece shows, looked through by the platform's search and a loop. */
function lookThrough(bytes: Uint8Array<ArrayBuffer>, start: number, find: MagicFinder): Seen[] {
  const seen: Seen[] = [];
  addSignatures(new Int32Array(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, CHUNK) >> 2), start, seen);
  for (const { at, word } of find(bytes)) if (at < CHUNK) seen.push(beginning(start + at, word));
  return seen;
}

/** What the first `length` bytes of the sieve's memory show: it finds the few steps that are worth a look. */
function sift({ memory, next }: Sieve, length: number, start: number): Seen[] {
  // Old bytes are no part of the file, and no magic number has a 0.
  memory.fill(0, length);
  const known = (anchors ??= makeAnchors());
  const end = Math.min(length, CHUNK);
  const words = new Int32Array(memory.buffer, memory.byteOffset, end >> 2);
  const view = new DataView(memory.buffer, memory.byteOffset);
  const sifted: Sifted = { next, words, view, known, end };
  const signatures: Seen[] = [];
  const magics: Seen[] = [];
  for (let step = nextStep(sifted, 0); step <= end; step = nextStep(sifted, step + SIEVE_STEP)) {
    const stepEnd = anchorsEnd(step, end);
    for (let at = step; (at = nextAnchor(words, known, at, stepEnd)) < stepEnd; at += WORD_BYTES) {
      addSignature(known.words, words[at >> 2], start + at, signatures);
    }
    const lastEnd = magicsEnd(step, end);
    for (let at = magicsStart(step); (at = nextMagic(view, at, lastEnd)) < lastEnd; at++) {
      magics.push(beginning(start + at, magicOf(view.getUint32(at)) ?? 0));
    }
  }
  return [...signatures, ...magics];
}

// A step's anchors, and its magic numbers: a pair is the first two bytes of one, or the second and third.
const anchorsEnd = (step: number, end: number): number => Math.min(step + SIEVE_STEP, end);
const magicsStart = (step: number): number => Math.max(step - 1, 0);
const magicsEnd = (step: number, end: number): number => Math.min(step + SIEVE_STEP - 1, end);

/** The `end` bytes of a piece in the memory of the sieve. */
interface Sifted extends Pick<Sieve, 'next'> {
  readonly words: Int32Array;
  readonly view: DataView;
  readonly known: Anchors;
  readonly end: number;
}

// Almost all that the sieve stops at is left behind in these three. They are functions of their own so that V8 compiles them
// once: what it compiled of a loop with a part that is seldom reached it throws away when that part is reached.

/** The first step from `at` on, in which an anchor or a magic number is; past the end where there is none. */
function nextStep({ next, words, view, known, end }: Sifted, at: number): number {
  let step = next(at, end + 1);
  for (; step <= end; step = next(step + SIEVE_STEP, end + 1)) {
    const stepEnd = anchorsEnd(step, end);
    const lastEnd = magicsEnd(step, end);
    if (nextAnchor(words, known, step, stepEnd) < stepEnd) break;
    if (nextMagic(view, magicsStart(step), lastEnd) < lastEnd) break;
  }
  return step;
}

/** The first byte from `at` on, below `end`, where an anchor is, in steps of WORD_BYTES. */
function nextAnchor(words: Int32Array, { filter, words: known }: Anchors, at: number, end: number): number {
  for (; at < end; at += WORD_BYTES) {
    const word = words[at >> 2] ?? 0;
    if (filter[folded(word)] !== 0 && known.has(word)) break;
  }
  return at;
}

/** The first byte from `at` on, below `end`, where a magic number begins. */
function nextMagic(view: DataView, at: number, end: number): number {
  while (at < end && (BEGINS_MAGIC[view.getUint8(at)] === 0 || magicOf(view.getUint32(at)) === null)) at++;
  return at;
}

/** What a magic number may begin. */
function beginning(at: number, word: number): Seen {
  if (word === UIMAGE_MAGIC) return { kind: 'uimage', at };
  if (word === GZIP_MAGIC) return { kind: 'gzip', at };
  if (word === ZIP_MAGIC) return { kind: 'zip', at };
  return { kind: 'magic', at, littleEndian: word === CRAMFS_MAGIC_WEND };
}

/**
 * Adds the signatures in any order whose anchor is one of the words; not yet compared in full.
 *
 * @param words from byte `start` of the dump on
 */
function addSignatures(words: Int32Array, start: number, seen: Seen[]): void {
  const known = (anchors ??= makeAnchors());
  const end = words.byteLength;
  for (let at = 0; (at = nextAnchor(words, known, at, end)) < end; at += WORD_BYTES) {
    addSignature(known.words, words[at >> 2], start + at, seen);
  }
}

/** Adds the signatures whose anchor is a word, which is at `at` of the dump; undefined for one that is not whole. */
function addSignature(known: Anchors['words'], word: number | undefined, at: number, seen: Seen[]): void {
  for (const anchor of known.get(word ?? 0) ?? []) {
    const place = at + anchor.toSuperblock;
    if (place < 0) continue;
    if (anchor.kind === 'order') seen.push({ kind: 'signature', at: place, order: anchor.order });
    else if (anchor.kind === 'doubled') seen.push({ kind: 'doubled', at: place, filler: anchor.filler });
    else seen.push({ kind: 'half', at: place, unit: anchor.unit, which: anchor.which });
  }
}

/** Pieces that are looked through before the sieve is made: for less it does not pay. */
const PIECES_WITHOUT_SIEVE = 16;

/**
 * Which of the sieve's sets the first two bytes of each pattern are in, and which the second and third: those with nibbles
 * in common share one, and few other bytes pass. Of all ways to divide them this has the fewest. In the order of PATTERNS.
 */
const PAIR_SETS = [
  [0, 0],
  [1, 0],
  [2, 1],
  [3, 2],
  [3, 2],
];

let made: Sieve | null | undefined;

/** The sieve for magic numbers and anchors, made once: a piece is done with before the next, of whatever file, is read. */
function theSieve(): Sieve | null {
  if (made !== undefined) return made;
  const tables = { even: noSets(), odd: noSets() };
  PATTERNS.forEach(({ pattern }, i) => {
    PAIR_SETS[i]?.forEach((bit, at) => {
      addToSet(tables.even, pattern[at] ?? 0, bit);
      addToSet(tables.odd, pattern[at + 1] ?? 0, bit);
    });
  });
  for (const [word, its] of (anchors ??= makeAnchors()).words) {
    for (const anchor of its) {
      // A zero in the sets would stop at all fillers: with zeros between its bytes a signature is found in the first pieces
      // only.
      if (anchor.kind === 'doubled' && anchor.filler === 'zero') continue;
      const bit = 4 + (anchor.kind === 'order' ? BIT_ORDERS.indexOf(anchor.order?.bits ?? 'plain') : 0);
      new Uint8Array(Int32Array.of(word).buffer).forEach((byte, i) => {
        addToSet(i % 2 === 0 ? tables.even : tables.odd, byte, bit);
      });
    }
  }
  made = makeSieve(CHUNK + SIEVE_STEP, tables);
  return made;
}
