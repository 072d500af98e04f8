/**
 * Directories as the mounted kernel sees them: cramfs_lookup() and cramfs_readdir() of fs/cramfs/inode.c.
 *
 * Each entry is read as an inode and the longest name there is, 12 + 252 bytes, through cramfs_read(). An entry that
 * begins in the last 264 bytes of the file system is therefore all zeros to a mount from MTD: an entry without a name
 * that look-ups step over, 12 bytes at a time, and that ends listings with EIO.
 */
import { roundUp } from '../base/pages.ts';
import { ENTRY_READ_SIZE, INODE_SIZE, CRAMFS_FLAG_SORTED_DIRS } from '../format/constants.ts';
import { decodeInode, type InodeFields } from '../format/inode.ts';
import type { Inode } from '../image/image.ts';
import type { Errno } from '../mm/errno.ts';
import { cramfsRead, isReadable } from './cramfsRead.ts';
import { getCramfsInode, type InodeCache, type RefusedInode } from './inode.ts';
import type { MountedCramfs } from './mount.ts';

/** A directory entry as Linux reads it. */
export interface KernelEntry {
  /** Byte offset in the image. */
  readonly position: number;
  readonly inode: InodeFields;
  /** The name and what follows it, 252 bytes. */
  readonly name: Uint8Array;
}

/**
 * How cramfs_lookup() ended: with an inode, an error, or nothing; then `stoppedAt` is the byte offset of the entry that
 * ended the search of a sorted directory, null where all of the directory was searched.
 */
export type LookupResult =
  | { readonly inode: Inode }
  | (Partial<RefusedInode> & { readonly errno: Errno; readonly position: number })
  | { readonly stoppedAt: number | null };

/**
 * The entries of a directory as Linux comes by them, as long as it can read them.
 *
 * @param inode as getCramfsInode() gives it
 */
export function* kernelEntries(fs: MountedCramfs, inode: Inode): Generator<KernelEntry, void> {
  const end = inode.ino + inode.size;
  for (let position = inode.ino; position < end;) {
    if (!isReadable(fs, position, fs.entryReadSize)) return;
    const entry = readEntry(fs, position);
    yield entry;
    position += INODE_SIZE + entry.inode.namelen;
  }
}

/** cramfs_read() of an entry. */
function readEntry(fs: MountedCramfs, position: number): KernelEntry {
  const bytes = cramfsRead(fs, position, fs.entryReadSize);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const inode = decodeInode(view, 0, fs.memory.littleEndian);
  // A kernel without the defect would read the name by itself.
  const isWhole = fs.entryReadSize >= ENTRY_READ_SIZE;
  const name = isWhole ? bytes.subarray(INODE_SIZE) : cramfsRead(fs, position + INODE_SIZE, inode.namelen);
  return { position, inode, name };
}

/** Bytes of the name without its padding; 0 for none. */
function nameLength({ inode, name }: KernelEntry): number {
  let length = inode.namelen;
  while (length > 0 && name[length - 1] === 0) length--;
  return length;
}

/** The name of an entry, without its padding. */
export function nameOf(entry: KernelEntry): Uint8Array {
  return entry.name.subarray(0, nameLength(entry));
}

/**
 * cramfs_lookup() of a name of 1 byte or more.
 *
 * In an image with SORTED_DIRS the search ends at an entry whose first byte is past that of the wanted name, or that is
 * as long and sorts past it. The first byte is a `char`: a signed number in kernels for some CPUs, to which bytes from
 * 0x80 on are below all others. The byte is looked at even where the entry has no name.
 *
 * @param onEntry told of each entry that is looked at
 */
export function cramfsLookup(
  fs: MountedCramfs,
  cache: InodeCache,
  directory: Inode,
  wanted: Uint8Array,
  onEntry: (entry: KernelEntry) => void,
): LookupResult {
  const isSorted = (fs.flags & CRAMFS_FLAG_SORTED_DIRS) !== 0;
  const wantedFirst = wanted[0] ?? 0;
  const wantedNamelen = roundUp(wanted.length, 4);
  // What cannot be read is skipped as entries without a name are: it has no effect, and nothing that follows can be read.
  for (const entry of kernelEntries(fs, directory)) {
    onEntry(entry);
    const { position, inode, name } = entry;
    const [first = 0] = name;
    if (isSorted && wantedFirst < (fs.cpu.charSigned ? (first << 24) >> 24 : first)) return { stoppedAt: position };
    if (inode.namelen !== wantedNamelen) continue;
    const length = nameLength(entry);
    if (length === 0) return { errno: 'EIO', position };
    if (length !== wanted.length) continue;
    const order = memcmp(wanted, name, length);
    if (order === 0) {
      return foundInode(fs, cache, entry);
    }
    if (order < 0 && isSorted) return { stoppedAt: position };
  }
  return { stoppedAt: null };
}

/** What cramfs_lookup() makes of the entry with the wanted name. */
export function foundInode(
  fs: MountedCramfs,
  cache: InodeCache,
  { inode, position }: Pick<KernelEntry, 'inode' | 'position'>,
): LookupResult {
  const found = getCramfsInode(cache, inode, position, fs.verifiesFileType);
  return 'errno' in found ? { ...found, position } : { inode: found };
}

function memcmp(a: Uint8Array, b: Uint8Array, length: number): number {
  for (let i = 0; i < length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** What listing a directory gives: the entries up to one without a name, which ends it with EIO. */
export interface Listing {
  readonly entries: readonly KernelEntry[];
  readonly errno: Errno | null;
}

/** cramfs_readdir(), called until it gives no more. */
export function cramfsReaddir(fs: MountedCramfs, directory: Inode): Listing {
  const entries: KernelEntry[] = [];
  let end = directory.ino;
  for (const entry of kernelEntries(fs, directory)) {
    if (nameLength(entry) === 0) return { entries, errno: 'EIO' };
    entries.push(entry);
    end = entry.position + INODE_SIZE + entry.inode.namelen;
  }
  return { entries, errno: end < directory.ino + directory.size ? 'EIO' : null };
}
