/**
 * Valid images with random layouts: what mkcramfs never makes and Linux maps all the same.
 *
 * Valid is an image that Linux mounts and whose every file it can read. What is random is where blocks lie: in runs, with
 * gaps, breaks and overlaps, in the blocks of other files, at the image's very start, across its end, behind its end; how
 * they are stored; and what stands behind the end of a file.
 */
import {
  compareBytes,
  CRAMFS_FLAG_EXT_BLOCK_POINTERS,
  CRAMFS_FLAG_FSID_VERSION_2,
  CRAMFS_FLAG_HOLES,
  CRAMFS_FLAG_SORTED_DIRS,
  encodeName,
} from '../../lib/format.ts';
import type { RawBlock, RawEntry, RawImageSpec, RawPlace } from '../../__tests__/support/rawImage.ts';
import { Random } from './random.ts';
import { randomContent, randomName, randomTail } from './randomContent.ts';

/** Bytes of a page, and of a block. */
const PAGE = 4096;

/** Bytes of the largest image that {@link randomImage} describes. */
export const MAX_RANDOM_IMAGE = 448 * 2 ** 10;
/** Bytes behind the image that its pointers lead to at most, but for those that lead far away. */
export const BEHIND_IMAGE = 16 * PAGE;
/** Image offset of the blocks that lie far away from the image. */
const FAR_AWAY = 64 * 2 ** 20;

/** What to make. */
export interface RandomImageOptions {
  /** Image offsets, modulo the page, that are page aligned in memory: one for each physical base. Default: 0 alone. */
  readonly alignments?: readonly number[] | undefined;
  /** Entries of the root directory at most. Default 24. */
  readonly entries?: number | undefined;
}

/** The image offset, modulo the page, of what is page aligned in memory when the image lies at a physical address. */
export function alignmentOf(physAddress: number): number {
  return (PAGE - (physAddress % PAGE)) % PAGE;
}

/** The description of the random image of a seed. */
export function randomImage(seed: number, options: RandomImageOptions = {}): RawImageSpec {
  const { alignments = [0], entries = 24 } = options;
  const random = new Random(seed);
  const unsorted = random.chance(0.2);
  const plain = random.chance(0.04);
  const flags =
    CRAMFS_FLAG_FSID_VERSION_2 |
    CRAMFS_FLAG_HOLES |
    (unsorted ? 0 : CRAMFS_FLAG_SORTED_DIRS) |
    (plain ? 0 : CRAMFS_FLAG_EXT_BLOCK_POINTERS);
  const bootPad = random.chance(0.15);
  const tree = new RandomTree(random, alignments, unsorted);
  return { entries: tree.directory('', random.integer(Math.ceil(entries / 2), entries)), flags, unsorted, bootPad };
}

/** How the blocks of a file lie. */
type Shape =
  /** One behind the other. */
  | 'run'
  /** The same, but for one that is stored in another way. */
  | 'broken'
  /** The same, but for one that lies further behind. */
  | 'gap'
  /** The same, but for one that begins within the one before. */
  | 'overlap'
  /** In those of another file, in order. */
  | 'shared'
  /** In those of another file, in any order. */
  | 'shuffled'
  /** From the image's first byte on. */
  | 'imageStart'
  /** Up to the image's end, or over it. */
  | 'imageEnd'
  /** Where the image's region has long ended. */
  | 'farAway'
  /** Each for itself. */
  | 'mixed'
  /** None of them uncompressed and addressed by its start. */
  | 'packed'
  /** There are none. */
  | 'empty';

const SHAPES: readonly (readonly [Shape, number])[] = [
  ['run', 24],
  ['broken', 14],
  ['gap', 6],
  ['overlap', 5],
  ['shared', 12],
  ['shuffled', 4],
  ['imageStart', 12],
  ['imageEnd', 8],
  ['farAway', 2],
  ['mixed', 10],
  ['packed', 5],
  ['empty', 2],
];

/** Kinds of blocks other than direct ones. */
const OTHER_KINDS = ['zlib', 'stored', 'hole', 'direct-zlib'] as const;

const MAX_DEPTH = 3;
const MAX_PAGES = 8;
/** Pages of blocks that an image has room for, with two more for each that are lost to alignment and gaps. */
const BUDGET = 80;

class RandomTree {
  readonly #random: Random;
  readonly #alignments: readonly number[];
  readonly #unsorted: boolean;
  /** What symlinks can lead to. */
  readonly #paths: string[] = [];
  /** Files with blocks that others can share, and how many. */
  readonly #lenders: { readonly path: string; readonly blocks: number }[] = [];
  #budget = BUDGET;

  constructor(random: Random, alignments: readonly number[], unsorted: boolean) {
    this.#random = random;
    this.#alignments = alignments;
    this.#unsorted = unsorted;
  }

  /** The entries of a directory, in the order in which their data will be written. */
  directory(prefix: string, count: number, depth = 0): RawEntry[] {
    const random = this.#random;
    const names = new Set<string>();
    while (names.size < count) names.add(randomName(random));
    const ordered = [...names];
    if (!this.#unsorted) ordered.sort((a, b) => compareBytes(encodeName(a), encodeName(b)));
    return ordered.map((name) => this.#entry(name, `${prefix}/${name}`, depth));
  }

  #entry(name: string, path: string, depth: number): RawEntry {
    const random = this.#random;
    const isDirectory = depth < MAX_DEPTH && random.chance(0.1);
    const target = random.chance(0.08) && this.#paths.length > 0 ? random.pick(this.#paths) : null;
    this.#paths.push(path);
    if (isDirectory) {
      return { type: 'directory', name, entries: this.directory(path, random.integer(0, 6), depth + 1) };
    }
    return target === null ? this.#file(name, path) : this.#symlink(name, target);
  }

  #symlink(name: string, target: string): RawEntry {
    const data = encodeName(target);
    const kind = this.#random.pick(['zlib', 'stored', 'direct', 'direct-zlib'] as const);
    const at = kind === 'direct' ? { alignTo: 4 } : undefined;
    return { type: 'symlink', name, size: data.length, blocks: [{ kind, data, at }] };
  }

