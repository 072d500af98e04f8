/**
 * Builds an image from a tree of entries.
 *
 * The layout is that of mkcramfs: superblock, inserted file, directories "width-first" (all entries of one together, then
 * each subdirectory in turn), then the data of the files depth-first, each content once.
 */
import { readRoom } from '../base/bytes.ts';
import { roundUp } from '../base/pages.ts';
import { CramfsError } from '../base/errors.ts';
import {
  BOOT_PAD,
  CRAMFS_FLAG_EXT_BLOCK_POINTERS,
  CRAMFS_FLAG_FSID_VERSION_2,
  CRAMFS_FLAG_HOLES,
  CRAMFS_FLAG_SHIFTED_ROOT_OFFSET,
  CRAMFS_FLAG_SORTED_DIRS,
  ENTRY_READ_SIZE,
  ROOT_INODE_OFFSET,
  S_IFMT,
  S_IFREG,
  S_ISVTX,
} from '../format/constants.ts';
import type { InodeFields, InodeLayout } from '../format/inode.ts';
import { encodeName } from '../format/names.ts';
import { encodeSuperblock } from '../format/superblock.ts';
import { isBlockSize, PAGE_SIZES } from '../image/image.ts';
import { swapped } from '../inspect/imageCrc.ts';
import { type Canvas, MemoryCanvas } from './canvas.ts';
import { type ContentHash, plainHash } from './contentHash.ts';
import {
  type BlockCompressor,
  defaultCompressor,
  type EncodedBlock,
  encodeFile,
  type EncodeOptions,
} from './encodeFile.ts';
import { type BuildWarning, type ImageNode, type InodeOptions, makeNodes } from './inodes.ts';
import { layOutDirectories, unseenEntries } from './layout.ts';
import { type DirectPlacement, Placer } from './placer.ts';
import { readNode, SeenContents } from './seenContents.ts';
import type { DirectoryEntry, FileContent } from './sourceTree.ts';
import { inodeLayoutOf, isForLinux, LINUX_FORMAT, VENDOR_FLAGS, type VendorFormat } from './vendorFormat.ts';

/** Which blocks of a file are direct: for each block, or null for none. */
export type ChooseDirect = (bytes: Uint8Array, node: ImageNode) => readonly boolean[] | null;

/** Which blocks of a file a vendor stores without a flag: for each block, or null for what the format's rule says. */
export type ChooseUnflagged = (bytes: Uint8Array, node: ImageNode) => readonly boolean[] | null;

