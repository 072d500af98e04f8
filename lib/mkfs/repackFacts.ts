/**
 * What is in an image beside its files and its format, and how an image that is built again keeps it: the name, the boot pad
 * and the like become options of the builder, the rest is compared with what was built.
 */
import { compareBytes, isFilled, lastNonZero, sameBytes } from '../base/bytes.ts';
import {
  BOOT_PAD,
  CRAMFS_FLAG_FSID_VERSION_2,
  CRAMFS_FLAG_HOLES,
  CRAMFS_FLAG_SHIFTED_ROOT_OFFSET,
} from '../format/constants.ts';
import { decodeName } from '../format/names.ts';
import { type Block, blockCount, fileBlock, isRaw } from '../image/blocks.ts';
import type { CramfsImage } from '../image/image.ts';
import { survey } from '../inspect/survey.ts';
import { walk, type WalkEntry } from '../inspect/walk.ts';

/** What options of the builder keep. */
export interface KeptFacts {
  readonly edition: number;
  /** At most 16 bytes, trailing NULs left out. */
  readonly name: string;
  readonly bootPad: boolean;
  /** What is in the boot pad, trailing zeros left out. */
  readonly bootCode: Uint8Array;
  readonly insert: Uint8Array;
  readonly holes: boolean;
}

/** The facts of an image that options of the builder keep. @throws CramfsError IO */
export function keptFacts(image: CramfsImage): KeptFacts {
  const { superblock, size, superblockSize, source } = image;
  const start = superblock.position;
  // Only this flag says that what lies between superblock and root is an inserted file.
  const isShifted = image.hasFlag(CRAMFS_FLAG_SHIFTED_ROOT_OFFSET);
  const insertStart = start + superblockSize;
  const insertEnd = isShifted ? Math.max(insertStart, Math.min(superblock.root.offset, size)) : insertStart;
  const code = start === BOOT_PAD ? source.read(0, BOOT_PAD) : new Uint8Array(0);
  return {
    edition: superblock.edition,
    name: decodeName(superblock.name).replace(/\0+$/, ''),
    bootPad: start > 0,
    bootCode: code.slice(0, lastNonZero(code) + 1),
    insert: source.read(insertStart, insertEnd - insertStart).slice(),
    holes: image.hasFlag(CRAMFS_FLAG_HOLES),
  };
}

/** Something that an image has, and what was built from it has not. */
export type FactLoss =
  /** The format of kernels before 2.4.7: no CRC, no size. */
  | { readonly code: 'version-1' }
  /** Entries that are not in the order of their names, in the first directory of which that is so. */
  | { readonly code: 'unsorted'; readonly path: string }
  /** The word of the superblock that is kept for the future, and not zero. */
  | { readonly code: 'future'; readonly word: number }
  /** Blocks that are stored so no longer, in how many files, and the first of them. */
  | {
      readonly code: 'direct' | 'alignment' | 'stored' | 'direct-zlib';
      readonly blocks: number;
      readonly files: number;
      readonly path: string;
    }
  /** Bytes that nothing points to and that are not zero: hidden, or left over. */
  | { readonly code: 'unreferenced' | 'trailing'; readonly bytes: number; readonly offset: number };

/** How a source was given, and what is asked for. */
export interface FactOptions {
  /** Whether the image is all that the file is meant to be: else what follows it is another thing. */
  readonly whole: boolean;
  /** Whether a plan says which blocks are direct: then a file loses them only if it has none at all. Default false. */
  readonly planned?: boolean;
}

/**
 * The facts of an image that a listing does not keep.
 *
 * @param isExact whether building from the listing gives the image byte for byte
 * @throws CramfsError IO, and for damage of the tree
 */
export function lostFacts(
  image: CramfsImage,
  { whole, isExact }: { readonly whole: boolean; readonly isExact: boolean },
): FactLoss[] {
  return [...(isExact ? [] : sourceLosses(image)), ...(whole ? trailingLosses(image) : [])];
}

/**
 * The facts of an image that what was built from it lacks. What {@link keptFacts} has is lost on purpose only.
 *
 * @param source the image that was the source
 * @param built what was built from its files
 * @throws CramfsError IO, and for damage of the tree
 */
export function comparedFacts(
  source: CramfsImage,
  built: CramfsImage,
  { whole, planned = false }: FactOptions,
): FactLoss[] {
  const trailing = whole ? trailingLosses(source) : [];
  if (isSame(source, built)) return trailing;
  return [...blockLosses(source, built, planned), ...sourceLosses(source), ...trailing];
}

/** Bytes read at a time. */
const CHUNK = 1 << 20;

/** Whether two images are the same, byte for byte. */
function isSame(one: CramfsImage, other: CramfsImage): boolean {
  if (one.size !== other.size) return false;
  for (let at = 0; at < one.size; at += CHUNK) {
    const length = Math.min(CHUNK, one.size - at);
    if (!sameBytes(one.source.read(at, length).slice(), other.source.read(at, length))) return false;
  }
  return true;
}

