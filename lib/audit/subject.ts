/**
 * The files that an audit is about: programs, libraries, and whatever else has direct blocks.
 */
import type { Block } from '../image/blocks.ts';
import type { Inode } from '../image/image.ts';
import { type DirectRun, directRuns } from '../inspect/directRuns.ts';
import type { BoardFile } from '../verdict/board.ts';
import type { MapVerdict } from '../verdict/mapVerdict.ts';
import type { MapRequest } from '../verdict/request.ts';
import type { Contents } from './contents.ts';
import type { SegmentRef } from './segmentRef.ts';
import type { AuditedSegment } from './result.ts';

/** A file. Blocks may be as many as one file has at most, so a subject is not to be kept. */
export interface Subject {
  readonly path: string;
  readonly inode: Inode;
  /** As it is opened for mapping. */
  readonly file: BoardFile;
  readonly contents: Contents;
  /** Blocks that can be read, how many and which: made when they are asked for. */
  readonly blockCount: number;
  readonly blocks: () => readonly Block[];
  readonly runs: readonly DirectRun[];
  readonly directBlocks: number;
}

/** How a part of a file is mapped. Default: all of it, private, for reading. */
export type FilePart = Pick<MapRequest, 'offset' | 'length' | 'prot' | 'shared'>;

/** A segment of a file as it is loaded. */
export interface MappedSegment extends AuditedSegment {
  /** The loader's call that maps it; where there was none, a mapping of the segment by itself. */
  readonly request: FilePart;
  /** Whether Linux extends the mapping before it instead: the file system is not asked. */
  readonly isMerged: boolean;
  /**
   * The verdict on that mapping alone, which gives the reason why pages are not direct. Null where it was not mapped: writable
   * segments are mapped only on CPUs where setting an entry flushes the instruction cache.
   */
  readonly verdict: MapVerdict | null;
}

/** A file, and how Linux maps it. */
export interface MappedSubject extends Subject {
  /** The verdict on a read-only private mapping of the whole file; null where there was none. */
  readonly whole: MapVerdict | null;
  readonly segments: readonly MappedSegment[];
  /** Whether a program that runs uses it, or might: false where only programs that do not start have loaded it. */
  readonly isUsable: boolean;
}

/** A segment as findings name it. */
export function segmentRef({ segment, perms, firstPage, pages, directPages }: MappedSegment): SegmentRef {
  return { segment, perms, firstPage, pages, directPages };
}

/** The blocks of a file, as a subject has them, with the runs of direct ones among them. */
export type SubjectBlocks = Pick<Subject, 'blockCount' | 'blocks' | 'runs' | 'directBlocks'>;

/** Blocks that are at hand. */
export function knownBlocks(blocks: readonly Block[], pageSize: number): SubjectBlocks {
  const runs = directRuns(blocks, pageSize);
  const directBlocks = runs.reduce((sum, run) => sum + run.blocks, 0);
  return { blockCount: blocks.length, blocks: () => blocks, runs, directBlocks };
}

/** Blocks of which it is known that all can be read, and none is direct: few ask for them. */
export function indirectBlocks(count: number, make: () => readonly Block[]): SubjectBlocks {
  let made: readonly Block[] | null = null;
  return { blockCount: count, blocks: () => (made ??= make()), runs: [], directBlocks: 0 };
}

/** A file with its blocks. */
export function makeSubject(
  path: string,
  inode: Inode,
  contents: Contents,
  { blockCount, blocks, runs, directBlocks }: SubjectBlocks,
): Subject {
  const file = { inode, resolved: { inode, path, name: path.slice(path.lastIndexOf('/') + 1) } };
  return { path, inode, file, contents, blockCount, blocks, runs, directBlocks };
}