  #file(name: string, path: string): RawEntry {
    const random = this.#random;
    const shape = random.weighted(SHAPES);
    const pages = random.chance(0.5) ? random.integer(1, 2) : random.integer(3, MAX_PAGES);
    this.#budget -= pages;
    if (shape === 'empty' || this.#budget < 0) return { type: 'file', name, blocks: [], size: 0 };
    const lastBytes = shape === 'farAway' ? PAGE : this.#lastBytes();
    const blocks = this.#blocks(shape, pages, lastBytes);
    // A block that is placed from the end of the image has no place that others could be told of.
    if (blocks.every(({ at }) => typeof at !== 'object' || !('fromEnd' in at))) {
      this.#lenders.push({ path, blocks: blocks.length });
    }
    return { type: 'file', name, blocks, size: (blocks.length - 1) * PAGE + lastBytes };
  }

  /** Bytes of a file's last page. */
  #lastBytes(): number {
    return this.#random.weighted([
      [PAGE, 5],
      [1, 1],
      [PAGE - 1, 1],
      [this.#random.integer(2, PAGE - 2), 9],
    ]);
  }

  #blocks(shape: Exclude<Shape, 'empty'>, pages: number, lastBytes: number): RawBlock[] {
    const random = this.#random;
    const each = (block: (index: number) => RawBlock): RawBlock[] => Array.from({ length: pages }, (_, i) => block(i));
    const bytesOf = (index: number): number => (index === pages - 1 ? lastBytes : PAGE);
    const run = (index: number): RawBlock =>
      this.#direct(bytesOf(index), index === 0 ? this.#aligned() : { alignTo: 4 });
    /** The one block of a run that is not like the others. */
    const odd = random.integer(pages === 1 ? 0 : 1, pages - 1);
    switch (shape) {
      case 'run':
        return each(run);
      case 'broken':
        return each((index) => {
          if (index === odd) return this.#other(bytesOf(index));
          return index === odd + 1 ? this.#direct(bytesOf(index), this.#aligned()) : run(index);
        });
      case 'gap':
      case 'overlap': {
        const plus = (shape === 'gap' ? 1 : -1) * random.pick([4, PAGE / 2, PAGE - 4, shape === 'gap' ? PAGE : 8]);
        const isOdd = (index: number): boolean => index > 0 && index === odd;
        return each((index) => (isOdd(index) ? this.#direct(bytesOf(index), { alignTo: 4, plus }) : run(index)));
      }
      case 'shared':
      case 'shuffled':
        return this.#borrowed(pages, shape === 'shared') ?? each(run);
      case 'imageStart': {
        const start = random.chance(0.75) ? 0 : random.pick(this.#alignments);
        return each((index) => ({ kind: 'direct', at: start + index * PAGE }));
      }
      case 'imageEnd': {
        const behind = random.integer(0, 3) * PAGE + (random.chance(0.8) ? random.pick(this.#alignments) : 4);
        return each((index) => ({ kind: 'direct', at: { fromEnd: (pages - index) * PAGE - behind } }));
      }
      case 'farAway': {
        const start = FAR_AWAY + random.pick(this.#alignments);
        return each((index) => ({ kind: 'direct', at: start + index * PAGE }));
      }
      case 'mixed':
        return each((index) => {
          if (random.chance(0.4)) return this.#other(bytesOf(index));
          return index > 0 && random.chance(0.5) ? run(index) : this.#direct(bytesOf(index), this.#aligned());
        });
      case 'packed':
        return each((index) => this.#other(bytesOf(index)));
    }
  }

  /** Blocks of another file, one after the other or in any order; null where no file has any. */
  #borrowed(pages: number, inOrder: boolean): RawBlock[] | null {
    const random = this.#random;
    if (this.#lenders.length === 0) return null;
    const { path, blocks } = random.pick(this.#lenders);
    const first = random.integer(0, blocks - 1);
    const count = inOrder ? Math.min(pages, blocks - first) : pages;
    return Array.from({ length: count }, (_, index) => {
      const block = inOrder ? first + index : random.integer(0, blocks - 1);
      return { kind: 'direct', at: { sameAs: [path, block] } };
    });
  }

  /** A place that is page aligned in memory at one of the physical bases, mostly. */
  #aligned(): RawPlace {
    const random = this.#random;
    const plus = random.chance(0.85) ? random.pick(this.#alignments) : 4 * random.integer(0, PAGE / 4 - 1);
    return { alignTo: PAGE, plus };
  }

  /** A direct block; behind the content of a short one there is a tail, or whatever comes next in the image. */
  #direct(bytes: number, at: RawPlace): RawBlock {
    const random = this.#random;
    const data = randomContent(random, bytes);
    const isFollowed = bytes < PAGE && random.chance(0.2);
    return isFollowed
      ? { kind: 'direct', data, at, reserve: bytes }
      : { kind: 'direct', data, at, tail: randomTail(random, PAGE - bytes) };
  }

  #other(bytes: number): RawBlock {
    const kind = this.#random.pick(OTHER_KINDS);
    return kind === 'hole' ? { kind } : { kind, data: randomContent(this.#random, bytes) };
  }
}
