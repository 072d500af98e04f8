/**
 * A listing of an image, to read, to edit, and to build from: text, one entry a line.
 *
 *     cramfs-listing 1
 *     image endian=little page-size=4096 edition=0 name=Compressed … direct=none
 *     /bin/app f 755 0 0 direct=0-3,7
 *     /bin/sh l 777 0 0 target=app
 *     /dev/null c 666 0 0 1 3
 *     /etc d 755 0 0
 *     /etc/motd f 644 0 0 from=/etc/motd.new
 *
 * Fields are separated by blanks; in names, blanks, backslashes, control characters and bytes that are no UTF-8 are
 * written \xHH. In a vendor's format the line "image" has more fields (see VendorFormat), and files `unflagged=` blocks, which
 * are stored as they are without a flag. Contents of files are not part of it: they come from the source, from the same path or from `from=`.
 */
import { hexDigits, hexBytes } from '../../base/hex.ts';
import { decodeName, encodeName } from '../../format/names.ts';
import { blockCount } from '../../image/blocks.ts';
import { type BlockRuns, blocksIn, type BlocksOfFiles, blocksPast } from '../blockRuns.ts';
import type { BuildOptions } from '../mkfs.ts';
import type { DirectPlacement } from '../placer.ts';
import type { KeptFacts } from '../repackFacts.ts';
import { type DirectoryEntry, type FileContent, findEntry, type SourceEntry, walkEntries } from '../sourceTree.ts';
import { LINUX_FORMAT, type VendorFormat } from '../vendorFormat.ts';

/** The first line. */
export const HEADER = 'cramfs-listing 1';

/** Ways to compress, as the listing names them. */
export const DEFLATE_NAMES = ['classic-9', 'classic-6', 'fast'] as const;
/** See {@link DEFLATE_NAMES}. */
export type DeflateName = (typeof DEFLATE_NAMES)[number];

/** Everything about an image that is not in its entries: how to build it. */
export interface ImageDescription extends KeptFacts {
  readonly littleEndian: boolean;
  readonly pageSize: number;
  readonly storeIncompressible: boolean;
  readonly keepRemnants: boolean;
  readonly compressFullLastPage: boolean;
  readonly deflate: DeflateName;
  /** Where direct blocks go; null where there are none. */
  readonly direct: DirectPlacement | null;
  readonly format: VendorFormat;
}

/** A listing taken apart. */
export interface Listing {
  readonly image: ImageDescription;
  readonly root: DirectoryEntry;
  readonly direct: BlocksOfFiles;
  /** Blocks stored without a flag, in files that the format's rule does not cover. */
  readonly unflagged: BlocksOfFiles;
}

/** The options that build an image as described. */
export function describedOptions({
  image,
  direct,
  unflagged,
}: Omit<Listing, 'root'>): Omit<BuildOptions, 'compressor'> & { readonly pageSize: number } {
  const { direct: placement, deflate: _deflate, ...options } = image;
  return {
    ...options,
    // What is described is the flag of the superblock.
    alwaysAnnounceHoles: true,
    direct: placement ?? undefined,
    chooseDirect: (bytes, node) => chosenBlocks(direct, bytes, node.path, image.pageSize),
    chooseUnflagged: (bytes, node) => chosenBlocks(unflagged, bytes, node.path, image.pageSize),
  };
}

/** For each block of a file whether it is among those chosen; null where nothing is said of the file. */
export function chosenBlocks(
  files: BlocksOfFiles,
  bytes: Uint8Array,
  path: string,
  pageSize: number,
): boolean[] | null {
  const runs = files.get(path);
  return runs === undefined ? null : blocksIn(runs, blockCount(bytes.length, pageSize));
}

/** Entries of the source that the listing lacks, and files whose content it takes nowhere; by path. */
export function unlistedFiles(source: DirectoryEntry, { root }: Listing): string[] {
  const listed = new Set<FileContent>();
  for (const { entry } of walkEntries(root)) if (entry.type === 'file') listed.add(entry.content);
  const missing: string[] = [];
  for (const { path, entry } of walkEntries(source)) {
    const isThere = entry.type === 'file' ? listed.has(entry.content) : findEntry(root, path) !== null;
    if (!isThere) missing.push(path);
  }
  return missing;
}

/** Blocks that a listing names past the end of a file or link: `count` of those after `direct=` or `unflagged=`. */
export interface MissingBlocks {
  readonly path: string;
  readonly key: 'direct' | 'unflagged';
  readonly count: number;
}