/** How an image is built. */
export interface BuildOptions extends InodeOptions {
  readonly littleEndian?: boolean | undefined;
  /** Bytes of a block: the page size of the CPU. Default 4096. */
  readonly pageSize?: number | undefined;
  readonly edition?: number | undefined;
  /** 512 bytes in front for boot code. */
  readonly bootPad?: boolean | undefined;
  /** With `bootPad`: what is in it, at most 512 bytes; zeros follow. */
  readonly bootCode?: Uint8Array | undefined;
  /** Bytes to insert behind the superblock. */
  readonly insert?: Uint8Array | undefined;
  /** Blocks of zeros become holes. */
  readonly holes?: boolean | undefined;
  /** With `holes`: whether the superblock announces them even where there are none, as mkfs.cramfs does. */
  readonly alwaysAnnounceHoles?: boolean | undefined;
  /** Blocks that do not shrink are stored as they are. */
  readonly storeIncompressible?: boolean | undefined;
  /** A full last page is compressed even where it does not shrink: stored by its start, read(2) would give zeros. */
  readonly compressFullLastPage?: boolean | undefined;
  /** Leaves the rest of a longer zlib stream where mkcramfs does: in the bytes that align the next file. */
  readonly keepRemnants?: boolean | undefined;
  readonly chooseDirect?: ChooseDirect | undefined;
  /** A vendor's format. Default: what Linux reads. Its kernels know no direct blocks. */
  readonly format?: VendorFormat | undefined;
  readonly chooseUnflagged?: ChooseUnflagged | undefined;
  /** Leave room after the last directory entry for all that Linux reads of it; the reference tools do not. */
  readonly entryRoom?: boolean | undefined;
  /** Default: aligned to a page of the image, inline. */
  readonly direct?: DirectPlacement | undefined;
  /** Default: one in this thread, with the bytes of mkcramfs. */
  readonly compressor?: BlockCompressor | undefined;
  readonly hash?: ContentHash | undefined;
  /** Told after each file; bytes of content so far, and in all. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** What is known of an image that was built. */
export interface BuiltImage {
  /** Bytes of the image. */
  readonly size: number;
  /** Its checksum, as the superblock has it. */
  readonly crc: number;
  /** What was cut to fit. */
  readonly warnings: readonly BuildWarning[];
  readonly root: ImageNode;
  /** Inodes, the root included. */
  readonly files: number;
  /** Bytes of direct blocks, and bytes left free around them. */
  readonly directBytes: number;
  readonly paddingBytes: number;
  /** Direct blocks, shared ones counted once, and files that have some. */
  readonly directBlocks: number;
  readonly directFiles: number;
}

/** A built image. */
export interface BuildResult extends BuiltImage {
  readonly bytes: Uint8Array;
}

/** Content that is read and encoded ahead of the one that is placed: bytes and files at most. */
const READ_AHEAD = 4 << 20;
const FILES_AHEAD = 2048;
/** Bytes of the memory that files are read to, one after the other, unless one is longer. */
const READ_ROOM = 1 << 20;

/**
 * Builds an image in memory. The same tree and options give the same bytes.
 *
 * @throws UnfitError with everything in the tree that the format cannot hold; CramfsError UNFIT, LIMIT, USAGE, and what reading the source throws
 */
export async function buildImage(root: DirectoryEntry, options: BuildOptions = {}): Promise<BuildResult> {
  const canvas = new MemoryCanvas();
  const built = await drawImage(root, canvas, options);
  return { ...built, bytes: canvas.view() };
}

/**
 * Builds an image on an empty canvas.
 *
 * @throws as {@link buildImage}, and what the canvas throws
 */
export async function drawImage(root: DirectoryEntry, canvas: Canvas, options: BuildOptions = {}): Promise<BuiltImage> {
  const { pageSize = 4096, littleEndian = true, format = LINUX_FORMAT } = options;
  if (!(isForLinux(format) ? PAGE_SIZES.includes(pageSize) : isBlockSize(pageSize))) {
    throw new CramfsError('USAGE', { found: `a page size of ${String(pageSize)} bytes: no CPU has it` });
  }
  const made = makeNodes(root, options);
  const start = options.bootPad === true ? BOOT_PAD : 0;
  const insert = options.insert ?? new Uint8Array(0);
  const inodes = inodeLayoutOf(format.inodes);
  const superblockEnd = start + ROOT_INODE_OFFSET + inodes.size;
  const layout = layOutDirectories(made.root, superblockEnd + roundUp(insert.length, 4), inodes);
  canvas.expect(layout.end + layout.total + 8 * layout.files);
  if (start > 0 && options.bootCode !== undefined) canvas.put(0, options.bootCode.subarray(0, start));
  canvas.put(superblockEnd, insert);
  const direct = options.direct ?? { alignment: pageSize, base: 0, layout: 'inline' };
  requirePlacement(direct);
  const placer = new Placer(canvas, layout.end, littleEndian, pageSize, direct, format.longTables);
  const blocks = await placeContents(made.root, layout.total, placer, pageSize, options);
  placer.finish();
  if (placer.usesExtension && !isForLinux(format)) {
    throw new CramfsError('USAGE', { found: "direct or flagged blocks in a vendor's format, whose kernels know none" });
  }
  writeInodes(made.root, canvas, littleEndian, inodes);
  const wanted = options.entryRoom === true ? layout.lastEntry + ENTRY_READ_SIZE : 0;
  canvas.setLength(roundUp(Math.max(placer.cursor, wanted), endAlignment(pageSize, format)));
  const crc = writeSuperblock(canvas, start, littleEndian, format, {
    flags:
      format.flags |
      CRAMFS_FLAG_FSID_VERSION_2 |
      CRAMFS_FLAG_SORTED_DIRS |
      (options.holes === true && (options.alwaysAnnounceHoles === true || placer.usesHoles) ? CRAMFS_FLAG_HOLES : 0) |
      (insert.length > 0 ? CRAMFS_FLAG_SHIFTED_ROOT_OFFSET : 0) |
      (placer.usesExtension ? CRAMFS_FLAG_EXT_BLOCK_POINTERS : 0),
    edition: options.edition ?? 0,
    name: made.name,
    blocks,
    files: layout.files,
    root: fieldsOf(made.root),
  });
  return {
    size: canvas.length,
    crc,
    warnings: [...made.warnings, ...(isForLinux(format) ? unseenEntries(made.root, canvas.length) : [])],
    root: made.root,
    files: layout.files,
    directBytes: placer.directBytes,
    paddingBytes: placer.paddingBytes,
    directBlocks: placer.directBlocks,
    directFiles: [...contentNodes(made.root)].filter(({ offset }) => placer.directTables.has(offset)).length,
  };
}

/** What an image's size is a multiple of: blocks whose size a vendor's flags give are larger than the page of its CPU. */
const endAlignment = (pageSize: number, { flags }: VendorFormat): number =>
  (flags & VENDOR_FLAGS) === 0 ? pageSize : 4096;

/** Pointers to direct blocks count words of 4 bytes. @throws CramfsError USAGE */
function requirePlacement({ alignment, base }: DirectPlacement): void {
  const isPower = Number.isInteger(Math.log2(alignment));
  if (isPower && alignment >= 4 && Number.isSafeInteger(base) && base >= 0 && base % 4 === 0) return;
  throw new CramfsError('USAGE', {
    found: `direct blocks aligned to ${String(alignment)} bytes from address ${String(base)}: the alignment must be a power of two of at least 4, the address a multiple of 4`,
  });
}

interface Pending {
  readonly node: ImageNode;
  readonly size: number;
  /** Bytes of a file without block pointers; else its blocks. */
  readonly encoded: Promise<EncodedBlock[]> | Uint8Array;
}

/** Reads, encodes and places every content once, in tree order. Returns the number of blocks, shared ones counted once. */
async function placeContents(
  root: ImageNode,
  total: number,
  placer: Placer,
  pageSize: number,
  options: BuildOptions,
): Promise<number> {
  const encodeOptions = {
    pageSize,
    holes: options.holes === true,
    storeIncompressible: options.storeIncompressible === true,
    compressFullLastPage: options.compressFullLastPage,
    keepRemnants: options.keepRemnants,
    unflagged: options.format?.unflagged,
  };
  const isRaw = ({ mode }: ImageNode): boolean =>
    options.format?.linearXip === true && (mode & S_IFMT) === S_IFREG && (mode & S_ISVTX) !== 0;
  // Files without block pointers share with their like only.
  const stores = { withPointers: new Store(options), raw: new Store(options) };
  // Blocks that are stored as they are are kept until they are placed; vendors have more of them.
  const isKept =
    encodeOptions.storeIncompressible ||
    options.chooseDirect !== undefined ||
    options.chooseUnflagged !== undefined ||
    !isForLinux(options.format ?? LINUX_FORMAT);
  let room = isKept ? undefined : readRoom(Math.min(READ_ROOM, total + 1));
  const sharers: { readonly node: ImageNode; readonly first: ImageNode }[] = [];
  const { compressor = defaultCompressor() } = options;
  /** Contents on their way to their place; those before `placed` have got there. */
  let queue: Pending[] = [];
  let placed = 0;
  let ahead = 0;
  let blocks = 0;
  let done = 0;
  const placeFirst = async (): Promise<void> => {
    const pending = queue[placed++];
    if (pending === undefined) return;
    // Thousands of small files are under way: the front is cut off now and then, not one by one.
    if (placed >= 1024 && placed * 2 >= queue.length) {
      queue = queue.slice(placed);
      placed = 0;
    }
    const { node, encoded } = pending;
    node.offset =
      encoded instanceof Uint8Array
        ? placer.placeRaw(node.path, encoded)
        : placer.place(node.path, await encoded, node.size);
    node.end = placer.cursor;
    ahead -= pending.size;
    done += pending.size;
    options.onProgress?.(done, total);
  };
  try {
    for (const node of contentNodes(root)) {
      const raw = isRaw(node);
      const { seen, firstOf } = raw ? stores.raw : stores.withPointers;
      const known = node.content === null ? undefined : firstOf.get(node.content);
      if (known !== undefined) {
        sharers.push({ node, first: known });
        done += node.size;
        continue;
      }
      // Memory of its own for each long file would stay until it is collected.
      if (room !== undefined && room.length <= node.size) room = readRoom(Math.max(node.size + 1, 2 * room.length));
      const bytes = readNode(node, room);
      const first = seen.firstLike(node, bytes);
      if (node.content !== null) firstOf.set(node.content, first ?? node);
      if (first !== null) {
        sharers.push({ node, first });
        done += bytes.length;
        continue;
      }
      const encoded = raw ? bytes : encodeNode(node, bytes, options, encodeOptions, compressor);
      // What has no pointers has no blocks that are counted.
      if (!raw) blocks += Math.ceil(bytes.length / pageSize);
      queue.push({ node, size: bytes.length, encoded });
      ahead += bytes.length;
      while (ahead > READ_AHEAD || queue.length - placed > FILES_AHEAD) await placeFirst();
    }
    while (placed < queue.length) await placeFirst();
  } catch (error) {
    // What is still being compressed is not waited for, and must not fail unheard.
    for (const { encoded } of queue.slice(placed)) {
      if (!(encoded instanceof Uint8Array)) encoded.catch(() => undefined);
    }
    throw error;
  }
  for (const { node, first } of sharers) {
    node.offset = first.offset;
    node.end = first.end;
  }
  return blocks;
}

function encodeNode(
  node: ImageNode,
  bytes: Uint8Array,
  { chooseDirect, chooseUnflagged }: BuildOptions,
  encodeOptions: EncodeOptions,
  compressor: BlockCompressor,
): Promise<EncodedBlock[]> {
  const isDirect = chooseDirect?.(bytes, node) ?? null;
  return encodeFile(bytes, isDirect, encodeOptions, compressor, chooseUnflagged?.(bytes, node) ?? null);
}

/** Files and links that are not empty, depth-first. */
function* contentNodes(directory: ImageNode): Generator<ImageNode, void> {
  for (const node of directory.children ?? []) {
    if (node.children !== null) yield* contentNodes(node);
    else if (node.content !== null) yield node;
  }
}

/** What of the source is in the image so far. */
class Store {
  readonly seen: SeenContents;
  /** Sources may know that files are one: their content is not read again. */
  readonly firstOf = new Map<FileContent, ImageNode>();

