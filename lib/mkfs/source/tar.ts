/**
 * A tree from a tar archive. A later entry of the same path replaces an earlier one, as unpacking would.
 */
import { CramfsError } from '../../base/errors.ts';
import { decodeName } from '../../format/names.ts';
import { type ByteSource, bytesSource } from '../../source/byteSource.ts';
import { type TarEntry, tarEntries } from '../../tar/readTar.ts';
import {
  type DirectoryEntry,
  type FileContent,
  findEntry,
  newDirectory,
  putEntry,
  type SourceEntry,
} from '../sourceTree.ts';

/**
 * Reads an archive. Contents of files are read when they are needed: the source must stay open until then.
 *
 * @throws CramfsError as tarEntries(); BAD_STRUCTURE for an archive without entries and for hard links to nothing; USAGE for
 *   names with ".."
 */
export function tarTree(from: Uint8Array | ByteSource): DirectoryEntry {
  const archive = from instanceof Uint8Array ? bytesSource(from) : from;
  const root = newDirectory();
  let entries = 0;
  for (const entry of tarEntries(archive)) {
    putEntry(root, entry.path, sourceEntry(root, entry, archive));
    entries++;
  }
  if (entries === 0) {
    throw new CramfsError('BAD_STRUCTURE', {
      what: 'the source',
      offset: 0,
      expected: 'a tar archive with entries',
      found: 'zeros, which are the end of an archive',
    });
  }
  return root;
}

function sourceEntry(root: DirectoryEntry, entry: TarEntry, archive: ByteSource): SourceEntry {
  const { type, mode, uid, gid, link, major, minor, position } = entry;
  const common = { mode, uid, gid, origin: `tar archive, byte ${position}` };
  switch (type) {
    case 'file':
      return { ...common, type, content: contentOf(entry, archive) };
    case 'directory':
      return { ...common, type, children: new Map<string, SourceEntry>() };
    case 'symlink':
      return { ...common, type, target: link };
    case 'hardlink':
      return hardLink(root, entry);
    case 'chardev':
    case 'blockdev':
      return { ...common, type, major, minor };
    case 'fifo':
      return { ...common, type };
  }
}

function contentOf({ dataOffset, size }: TarEntry, archive: ByteSource): FileContent {
  return { size, read: (_room, most = size) => archive.read(dataOffset, Math.min(most, size)) };
}

/** cramfs has no hard links; files of the same content share their data anyway. */
function hardLink(root: DirectoryEntry, { link, path, position }: TarEntry): SourceEntry {
  const target = decodeName(link);
  const entry = findEntry(root, target);
  if (entry === null || entry.type === 'directory') {
    throw new CramfsError('BAD_STRUCTURE', {
      what: 'the tar archive',
      path,
      offset: position,
      expected: 'a hard link to an earlier entry',
      found: `one to ${target}`,
    });
  }
  return { ...entry };
}
