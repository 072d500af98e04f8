/**
 * An opened image: its superblock, and bounds-checked access to its bytes.
 *
 * Opening reads the first 588 bytes only; everything else is read when it is asked for.
 */
import { hexBytes } from '../base/hex.ts';
import { CramfsError } from '../base/errors.ts';
import { BOOT_PAD, CRAMFS_FLAG_FSID_VERSION_2, ROOT_INODE_OFFSET, SIZE_WITHOUT_FSID } from '../format/constants.ts';
import {
  type FileType,
  fileType,
  type InodeFields,
  type InodeLayout,
  inodeNumber,
  LINUX_INODE,
} from '../format/inode.ts';
import { decodeSuperblock, findSuperblock, type Superblock } from '../format/superblock.ts';
import { type ByteSource, bytesSource, sliceSource } from '../source/byteSource.ts';
import { forwardSource } from '../source/readAhead.ts';
import { WordReader } from '../source/wordReader.ts';
import { inflate as platformInflate, type Inflate } from './codec.ts';

/** An inode, where it stands, and what it is. */
export interface Inode extends InodeFields {
  /** Byte offset of the inode in the image. */
  readonly position: number;
  /** Linux's inode number; for files, directories and links with data also the byte offset of that data. */
  readonly ino: number;
  readonly type: FileType;
}

/** In what the files of a vendor's image are stored otherwise than Linux has it; see {@link OpenOptions}. */
export interface Quirks {
  /**
   * Linear XIP, of vendors' kernels from 2000 on: a regular file with the sticky bit has no block pointers; its bytes are
   * stored as they are from the page boundary at or after its offset.
   */
  readonly linearXip: boolean;
  /** Blocks without flags that are exactly as long as their content may be stored as they are. */
  readonly unflaggedStored: boolean;
  /** Block pointer tables have so many entries more than the file's size asks for; `wholeOnly`: files of whole pages only. */
  readonly longTables: { readonly extra: number; readonly wholeOnly: boolean } | null;
}

/** As Linux has it. */
export const NO_QUIRKS: Quirks = { linearXip: false, unflaggedStored: false, longTables: null };

/** How to open an image. */
export interface OpenOptions {
  /** Byte offset of the image in the source. Default 0. */
  readonly imageOffset?: number | undefined;
  /** Bytes of a block: the page size of the CPU that the image was made for. Default 4096. */
  readonly pageSize?: number | undefined;
  /** Inflates zlib blocks. Default: Node's zlib, or pako where there is none. */
  readonly inflate?: Inflate | undefined;
  /** How inodes are laid out. Default: as Linux has them. */
  readonly inodeLayout?: InodeLayout | undefined;
  /** What a vendor changed about files. Default: nothing. */
  readonly quirks?: Quirks | undefined;
}

/** Page sizes that Linux has on some CPU and that images were made for. */
export const PAGE_SIZES: readonly number[] = [4096, 8192, 16384, 65536];

/** Largest block that an image can be opened with: what vendors' flags can tell. */
const MAX_BLOCK_SIZE = 512 * 1024;

/** A cramfs image, opened for reading. */
export class CramfsImage {
  readonly source: ByteSource;
  readonly superblock: Superblock;
  readonly littleEndian: boolean;
  /** Bytes of a block. */
  readonly pageSize: number;
  readonly inflate: Inflate;
  readonly inodeLayout: InodeLayout;
  readonly quirks: Quirks;
  /** Words of the image in its byte order; zeros behind the end of the source. */
  readonly words: WordReader;
  /** The same for inodes, which are read by turns with what they lead to. */
  readonly #inodes: WordReader;

  private constructor(
    source: ByteSource,
    superblock: Superblock,
    pageSize: number,
    inflate: Inflate,
    inodeLayout: InodeLayout,
    quirks: Quirks,
    words = new WordReader(source, superblock.littleEndian),
    inodes = new WordReader(source, superblock.littleEndian),
  ) {
    this.source = source;
    this.superblock = superblock;
    this.littleEndian = superblock.littleEndian;
    this.pageSize = pageSize;
    this.inflate = inflate;
    this.inodeLayout = inodeLayout;
    this.quirks = quirks;
    this.words = words;
    this.#inodes = inodes;
  }

