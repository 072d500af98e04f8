/**
 * Directories: a run of inodes, each followed by its name, NUL-padded to a multiple of 4.
 */
import { CramfsError } from '../base/errors.ts';
import { fileType, inodeNumber } from '../format/inode.ts';
import { decodeName } from '../format/names.ts';
import type { CramfsImage, Inode } from './image.ts';

/** One entry as it stands in a directory; nothing is judged yet. */
export interface RawEntry {
  readonly inode: Inode;
  /** The name as stored, trailing NULs cut. Empty when the entry has no name at all. */
  readonly nameBytes: Uint8Array;
}

/** A directory entry with a usable name. */
export interface DirectoryEntry extends RawEntry {
  /** The name as a string; see format/names for bytes that are no UTF-8. */
  readonly name: string;
}

/**
 * The entries of a directory in stored order, one at a time, without judging names. An entry that begins within the
 * directory counts, wherever it ends: that is how Linux reads directories.
 *
 * @throws CramfsError NOT_A_DIRECTORY; TRUNCATED or OUTSIDE_IMAGE for an entry that is not there
 */
export function* rawEntries(image: CramfsImage, directory: Inode, path = '/'): Generator<RawEntry, void> {
  if (directory.type !== 'directory') throw new CramfsError('NOT_A_DIRECTORY', { path, offset: directory.position });
  if (directory.offset === 0 || directory.size === 0) return;
  const { littleEndian } = image;
  const { size: inodeSize, decode } = image.inodeLayout;
  const end = directory.offset + directory.size;
  for (let position = directory.offset; position < end;) {
    const head = image.need(position, inodeSize, 'a directory entry', path);
    const fields = decode(new DataView(head.buffer, head.byteOffset, inodeSize), 0, littleEndian);
    const padded = image.need(position + inodeSize, fields.namelen, 'the name of a directory entry', path);
    let length = padded.length;
    while (length > 0 && padded[length - 1] === 0) length--;
    const { mode, uid, size, gid, namelen, offset } = fields;
    // Key by key: large directories are walked often, and spreading `fields` costs more than all the rest.
    const ino = inodeNumber(fields, position);
    const inode: Inode = { mode, uid, size, gid, namelen, offset, position, ino, type: fileType(mode) };
    yield { inode, nameBytes: length === namelen ? padded : padded.subarray(0, length) };
    position += inodeSize + namelen;
  }
}

/**
 * The entries of a directory in stored order.
 *
 * @throws CramfsError as {@link rawEntries}, and BAD_STRUCTURE for an entry without a name
 */
export function* directoryEntries(image: CramfsImage, directory: Inode, path = '/'): Generator<DirectoryEntry, void> {
  for (const entry of rawEntries(image, directory, path)) {
    if (entry.nameBytes.length === 0) {
      throw new CramfsError('BAD_STRUCTURE', {
        what: 'a directory entry',
        path,
        offset: entry.inode.position,
        expected: 'a name of 1 to 252 bytes',
        found: 'none',
      });
    }
    const nameBytes = entry.nameBytes.slice();
    yield { inode: entry.inode, nameBytes, name: decodeName(nameBytes) };
  }
}