/** The blocks that a listing names and its files do not have, as when a file has become shorter. */
export function missingBlocks({ image, root, direct, unflagged }: Listing): MissingBlocks[] {
  const missing: MissingBlocks[] = [];
  for (const { path, entry } of walkEntries(root)) {
    if (entry.type !== 'file' && entry.type !== 'symlink') continue;
    const size = entry.type === 'file' ? entry.content.size : entry.target.length;
    const blocks = blockCount(size, image.pageSize);
    for (const [key, files] of [['direct', direct] as const, ['unflagged', unflagged] as const]) {
      const count = blocksPast(files.get(path) ?? [], blocks);
      if (count > 0) missing.push({ path, key, count });
    }
  }
  return missing;
}

/** Writes a listing. `remarks` become comments at its beginning. */
export function writeListing({ image, root, direct, unflagged }: Listing, remarks: readonly string[]): string {
  const lines = [HEADER, ...remarks.map((remark) => `# ${remark}`), imageLine(image)];
  const entries = [{ path: '/', entry: root as SourceEntry }, ...walkEntries(root)];
  const ranges = new Map<BlockRuns, string>();
  for (const { path, entry } of entries) {
    const words = [escapeText(path), LETTERS[entry.type], entry.mode.toString(8), String(entry.uid), String(entry.gid)];
    if (entry.type === 'chardev' || entry.type === 'blockdev') words.push(String(entry.major), String(entry.minor));
    if (entry.type === 'symlink') words.push(`target=${escapeText(decodeName(entry.target))}`);
    for (const [key, files] of Object.entries({ direct, unflagged })) {
      const runs = files.get(path);
      if (runs === undefined) continue;
      // Files that share their blocks share the runs.
      const text = ranges.get(runs) ?? writeRuns(runs);
      ranges.set(runs, text);
      words.push(`${key}=${text}`);
    }
    lines.push(words.join(' '));
  }
  return `${lines.join('\n')}\n`;
}

const LETTERS: Readonly<Record<SourceEntry['type'], string>> = {
  file: 'f',
  directory: 'd',
  symlink: 'l',
  chardev: 'c',
  blockdev: 'b',
  fifo: 'p',
  socket: 's',
};

const yesNo = (value: boolean): string => (value ? 'yes' : 'no');

function imageLine(image: ImageDescription): string {
  const { direct } = image;
  const fields = [
    `endian=${image.littleEndian ? 'little' : 'big'}`,
    `page-size=${image.pageSize}`,
    `edition=${image.edition}`,
    `name=${escapeText(image.name)}`,
    `boot-pad=${yesNo(image.bootPad)}`,
    `holes=${yesNo(image.holes)}`,
    `extended=${yesNo(image.storeIncompressible)}`,
    `remnants=${yesNo(image.keepRemnants)}`,
    `full-last-page=${image.compressFullLastPage ? 'compressed' : 'any'}`,
    `deflate=${image.deflate}`,
    `direct=${direct === null ? 'none' : `${direct.layout},${direct.alignment},${direct.base},${direct.padTail === true ? 'padded' : 'tight'}`}`,
  ];
  if (image.bootCode.length > 0) fields.push(`boot-code=${hexBytes(image.bootCode)}`);
  if (image.insert.length > 0) fields.push(`insert=${hexBytes(image.insert)}`);
  return `image ${[...fields, ...formatFields(image.format)].join(' ')}`;
}

/** What of a vendor's format differs from Linux's. */
function formatFields(format: VendorFormat): string[] {
  const { inodes, linearXip, longTables, unflagged, flags, signature, swappedCrc } = format;
  return [
    ...(inodes === LINUX_FORMAT.inodes ? [] : [`inodes=${inodes}`]),
    ...(linearXip ? ['linear-xip=yes'] : []),
    ...(longTables === null
      ? []
      : [`long-tables=${longTables.extra},${longTables.wholeOnly ? 'whole' : 'all'},${longTables.filler}`]),
    ...(unflagged === 'none' ? [] : [`unflagged=${unflagged}`]),
    ...(flags === 0 ? [] : [`flags=0x${flags.toString(16)}`]),
    ...(signature === LINUX_FORMAT.signature ? [] : [`signature=${escapeText(signature)}`]),
    ...(swappedCrc ? ['crc=swapped'] : []),
  ];
}

/** "0-3,7" for the blocks 0, 1, 2, 3 and 7; "none" for none. */
function writeRuns(runs: BlockRuns): string {
  if (runs.length === 0) return 'none';
  return runs.map(({ first, last }) => (first === last ? String(first) : `${first}-${last}`)).join(',');
}

/** What would end a field, move a cursor, or is no UTF-8. */
const UNSAFE = /[\s\p{Cc}\p{Cs}\p{Bidi_Control}\u2028\u2029\ufeff\\]/gu;

/** Blanks, backslashes, control characters and bytes that are no UTF-8 as \xHH. */
function escapeText(text: string): string {
  return text.replace(UNSAFE, (char) => [...encodeName(char)].map((byte) => `\\x${hexDigits(byte, 2)}`).join(''));
}
