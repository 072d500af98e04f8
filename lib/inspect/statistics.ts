/**
 * Counts over a whole image: files by type, blocks by kind, what is stored and what comes out of it.
 */
import type { FileType } from '../format/inode.ts';
import type { Block, BlockKind } from '../image/blocks.ts';
import type { Inode } from '../image/image.ts';
import { SizeHistogram, type SizeClass } from './fileSizes.ts';

/** Block kinds in the order of reports. */
export const BLOCK_KINDS: readonly BlockKind[] = ['zlib', 'stored', 'direct', 'direct-zlib', 'hole'];

/** Blocks of one kind, each counted once however many files share it. */
export interface KindCount {
  readonly kind: BlockKind;
  readonly blocks: number;
  /** Bytes in the image. */
  readonly storedBytes: number;
  /** Bytes of file content. */
  readonly contentBytes: number;
}

/** What was counted. */
export interface Statistics {
  /** Inodes, the root included. */
  readonly inodes: number;
  readonly types: Readonly<Record<FileType, number>>;
  /** Bytes of all regular files and symlinks, as a listing adds them up. */
  readonly contentBytes: number;
  /** The same with data that files share counted once. */
  readonly distinctBytes: number;
  /** Regular files whose data another one before them has too. */
  readonly sharingFiles: number;
  /** Data blocks, those that files share counted once: what a maker writes as fsid.blocks. */
  readonly blocks: number;
  readonly kinds: readonly KindCount[];
  /** Regular files by size. */
  readonly sizes: readonly SizeClass[];
  /** Directories between the root and the deepest file. */
  readonly depth: number;
}

interface Count {
  blocks: number;
  storedBytes: number;
  contentBytes: number;
}

/** Counts while the tree is walked. */
export class StatisticsCounter {
  readonly #types: Record<FileType, number> = {
    file: 0,
    directory: 0,
    symlink: 0,
    chardev: 0,
    blockdev: 0,
    fifo: 0,
    socket: 0,
    unknown: 0,
  };
  readonly #kinds = new Map<BlockKind, Count>(
    BLOCK_KINDS.map((kind) => [kind, { blocks: 0, storedBytes: 0, contentBytes: 0 }]),
  );
  readonly #sizes = new SizeHistogram();
  #contentBytes = 0;
  #distinctBytes = 0;
  #sharing = 0;
  #depth = 0;

  /** Counts an inode. */
  inode(inode: Inode, depth: number): void {
    this.#types[inode.type]++;
    if (inode.type === 'file') this.#sizes.add(inode.size);
    if (inode.type === 'file' || inode.type === 'symlink') this.#contentBytes += inode.size;
    this.#depth = Math.max(this.#depth, depth);
  }

  /** Counts a file's data: `shared` where a file before it has the same. */
  data(inode: Inode, shared: boolean): void {
    if (shared && inode.type === 'file') this.#sharing++;
    if (!shared) this.#distinctBytes += inode.size;
  }

  /** Counts a block of data that is not shared; `storedBytes` as far as they are there. */
  block(block: Block, storedBytes: number): void {
    const count = this.#kinds.get(block.kind);
    if (count === undefined) return;
    count.blocks++;
    count.storedBytes += storedBytes;
    count.contentBytes += block.bytes;
  }

  /** What was counted so far. */
  get statistics(): Statistics {
    const kinds = [...this.#kinds].map(([kind, count]) => ({ kind, ...count }));
    return {
      inodes: Object.values(this.#types).reduce((sum, count) => sum + count, 0),
      types: { ...this.#types },
      contentBytes: this.#contentBytes,
      distinctBytes: this.#distinctBytes,
      sharingFiles: this.#sharing,
      blocks: kinds.reduce((sum, { blocks }) => sum + blocks, 0),
      kinds,
      sizes: this.#sizes.classes,
      depth: this.#depth,
    };
  }
}
