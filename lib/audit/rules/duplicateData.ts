/**
 * Files that store the same data once more, in other places of the image.
 *
 * What is compared is stored bytes, so that nothing has to be inflated: data that is compressed in one file and direct in
 * another is not found, and neither is a part of a file. Files that share their blocks, as hard links do, store them once.
 */
import { crc32 } from '../../format/crc32.ts';
import type { Block } from '../../image/blocks.ts';
import type { CramfsImage } from '../../image/image.ts';
import type { WalkEntry } from '../../inspect/walk.ts';
import { Budget } from '../budget.ts';
import { defineRule } from '../rule.ts';

/** Files that are compared. */
const MAX_FILES = 1 << 18;
/** Bytes that are read in any image for comparisons; an image without shared blocks is read twice at most. */
const FREE_BYTES = 1 << 24;

/** Stored bytes in one piece. */
interface Extent {
  readonly start: number;
  readonly length: number;
}

interface Candidate {
  readonly entry: WalkEntry;
  readonly extents: readonly Extent[];
}

export const duplicateData = defineRule(['image/duplicate-data'], ({ image }, report) => {
  /** Files by size and stored bytes. */
  const alike = new Map<number, Candidate[]>();
  const budget = new Budget(FREE_BYTES + 4 * image.source.size);
  let count = 0;

  /** Tells of each file that has the bytes of one before it. */
  const compare = (candidates: readonly Candidate[]): void => {
    const firsts = new Map<number, Candidate[]>();
    for (const candidate of candidates) {
      const bytes = storedBytes(candidate);
      if (!budget.spend(bytes)) return;
      const key = checksum(image, candidate);
      const known = firsts.get(key) ?? [];
      const first = known.find((other) => budget.spend(2 * bytes) && isSame(image, candidate, other));
      if (first === undefined) {
        firsts.set(key, [...known, candidate]);
      } else if (first.extents[0]?.start !== candidate.extents[0]?.start) {
        const { entry, extents } = candidate;
        const place = { path: () => entry.path, offset: extents[0]?.start ?? null };
        report('image/duplicate-data', place, { first: first.entry.path, bytes });
      }
    }
  };

  return {
    blocks(entry, blocks) {
      if (count >= MAX_FILES) return;
      const extents = extentsOf(blocks);
      // Nobody knows what stands outside the image.
      if (extents.length === 0 || extents.some(({ start, length }) => start + length > image.source.size)) return;
      count++;
      const candidate = { entry, extents };
      // Sizes have 24 bits.
      const key = storedBytes(candidate) * 0x1000000 + entry.inode.size;
      const others = alike.get(key);
      if (others === undefined) alike.set(key, [candidate]);
      else others.push(candidate);
    },
    end() {
      for (const candidates of alike.values()) if (candidates.length > 1) compare(candidates);
    },
  };
});

/** Where a file's data stands, blocks that follow each other as one piece. */
function extentsOf(blocks: readonly Block[]): Extent[] {
  const extents: { start: number; length: number }[] = [];
  for (const { kind, start, length } of blocks) {
    if (kind === 'hole') continue;
    const last = extents.at(-1);
    if (last !== undefined && last.start + last.length === start) last.length += length;
    else extents.push({ start, length });
  }
  return extents;
}

function storedBytes({ extents }: Candidate): number {
  return extents.reduce((sum, { length }) => sum + length, 0);
}

function checksum({ source }: CramfsImage, { extents }: Candidate): number {
  return extents.reduce((crc, { start, length }) => crc32(source.read(start, length), crc), 0);
}

/** Whether two files have the same stored bytes, piece by piece. */
function isSame({ source }: CramfsImage, a: Candidate, b: Candidate): boolean {
  if (a.extents.length !== b.extents.length) return false;
  return a.extents.every(({ start, length }, index) => {
    const other = b.extents[index];
    if (other?.length !== length) return false;
    if (other.start === start) return true;
    // The first read may be a view of a buffer that the second one fills again.
    const bytes = source.read(start, length).slice();
    const others = source.read(other.start, length);
    return bytes.length === others.length && bytes.every((byte, at) => byte === others[at]);
  });
}
