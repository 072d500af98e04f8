/**
 * Damages images: bit flips, extreme values in fields, pieces of other images, cuts. Everything follows from the random
 * numbers, so an execution can be repeated from its seed.
 */
import { CramfsImage } from '../../lib/image/image.ts';
import { blockCount } from '../../lib/image/blocks.ts';
import { walk } from '../../lib/inspect/walk.ts';

/** A source of random numbers: whole numbers from 0 to `below` - 1. */
export type Random = (below: number) => number;

/** mulberry32: small, good enough, and the same everywhere. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** An image to start from, and where its fields are. */
export interface Seed {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly littleEndian: boolean;
  /** Offsets of 32-bit words of metadata: superblock, inodes, block pointers. */
  readonly words: readonly number[];
}

const MAX_WORDS = 4096;

/** Finds the fields of an image; of what is no image, the first 64 bytes. */
export function seedOf(name: string, bytes: Uint8Array): Seed {
  const words: number[] = [];
  const add = (offset: number, count: number): void => {
    for (let i = 0; i < count && words.length < MAX_WORDS; i++) {
      if (offset + i * 4 + 4 <= bytes.length) words.push(offset + i * 4);
    }
  };
  let littleEndian = true;
  try {
    const image = CramfsImage.open(bytes);
    ({ littleEndian } = image);
    // The superblock without its magic number, several times: there is so little of it.
    for (let i = 0; i < 4; i++) add(image.superblock.position + 4, 18);
    for (const { inode } of walk(image, { maxEntries: 500, onProblem: () => undefined })) {
      add(inode.position, 3);
      if (inode.type === 'file' || inode.type === 'symlink') {
        add(inode.ino, Math.min(16, blockCount(inode.size, image.pageSize)));
      }
    }
  } catch {
    add(0, 16);
  }
  return { name, bytes, littleEndian, words };
}

const EXTREMES = [0, 1, 3, 4, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffffc, 0xc0000000, 0x40000000, 0x3fffffff];

/** A damaged copy of one of the seeds. */
export function mutate(seeds: readonly Seed[], random: Random): { readonly seed: Seed; readonly bytes: Uint8Array } {
  const seed = seeds[random(seeds.length)];
  if (seed === undefined) throw new Error('there are no seeds');
  let bytes: Uint8Array = seed.bytes.slice();
  const changes = 1 + random(random(4) === 0 ? 16 : 3);
  for (let i = 0; i < changes && bytes.length > 0; i++) {
    const kind = random(12);
    if (kind < 6) changeWord(bytes, seed, random);
    else if (kind < 8) flipBits(bytes, random);
    else if (kind < 10) splice(bytes, seed, seeds, random);
    else if (kind === 10) bytes = resize(bytes, random);
    else copyWord(bytes, seed, random);
  }
  return { seed, bytes };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function anyWord(bytes: Uint8Array, seed: Seed, random: Random): number | null {
  const offset = seed.words[random(seed.words.length)];
  return offset === undefined || offset + 4 > bytes.length ? null : offset;
}

/** A field gets an extreme value, a neighbouring one, or the image's size. */
function changeWord(bytes: Uint8Array, { littleEndian, ...seed }: Seed, random: Random): void {
  const offset = anyWord(bytes, { littleEndian, ...seed }, random);
  if (offset === null) return;
  const view = viewOf(bytes);
  const old = view.getUint32(offset, littleEndian);
  const extreme = EXTREMES[random(EXTREMES.length)] ?? 0;
  const values = [
    extreme,
    old + random(9) - 4,
    old ^ (1 << random(32)),
    bytes.length + random(9) - 4,
    // Fields are parts of words: one half or the low byte gets the extreme.
    (old & 0xffff) | (extreme << 16),
    (old & 0xffff0000) | (extreme & 0xffff),
    (old & 0xffffff00) | random(256),
    ((random(bytes.length) >>> 2) | (random(4) << 30)) >>> 0,
    (random(bytes.length) << 4) | (old & 0x3f),
  ];
  view.setUint32(offset, (values[random(values.length)] ?? 0) >>> 0, littleEndian);
}

/** One field gets the value of another. */
function copyWord(bytes: Uint8Array, seed: Seed, random: Random): void {
  const [from, to] = [anyWord(bytes, seed, random), anyWord(bytes, seed, random)];
  if (from !== null && to !== null) bytes.copyWithin(to, from, from + 4);
}

function flipBits(bytes: Uint8Array, random: Random): void {
  for (let i = 1 + random(8); i > 0; i--) {
    const at = random(random(2) === 0 ? Math.min(bytes.length, 1024) : bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8));
  }
}

/** A piece of this or another image is copied over a place, at a multiple of 4 mostly. */
function splice(bytes: Uint8Array, seed: Seed, seeds: readonly Seed[], random: Random): void {
  const other = random(2) === 0 ? seed.bytes : (seeds[random(seeds.length)]?.bytes ?? seed.bytes);
  if (other.length === 0) return;
  const align = random(4) === 0 ? 1 : 4;
  const from = Math.floor(random(other.length) / align) * align;
  const to = Math.floor(random(bytes.length) / align) * align;
  const length = Math.min(1 + random(random(2) === 0 ? 64 : 2048), bytes.length - to);
  bytes.set(other.subarray(from, from + length), to);
}

function resize(bytes: Uint8Array, random: Random): Uint8Array {
  if (random(3) > 0) return bytes.slice(0, random(bytes.length));
  const longer = new Uint8Array(bytes.length + random(8192));
  longer.set(bytes);
  return longer;
}
