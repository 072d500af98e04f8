/**
 * What a rule is: the findings it can report, and what it looks at on the way through an image.
 *
 * A check goes through an image once: superblock, directory tree, block pointer tables, blocks, compressed data, end.
 * Rules say which of these they want to see. They keep no more than they need, because images may be large.
 */
import type { Block } from '../image/blocks.ts';
import type { Inode } from '../image/image.ts';
import type { CheckContext } from './context.ts';
import type { AnyDefinition, ArgsOf } from '../findings/definition.ts';
import type { FileIndex } from './fileIndex.ts';
import type { PlainFile, PlainLayout } from './plainLayout.ts';

/** An inode on the way through the tree. Valid during the call that it is passed to. */
export interface Node {
  readonly inode: Inode;
  /** The name as stored, trailing NULs cut; empty for the root. A view: copy what you keep. */
  readonly nameBytes: Uint8Array;
  /** Bytes of the path of the directory that lists this, "/" as 0. */
  readonly directoryPathBytes: number;
  /** Index of the directory that lists this, in CheckContext.directories. */
  readonly directory: number;
  readonly path: () => string;
}

/**
 * Whether a directory is read: `read`, `empty`, or not because its data stands at offset 0, is a directory on the way to
 * itself, or was read under another path.
 */
export type DirectoryState = 'read' | 'empty' | 'offset zero' | 'cycle' | 'again';

/** A regular file or symlink with data. */
export interface FileNode {
  readonly inode: Inode;
  /** Index of the directory that lists this, in CheckContext.directories. */
  readonly directory: number;
  readonly path: () => string;
}

/** A block pointer table on its way to be read. */
export interface TableVisit {
  /** Bytes of the table. */
  readonly length: number;
  /** Why the table is not read: it reaches behind the end, or into the superblock or inodes; null if it is. */
  readonly problem: 'outside' | 'overlap' | null;
  /** First byte that is also part of something else: inodes for an overlap, another table otherwise; or -1. */
  readonly occupied: number;
  /** Whether another file has the very same table. */
  readonly again: boolean;
}

/** A block, and what is impossible about where it lies. */
export interface BlockVisit extends Block {
  readonly problem: 'backwards' | 'outside' | 'too long' | null;
  /** Bytes of the image that the block takes: with the length field for direct-zlib. */
  readonly extentStart: number;
}

/** What is wrong with a compressed block. */
export type ZlibProblem =
  | { readonly kind: 'damaged'; readonly reason: string }
  | { readonly kind: 'length'; readonly found: number; readonly expected: number }
  | { readonly kind: 'trailing'; readonly length: number }
  | { readonly kind: 'second stream'; readonly length: number; readonly found: number };

/** What a rule looks at. Calls come in this order, except that a directory's come before those of its entries. */
export interface Visitor {
  /** The superblock, before anything else. */
  superblock?(): void;
  /** Every inode: the root, then the entries of each directory in stored order. */
  node?(node: Node): void;
  /** A directory that is not read, or is about to be read. */
  directory?(directory: Node, state: DirectoryState): void;
  /** An entry of the directory that is being read, before its `node`; also those without a name. */
  entry?(entry: Node, directory: Node, occupied: number): void;
  /** An entry that is not all there: it reaches behind the image. */
  entryCut?(position: number, entryEnd: number, directory: Node): void;
  /** The directory's entries have been read. */
  directoryEnd?(directory: Node): void;
  /** The table of each regular file and symlink that has data. */
  table?(file: FileNode, table: TableVisit): void;
  /** Each block of each table, tables that files share once. */
  block?(file: FileNode, block: BlockVisit): void;
  /** The file's blocks have been read. `sound`: nothing was wrong with where they lie. */
  blocksEnd?(file: FileNode, sound: boolean): void;
  /** A file that has the very table of another: its blocks have been seen. `sound` as of the other. */
  sharer?(file: FileNode, sound: boolean): void;
  /**
   * A file with a table of its own, as long as the image looks plain; if it is not, the events above come of all files. If it
   * is, they are left out, but `blocksEnd` and `sharer` of symlinks.
   */
  plainFile?(file: PlainFile): void;
  /** The image is plain: `files` are those that have data. */
  plain?(files: FileIndex, layout: PlainLayout): void;
  /** A compressed block that is not as it should be. */
  zlib?(file: FileNode, block: number, start: number, problem: ZlibProblem): void;
  /** Everything has been seen. */
  end?(): void;
}

/** Takes a finding; `path` is called only if the finding is kept. */
export type Report<D extends AnyDefinition> = <K extends D>(
  definition: K,
  offset: number,
  path: (() => string) | null,
  args: ArgsOf<K>,
) => void;

/** A rule of a check. */
export interface Rule {
  readonly findings: readonly AnyDefinition[];
  /**
   * Whether the rule has nothing to say about what is plain (plainEntry, plainLayout), and does without its events. Where all
   * rules are so, entries come from the first on of a directory that is not plain.
   */
  readonly onlyOdd?: boolean;
  /** Begins a check of one image. */
  begin(context: CheckContext): Visitor;
}

/** Makes a rule that reports no other findings than its own, and nothing about what is plain. */
export function defineRule<D extends AnyDefinition>(
  findings: readonly D[],
  begin: (context: CheckContext, report: Report<D>) => Visitor,
): Rule {
  return {
    findings,
    onlyOdd: true,
    begin: (context) =>
      begin(context, (definition, offset, path, args) => {
        context.findings.add(definition, { path, offset }, args);
      }),
  };
}