  /**
   * Opens an image. Only the superblock is read, and only its magic number is judged: what Linux thinks of the rest is
   * the mount's business.
   *
   * @throws CramfsError NOT_CRAMFS without a magic number at byte 0 or 512, TRUNCATED when the superblock is not whole, IO
   */
  static open(from: ByteSource | Uint8Array, options: OpenOptions = {}): CramfsImage {
    const whole = from instanceof Uint8Array ? bytesSource(from) : from;
    const { imageOffset = 0, pageSize = 4096, inflate = platformInflate, inodeLayout = LINUX_INODE } = options;
    const { quirks = NO_QUIRKS } = options;
    const superblockSize = ROOT_INODE_OFFSET + inodeLayout.size;
    if (!isBlockSize(pageSize)) {
      throw new CramfsError('USAGE', { found: `a page size of ${String(pageSize)} bytes: no CPU has it` });
    }
    const source = sliceSource(whole, imageOffset);
    const head = source.read(0, BOOT_PAD + superblockSize);
    const place = findSuperblock(head);
    if (place === null) {
      throw new CramfsError('NOT_CRAMFS', {
        offset: 0,
        expected: 'the magic number 0x28cd3d45 at byte 0 or 512',
        found: head.length === 0 ? 'no bytes at all' : hexBytes(head.subarray(0, 4), ' '),
      });
    }
    if (place.position + superblockSize > head.length) {
      throw new CramfsError('TRUNCATED', {
        offset: place.position,
        what: 'the superblock',
        expected: `${String(superblockSize)} bytes`,
        found: String(head.length - place.position),
      });
    }
    return new CramfsImage(source, decodeSuperblock(head, place, inodeLayout), pageSize, inflate, inodeLayout, quirks);
  }

  /** The same image read in another way; nothing of it is read again. */
  readAs({ pageSize, inflate, quirks }: Pick<OpenOptions, 'pageSize' | 'inflate' | 'quirks'>): CramfsImage {
    const { source, superblock, inodeLayout, words } = this;
    const [size, inflater, read] = [pageSize ?? this.pageSize, inflate ?? this.inflate, quirks ?? this.quirks];
    return new CramfsImage(source, superblock, size, inflater, inodeLayout, read, words, this.#inodes);
  }

  /** The same image for one who goes through its files: words come from what is read ahead, to the same memory. */
  readForward(): CramfsImage {
    const { source, superblock, pageSize, inflate, inodeLayout, quirks } = this;
    const words = new WordReader(forwardSource(source, this.size), this.littleEndian);
    return new CramfsImage(source, superblock, pageSize, inflate, inodeLayout, quirks, words, this.#inodes);
  }

  /** Bytes of the file system as Linux takes it: superblock.size, or 256 MiB without FSID_VERSION_2. */
  get size(): number {
    return this.hasFlag(CRAMFS_FLAG_FSID_VERSION_2) ? this.superblock.size : SIZE_WITHOUT_FSID;
  }

  /** Bytes of the superblock, root inode included: 76, or 80 with wide inodes. */
  get superblockSize(): number {
    return ROOT_INODE_OFFSET + this.inodeLayout.size;
  }

  /** Whether a superblock flag is set. */
  hasFlag(flag: number): boolean {
    return (this.superblock.flags & flag) !== 0;
  }

  /** The root directory. */
  get root(): Inode {
    const position = this.superblock.position + ROOT_INODE_OFFSET;
    return this.#inode(this.superblock.root, position, 0);
  }

  /**
   * The inode at a byte offset.
   *
   * @throws CramfsError TRUNCATED or OUTSIDE_IMAGE when it is not all there
   */
  inodeAt(position: number, path?: string): Inode {
    const { size, decode } = this.inodeLayout;
    if (!this.#inodes.holds(position, size)) throw this.missing(position, size, 'an inode', path);
    return this.#inode(this.#inodes.decode(decode, position), position, position);
  }

  #inode(fields: InodeFields, position: number, numberedFrom: number): Inode {
    const { mode, uid, size, gid, namelen, offset } = fields;
    const ino = inodeNumber(fields, numberedFrom);
    // Key by key and not frozen: surveys ask for every inode, and a spread or a frozen object costs more than all the rest.
    return { mode, uid, size, gid, namelen, offset, position, ino, type: fileType(mode) };
  }

  /**
   * `length` bytes of metadata from byte `offset`, all of them.
   *
   * @throws CramfsError TRUNCATED when the superblock's size reaches there but the source does not, OUTSIDE_IMAGE when
   *   neither does, IO when the source fails
   */
  need(offset: number, length: number, what: string, path?: string): Uint8Array {
    const bytes = this.source.read(offset, length);
    if (bytes.length === length) return bytes;
    throw this.missing(offset, length, what, path);
  }

  /** The error for bytes that the source does not have. */
  missing(offset: number, length: number, what: string, path?: string): CramfsError {
    const end = offset + length;
    return new CramfsError(end <= this.size ? 'TRUNCATED' : 'OUTSIDE_IMAGE', {
      offset,
      path,
      what,
      expected: `${String(length)} bytes there`,
      found: `a file of ${String(this.source.size)} bytes`,
    });
  }

  /** Releases the source. */
  close(): void {
    this.source.close();
  }
}

/** Whether an image can have blocks of that many bytes: a power of two from 4 to 512 KiB. */
export function isBlockSize(bytes: number): boolean {
  return bytes >= 4096 && bytes <= MAX_BLOCK_SIZE && Number.isInteger(Math.log2(bytes));
}
