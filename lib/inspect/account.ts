/**
 * The account of an image: what each of its bytes is for. Every byte of the file has exactly one label, bytes that several
 * files share count once, and the totals add up to the file's size.
 */
import { firstNonZero, lastNonZero } from '../base/bytes.ts';
import { roundUp } from '../base/pages.ts';
import { BOOT_PAD, CRAMFS_FLAG_FSID_VERSION_2, CRAMFS_FLAG_SHIFTED_ROOT_OFFSET } from '../format/constants.ts';
import type { Block, BlockKind } from '../image/blocks.ts';
import type { CramfsImage, Inode } from '../image/image.ts';
import type { ByteSource } from '../source/byteSource.ts';
import { type LabelledRange, RangeMap } from './rangeMap.ts';

/**
 * What a byte can be for. `inserted`: a file between superblock and tree (mkcramfs -i). `padding`: zeros between other
 * things and up to the end of the file system, and bytes that align what follows to 4. `unreferenced`: anything else in the file system that nothing points to.
 * `trailing`: behind the end that the superblock tells.
 */
export type AccountLabel =
  'superblock' | 'boot pad' | 'inode' | 'name' | 'block pointer' | DataLabel | 'inserted' | Unclaimed;

/** Data, by the kind of its block; holes have none. */
export type DataLabel = Exclude<BlockKind, 'hole'>;

/** Labels of bytes that nothing points to. */
type Unclaimed = 'padding' | 'unreferenced' | 'trailing';

type Claimed = Exclude<AccountLabel, Unclaimed>;

/** Labels of bytes that something points to; where claims overlap the first one counts. */
const RANKING: readonly Claimed[] = [
  'superblock',
  'boot pad',
  'inode',
  'name',
  'block pointer',
  'direct',
  'direct-zlib',
  'stored',
  'zlib',
  'inserted',
];

/** All labels in the order of reports, which is roughly that of the image. */
export const ACCOUNT_LABELS: readonly AccountLabel[] = [
  'boot pad',
  'superblock',
  'inserted',
  'inode',
  'name',
  'block pointer',
  'zlib',
  'stored',
  'direct',
  'direct-zlib',
  'padding',
  'unreferenced',
  'trailing',
];

/** The bytes of one label. */
export interface AccountLine {
  readonly label: AccountLabel;
  readonly bytes: number;
  /** Separate runs of such bytes. */
  readonly ranges: number;
}

/** Where every byte of an image belongs. */
export interface Account {
  /** Bytes of the file, counted from the image's start: the sum of all lines. */
  readonly fileBytes: number;
  /** Every label that occurs. */
  readonly lines: readonly AccountLine[];
  /** All bytes in order. */
  readonly ranges: readonly LabelledRange<AccountLabel>[];
  /** Bytes that something points to and that lie behind the end of the file. Several pointers to one count each. */
  readonly missingBytes: number;
}

/** Bytes compared at a time when gaps are looked at. */
const CHUNK = 1 << 16;

/** Keeps account while the tree is walked. */
export class Accountant {
  readonly #image: CramfsImage;
  readonly #map: RangeMap<Claimed>;
  #missing = 0;

  constructor(image: CramfsImage) {
    this.#image = image;
    this.#map = new RangeMap(image.source.size, RANKING);
    const { position, root } = image.superblock;
    const behind = position + image.superblockSize;
    if (position === BOOT_PAD) this.#claim('boot pad', 0, BOOT_PAD);
    this.#claim('superblock', position, behind);
    if (image.hasFlag(CRAMFS_FLAG_SHIFTED_ROOT_OFFSET) && root.size > 0 && root.offset > behind) {
      this.#claim('inserted', behind, root.offset);
    }
  }

  /** Claims a directory entry's inode and name. The root is part of the superblock and not to be given. */
  entry({ position, namelen }: Pick<Inode, 'position' | 'namelen'>): void {
    const name = position + this.#image.inodeLayout.size;
    this.#claim('inode', position, name);
    this.#claim('name', name, name + namelen);
  }

