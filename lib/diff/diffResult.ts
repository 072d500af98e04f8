/** In what two images differ. Plain data; `a` is the first image, `b` the second. */
import type { ErrorCode } from '../base/errors.ts';
import type { FileType } from '../format/inode.ts';
import type { BlockKind } from '../image/blocks.ts';
import type { MapState } from '../verdict/mapVerdict.ts';
import type { AuditedBoard, AuditedSegment, AuditNumbers } from '../audit/result.ts';

/** A value in both images. */
export interface Both<T> {
  readonly a: T;
  readonly b: T;
}

/** Something of the image as a whole. Sizes and offsets in bytes. */
export type SuperblockChange =
  | ({ readonly what: 'endian' } & Both<'little' | 'big'>)
  | ({ readonly what: 'signature' | 'name' } & Both<string>)
  | ({ readonly what: 'inodes' } & Both<'linux' | 'wide'>)
  | ({ readonly what: 'page-size' | 'position' | 'size' | 'flags' | 'edition' } & Both<number>);

/** How a file is stored. */
export interface FileLayout {
  readonly blocks: number;
  /** Runs of blocks of one kind, in order. Direct blocks that do not follow each other are runs of their own. */
  readonly runs: readonly {
    readonly kind: BlockKind;
    readonly blocks: number;
    /** Bytes between the last page boundary and a direct run's start; null for other kinds. */
    readonly past: number | null;
  }[];
}

/** In what a file differs. */
export type FileChange =
  | ({ readonly what: 'type' } & Both<FileType>)
  /** Permission bits. */
  | ({ readonly what: 'mode' } & Both<number>)
  | ({ readonly what: 'owner' } & Both<{ readonly uid: number; readonly gid: number }>)
  | ({ readonly what: 'device' } & Both<{ readonly major: number; readonly minor: number }>)
  | ({ readonly what: 'target' } & Both<string>)
  /** Bytes of content that is not the same. */
  | ({ readonly what: 'content' } & Both<number>)
  /** Told where both images have the same page size, and the content is of the same size. */
  | ({ readonly what: 'layout' } & Both<FileLayout>);

/** A file that only one image has. */
export interface LoneFile {
  readonly path: string;
  readonly type: FileType;
  /** Bytes of content; 0 for what has none. */
  readonly size: number;
}

/** A file of both images. */
export interface ChangedFile {
  /** In the second image. */
  readonly path: string;
  /** In the first image, where it has another path there and the same content. */
  readonly from: string | null;
  /** Empty for a file that was only renamed. */
  readonly changes: readonly FileChange[];
}

/** How something is mapped. */
export interface Mapped {
  /** Null where the mapping fails. */
  readonly state: MapState | null;
  /** RAM for its pages when all are touched, in bytes. */
  readonly ramBytes: number;
}

/** A segment, or a file without any, that is mapped otherwise. */
export interface XipChange extends Both<Mapped> {
  readonly path: string;
  /** What is mapped: the segments of a kind that are readable so, counted from 0; or the whole file. */
  readonly segment: { readonly kind: AuditedSegment['kind']; readonly number: number } | null;
  /** Whether less of it is direct in `b`. */
  readonly lost: boolean;
}

/** A program whose start comes to something else. */
export interface ProgramChange extends Both<{ readonly outcome: string; readonly ramBytes: number }> {
  readonly path: string;
}

/** Damage that keeps something from being compared. */
export interface DiffDamage {
  readonly image: 'a' | 'b';
  readonly code: ErrorCode;
  readonly message: string;
  readonly path: string | null;
  /** Byte offset in the image. */
  readonly offset: number | null;
}

/** What comparing two images comes to. Lists are in the order of paths, by bytes. */
export interface ImageDiff {
  /** Whether anything that was compared differs. */
  readonly differs: boolean;
  readonly images: Both<string>;
  readonly boards: Both<AuditedBoard>;
  readonly superblock: readonly SuperblockChange[];
  readonly removed: readonly LoneFile[];
  readonly added: readonly LoneFile[];
  readonly changed: readonly ChangedFile[];
  /** Files that differ and are in none of the lists, because there are so many. */
  readonly omitted: number;
  readonly xip: readonly XipChange[];
  readonly programs: readonly ProgramChange[];
  readonly numbers: Both<AuditNumbers>;
  readonly damage: readonly DiffDamage[];
  /** Whether two images were compared, or the first is an audit: then only programs and files with direct blocks are. */
  readonly basis: 'images' | 'audit';
}

/** The result of a comparison. */
export function imageDiff(found: Omit<ImageDiff, 'differs'>): ImageDiff {
  const { superblock, removed, added, changed, xip, programs } = found;
  return { differs: [superblock, removed, added, changed, xip, programs].some((list) => list.length > 0), ...found };
}