  constructor({ hash = plainHash }: BuildOptions) {
    this.seen = new SeenContents(hash);
  }
}

function writeInodes(directory: ImageNode, canvas: Canvas, littleEndian: boolean, inodes: InodeLayout): void {
  for (const node of directory.children ?? []) {
    canvas.put(node.position, inodes.encode(fieldsOf(node), littleEndian));
    canvas.put(node.position + inodes.size, node.name);
    if (node.children !== null) writeInodes(node, canvas, littleEndian, inodes);
  }
}

function fieldsOf(node: ImageNode): InodeFields {
  const { mode, uid, gid, size, offset } = node;
  return { mode, uid, gid, size, offset, namelen: roundUp(node.name.length, 4) };
}

/** @returns the image's checksum */
function writeSuperblock(
  canvas: Canvas,
  start: number,
  littleEndian: boolean,
  format: VendorFormat,
  fields: { flags: number; edition: number; name: Uint8Array; blocks: number; files: number; root: InodeFields },
): number {
  const superblock = {
    littleEndian,
    size: canvas.length,
    future: 0,
    signature: encodeName(format.signature),
    crc: 0,
    ...fields,
  };
  canvas.put(start, encodeSuperblock(superblock, inodeLayoutOf(format.inodes)));
  const sum = canvas.crcFrom(start);
  const crc = format.swappedCrc ? swapped(sum) : sum;
  canvas.putU32(start + 32, crc, littleEndian);
  return crc;
}