  /** Claims the pointer table of a file with `blocks` blocks. */
  pointers(inode: Inode, bytes: number): void {
    this.#claim('block pointer', inode.ino, inode.ino + bytes);
  }

  /** Claims a block's stored bytes, the length field of direct-zlib blocks included. */
  block(block: Block, direct: boolean): void {
    const field = direct && block.kind !== 'direct' ? 2 : 0;
    const label = block.kind === 'hole' ? 'direct-zlib' : block.kind;
    this.#claim(label, block.start - field, block.start + block.length);
  }

  #claim(label: Claimed, start: number, end: number): void {
    this.#missing += this.#map.claim(label, start, end);
  }

  /**
   * Draws up the account. Bytes that nothing points to are read to tell padding from the rest.
   *
   * @throws CramfsError IO
   */
  account(): Account {
    const ranges: LabelledRange<AccountLabel>[] = [];
    const lines = this.lines((start, end, label) => ranges.push({ start, end, label }));
    return { fileBytes: this.#image.source.size, lines, ranges, missingBytes: this.#missing };
  }

  /**
   * The bytes of every label that occurs.
   *
   * @param visit gets the ranges in order
   * @throws CramfsError IO
   */
  lines(visit?: (start: number, end: number, label: AccountLabel) => void): readonly AccountLine[] {
    const lines = new AccountLines();
    this.#forEach((start, end, label) => {
      lines.add(label, end - start);
      visit?.(start, end, label);
    });
    return lines.all();
  }

  #forEach(visit: (start: number, end: number, label: AccountLabel) => void): void {
    const fileBytes = this.#image.source.size;
    const imageEnd = this.#image.hasFlag(CRAMFS_FLAG_FSID_VERSION_2)
      ? Math.min(this.#image.size, fileBytes)
      : fileBytes;
    this.#map.forEach('unreferenced', (start, end, label) => {
      if (label !== 'unreferenced') {
        visit(start, end, label);
        return;
      }
      const within = Math.min(end, Math.max(start, imageEnd));
      forEachPartOfGap(this.#image.source, start, within, visit);
      if (end > within) visit(within, end, 'trailing');
    });
  }
}

/**
 * A gap between things. Zeros at its ends are padding, and so are the bytes up to the next multiple of 4 whatever they
 * are: behind stored blocks mkcramfs leaves scraps of its attempt to compress them. What is between is unreferenced.
 *
 * @throws CramfsError IO
 */
export function forEachPartOfGap(
  source: ByteSource,
  start: number,
  end: number,
  visit: (start: number, end: number, label: 'padding' | 'unreferenced') => void,
): void {
  const aligned = Math.min(end, roundUp(start, 4));
  const [first, behindLast] = aligned === end ? [end, end] : nonZero(source, aligned, end);
  if (first > start) visit(start, first, 'padding');
  if (behindLast > first) visit(first, behindLast, 'unreferenced');
  if (end > behindLast) visit(behindLast, end, 'padding');
}

/** The range from the first to behind the last byte that is not 0; `end` twice if there is none. */
function nonZero(source: ByteSource, start: number, end: number): [number, number] {
  let first = end;
  let behindLast = end;
  for (let at = start; at < end; at += CHUNK) {
    const bytes = source.read(at, Math.min(CHUNK, end - at));
    const from = firstNonZero(bytes);
    if (from === -1) continue;
    if (first === end) first = at + from;
    behindLast = at + lastNonZero(bytes) + 1;
  }
  return [first, behindLast];
}

/** Sums by label. */
export class AccountLines {
  readonly #lines = new Map(ACCOUNT_LABELS.map((label) => [label, { label, bytes: 0, ranges: 0 }]));

  /** Adds bytes, in one range or more. */
  add(label: AccountLabel, bytes: number, ranges = 1): void {
    const line = this.#lines.get(label);
    if (line === undefined) return;
    line.bytes += bytes;
    line.ranges += ranges;
  }

  /** The lines that are not empty. */
  all(): readonly AccountLine[] {
    return [...this.#lines.values()].filter(({ bytes }) => bytes > 0);
  }
}
