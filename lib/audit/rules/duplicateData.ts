/**
 * Files that store the same data once more, in other places of the image.
 *
 * What is compared is stored bytes, so that nothing has to be inflated: data that is compressed in one file and direct in
 * another is not found, and neither is a part of a file. Files that share their blocks, as hard links do, store them once.
 */
import { crc32 } from '../../format/crc32.ts';
import { type Block, fileBlocks } from '../../image/blocks.ts';
import type { CramfsImage } from '../../image/image.ts';
import { Budget } from '../../base/budget.ts';
import { args, defineFinding } from '../../findings/definition.ts';
import { shownPath } from '../../format/shownPath.ts';
import { size } from '../../base/words.ts';
import { defineRule } from '../rule.ts';
import type { SurveyedEntry } from '../survey.ts';

export const DUPLICATE_DATA = defineFinding({
  id: 'image/duplicate-data',
  severity: 'note',
  scope: 'entry',
  args: args<{ readonly first: string; readonly bytes: number }>(),
  distinct: ({ first }) => [first],
  title: 'Duplicate data',
  cause: ({ first, bytes }) => `its data (${size(bytes)} as stored) is also stored for ${shownPath(first)}`,
  fix: ({ first }, { rebuild }) =>
    `make it a hard or symbolic link to ${shownPath(first)}, or rebuild with a tool that stores equal files once: ${rebuild()}`,
  options: ['min-bytes'],
});

/** Files that are compared; each takes some bytes of memory. */
const MAX_FILES = 1 << 20;
/** Bytes that are read for comparisons in any image; more in larger ones. Each file is read three times at most. */
const FREE_BYTES = 1 << 22;
const TIMES = 3;
/** The key of files that store nothing, and so nothing twice. */
const NOTHING_STORED = -1;
/** Files of one checksum that are compared with each other. */
const MAX_ALIKE = 16;

/** Stored bytes in one piece. */
interface Extent {
  readonly start: number;
  readonly length: number;
}

interface Candidate {
  readonly entry: SurveyedEntry;
  readonly extents: readonly Extent[];
}

export const duplicateData = defineRule([DUPLICATE_DATA], ({ image, survey }, report) => {
  const { files, storedBytes, dataStart, lastWord } = survey;
  const budget = new Budget(FREE_BYTES + TIMES * image.source.size);

  /**
   * What tells most files apart: how many bytes are stored, and the last four of them, which in zlib data are a checksum of
   * the content. Rounding may make some alike that are not.
   */
  const keys = (): Float64Array => {
    const key = new Float64Array(Math.min(files.length, MAX_FILES));
    for (let index = 0; index < key.length; index++) {
      const bytes = storedBytes.at(index);
      key[index] = bytes === 0 ? NOTHING_STORED : bytes * 2 ** 32 + lastWord.at(index);
    }
    return key;
  };

  /** The files whose keys are those of others, too, in groups; files that store nothing are not in any. */
  const groups = (): Iterable<readonly number[]> => {
    const key = keys();
    const repeated = new Map<number, number[]>();
    const sorted = key.slice().sort();
    for (let at = 1; at < sorted.length; at++) {
      const own = sorted[at] ?? NOTHING_STORED;
      if (own !== NOTHING_STORED && own === sorted[at - 1]) repeated.set(own, []);
    }
    if (repeated.size > 0) key.forEach((own, index) => repeated.get(own)?.push(index));
    return repeated.values();
  };

  /** Tells of each file that has the bytes of one before it. */
  const compare = (indices: readonly number[]): void => {
    const bytes = storedBytes.at(indices[0] ?? 0);
    const firsts = new Map<number, Candidate[]>();
    for (const index of indices) {
      if (!budget.spend(bytes)) return;
      const entry = survey.entry(files, index);
      const candidate = { entry, extents: extentsOf([...fileBlocks(image, entry.inode)]) };
      const key = checksum(image, candidate);
      const known = firsts.get(key) ?? [];
      const first = known.find((other) => budget.spend(2 * bytes) && isSame(image, candidate, other));
      if (first === undefined) {
        if (known.length < MAX_ALIKE) firsts.set(key, [...known, candidate]);
      } else if (first.extents[0]?.start !== candidate.extents[0]?.start) {
        const place = { path: entry.path, offset: candidate.extents[0]?.start ?? null };
        report(DUPLICATE_DATA, place, { first: first.entry.path(), bytes });
      }
    }
  };

  return {
    end() {
      for (const group of groups()) {
        const start = dataStart.at(group[0] ?? 0);
        if (group.some((index) => dataStart.at(index) !== start)) compare(group);
      }
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

function checksum({ source }: CramfsImage, { entry, extents }: Candidate): number {
  return extents.reduce((crc, { start, length }) => crc32(source.read(start, length), crc), entry.inode.size);
}

/** Whether two files have the same stored bytes, piece by piece. */
function isSame({ source }: CramfsImage, a: Candidate, b: Candidate): boolean {
  if (a.entry.inode.size !== b.entry.inode.size || a.extents.length !== b.extents.length) return false;
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
