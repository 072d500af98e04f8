/**
 * Plain directory entries: those that no rule has anything to say about, by a few numbers. Nearly all entries are
 * plain, and objects are made of the others only.
 */
import { S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from '../format/constants.ts';
import type { InodeFields } from '../format/inode.ts';
import { MAX_PATH } from './context.ts';

/** Bits of a mode that give more than most files should have: set-user-ID, set-group-ID, writable by others. */
export const SPECIAL_MODE = 0o6002;
/** Bytes that a name can have at most, rounded up. */
const NAME_ROOM = 256;
const DOT = 0x2e;
const SLASH = 0x2f;
const BACKSLASH = 0x5c;

/** The names of one directory after the other. */
export class PlainNames {
  readonly #previous = new Uint8Array(NAME_ROOM);
  #length = 0;

  /** Begins a directory. */
  begin(): void {
    this.#length = 0;
  }

  /**
   * Whether a name is plain, and sorts after the one before it: it has letters, digits and other signs of ASCII only, and is
   * neither "." nor "..". Names in order are neither duplicates nor hidden by others.
   *
   * @param length 1 to 252
   */
  take(bytes: Uint8Array, start: number, length: number): boolean {
    const previous = this.#previous;
    const known = this.#length;
    let order = 0;
    for (let at = 0; at < length; at++) {
      const byte = bytes[start + at] ?? 0;
      if (byte < 0x20 || byte >= 0x7f || byte === SLASH || byte === BACKSLASH) return false;
      if (order === 0) order = at < known ? byte - (previous[at] ?? 0) : 1;
      previous[at] = byte;
    }
    this.#length = length;
    if (length <= 2 && bytes[start] === DOT && (length === 1 || bytes[start + 1] === DOT)) return false;
    return order > 0;
  }
}

/** Whether an inode is plain: a directory, or a file or symbolic link whose size and offset go together. */
export function isPlainInode({ mode, size, offset }: InodeFields): boolean {
  switch (mode & S_IFMT) {
    case S_IFDIR:
      return (mode & SPECIAL_MODE) === 0;
    case S_IFREG:
      return (mode & SPECIAL_MODE) === 0 && (size === 0) === (offset === 0);
    case S_IFLNK:
      return size > 0 && size <= MAX_PATH && offset !== 0;
    default:
      return false;
  }
}