/** What no builder here writes, whatever the options. */
function sourceLosses(image: CramfsImage): FactLoss[] {
  const losses: FactLoss[] = [];
  if (!image.hasFlag(CRAMFS_FLAG_FSID_VERSION_2)) losses.push({ code: 'version-1' });
  const { future } = image.superblock;
  if (future !== 0) losses.push({ code: 'future', word: future });
  const unsorted = firstUnsorted(image);
  if (unsorted !== null) losses.push(unsorted);
  const ranges = survey(image).account.ranges.filter(({ label }) => label === 'unreferenced');
  const [first] = ranges;
  if (first !== undefined) {
    const bytes = ranges.reduce((sum, { start, end }) => sum + end - start, 0);
    losses.push({ code: 'unreferenced', bytes, offset: first.start });
  }
  return losses;
}

function firstUnsorted(image: CramfsImage): FactLoss | null {
  const last = new Map<WalkEntry, Uint8Array>();
  for (const { parent, nameBytes } of walk(image)) {
    if (parent === null) continue;
    const before = last.get(parent);
    if (before !== undefined && compareBytes(before, nameBytes) > 0) return { code: 'unsorted', path: parent.path };
    last.set(parent, nameBytes);
  }
  return null;
}

/** How a file's blocks are stored, as far as a builder may do otherwise. */
interface StoredBlocks {
  readonly direct: number;
  readonly stored: number;
  readonly directZlib: number;
  /** Direct blocks by what their place leaves when divided by the size of a page. */
  readonly residues: ReadonlyMap<number, number>;
}

const KINDS = [
  ['direct', 'direct'],
  ['stored', 'stored'],
  ['direct-zlib', 'directZlib'],
] as const;

function blockLosses(source: CramfsImage, built: CramfsImage, planned: boolean): FactLoss[] {
  const had = storedBlocks(source);
  const has = storedBlocks(built);
  const losses: FactLoss[] = [];
  const add = (
    code: (typeof KINDS)[number][0] | 'alignment',
    lost: (before: StoredBlocks, now: StoredBlocks) => number,
  ): void => {
    const found: { readonly path: string; readonly blocks: number }[] = [];
    for (const [path, before] of had) {
      const now = has.get(path);
      // Files that are left out on purpose are another matter.
      const blocks = now === undefined ? 0 : lost(before, now);
      if (blocks > 0) found.push({ path, blocks });
    }
    const [first] = found;
    if (first === undefined) return;
    const blocks = found.reduce((sum, file) => sum + file.blocks, 0);
    losses.push({ code, blocks, files: found.length, path: first.path });
  };
  if (planned) {
    add('direct', (before, now) => (now.direct > 0 ? 0 : before.direct));
    return losses;
  }
  for (const [code, key] of KINDS) add(code, (before, now) => before[key] - now[key]);
  // Where the blocks of the source lie anyhow, as mkcramfs -X places them, no address maps them all: nothing is lost then.
  const places = new Set([...had.values()].flatMap(({ residues }) => [...residues.keys()]));
  const [residue] = places;
  if (places.size === 1 && residue !== undefined) {
    add('alignment', (before, now) => Math.min(before.direct, now.direct - (now.residues.get(residue) ?? 0)));
  }
  return losses;
}

function storedBlocks(image: CramfsImage): Map<string, StoredBlocks> {
  const files = new Map<string, StoredBlocks>();
  const known = new Map<string, StoredBlocks>();
  for (const { inode, path } of walk(image)) {
    if ((inode.type !== 'file' && inode.type !== 'symlink') || inode.size === 0 || isRaw(image, inode)) continue;
    const key = `${String(inode.ino)} ${String(inode.size)}`;
    const blocks = known.get(key) ?? countBlocks(image, inode);
    known.set(key, blocks);
    files.set(path, blocks);
  }
  return files;
}

function countBlocks(image: CramfsImage, inode: WalkEntry['inode']): StoredBlocks {
  const counts: Record<Block['kind'], number> = { hole: 0, zlib: 0, stored: 0, direct: 0, 'direct-zlib': 0 };
  const residues = new Map<number, number>();
  for (let index = 0; index < blockCount(inode.size, image.pageSize); index++) {
    const { kind, start } = fileBlock(image, inode, index);
    counts[kind]++;
    if (kind === 'direct') residues.set(start % image.pageSize, (residues.get(start % image.pageSize) ?? 0) + 1);
  }
  // What a vendor stores without a flag is a matter of its format.
  const stored = image.quirks.unflaggedStored ? 0 : counts.stored;
  return { direct: counts.direct, stored, directZlib: counts['direct-zlib'], residues };
}

/** What follows an image in its file, unless it is fill. */
function trailingLosses(image: CramfsImage): FactLoss[] {
  if (!image.hasFlag(CRAMFS_FLAG_FSID_VERSION_2)) return [];
  const { source, size } = image;
  const fill = source.read(size, 1)[0];
  if (fill === undefined) return [];
  for (let at = size; ; at += CHUNK) {
    const bytes = source.read(at, CHUNK);
    const isFill = (fill === 0 || fill === 0xff) && isFilled(bytes, fill);
    if (!isFill) return [{ code: 'trailing', bytes: source.size - size, offset: size }];
    if (bytes.length < CHUNK) return [];
  }
}
