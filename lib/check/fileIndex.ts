/** The files of an image that have data, in the order in which the tree lists them. */
import { S_IFLNK, S_IFMT } from '../format/constants.ts';
import type { InodeFields } from '../format/inode.ts';
import { Uint32List } from './uint32List.ts';

/** Regular files and symlinks with data: where the inode stands, the index of the directory, and what the inode says. */
export class FileIndex {
  readonly position = new Uint32List();
  readonly directory = new Uint32List();
  readonly mode = new Uint32List();
  readonly size = new Uint32List();
  /** Byte offset of the data, its block pointers included. */
  readonly offset = new Uint32List();

  get length(): number {
    return this.position.length;
  }

  isLink(index: number): boolean {
    return (this.mode.at(index) & S_IFMT) === S_IFLNK;
  }

  push(position: number, directory: number, { mode, size, offset }: InodeFields): void {
    this.position.push(position);
    this.directory.push(directory);
    this.mode.push(mode);
    this.size.push(size);
    this.offset.push(offset);
  }
}
