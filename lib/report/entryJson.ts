/**
 * A file of an image as JSON: an element of `entries` in the output of ls, tree and stat. Sizes and offsets are numbers of
 * bytes; names keep bytes that are no UTF-8 as lone surrogates (format/names).
 */
import { deviceNumber, type FileType } from '../format/inode.ts';
import { octalMode } from './modeString.ts';

/** What is told of a file. */
export interface ListedFile {
  readonly path: string;
  readonly depth: number;
  readonly inode: {
    readonly type: FileType;
    readonly mode: number;
    readonly uid: number;
    readonly gid: number;
    readonly size: number;
    readonly position: number;
    readonly offset: number;
    readonly ino: number;
  };
}

/** @param target of a symlink; null for other files, and where it cannot be read */
export function entryJson(file: ListedFile, target: string | null) {
  const { inode } = file;
  const device = inode.type === 'chardev' || inode.type === 'blockdev';
  return {
    path: file.path,
    type: inode.type,
    mode: octalMode(inode.mode),
    uid: inode.uid,
    gid: inode.gid,
    size: device ? 0 : inode.size,
    ...(device ? { device: deviceNumber(inode.size) } : {}),
    ...(inode.type === 'symlink' ? { target } : {}),
    depth: file.depth,
    inode: inode.ino,
    inodeOffset: inode.position,
    dataOffset: inode.offset,
  };
}
