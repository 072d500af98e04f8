/**
 * What an image is built from: a tree of entries, whatever it was read from.
 */
import { CramfsError } from '../base/errors.ts';

/** The bytes of a file, read when they are needed and not kept. */
export interface FileContent {
  readonly size: number;
  /**
   * All `size` bytes, or the first `most` at least; to be read only.
   *
   * @param room where they may be put, if there are fewer: then they are valid until the room is used again
   * @throws CramfsError IO when the source fails or has changed
   */
  read(room?: Uint8Array, most?: number): Uint8Array;
}

interface Common {
  /** Permission bits with setuid, setgid and sticky: 0 to 0o7777. */
  mode: number;
  uid: number;
  gid: number;
  /** Where the entry was described, for messages: "listing, line 3". */
  readonly origin?: string | undefined;
}

/** A regular file. */
export interface FileEntry extends Common {
  readonly type: 'file';
  readonly content: FileContent;
}
/** A symbolic link. */
export interface SymlinkEntry extends Common {
  readonly type: 'symlink';
  readonly target: Uint8Array;
}
/** A directory. Names are strings as format/names makes them from bytes. */
export interface DirectoryEntry extends Common {
  readonly type: 'directory';
  readonly children: Map<string, SourceEntry>;
}
/** A device node. */
export interface DeviceEntry extends Common {
  readonly type: 'chardev' | 'blockdev';
  readonly major: number;
  readonly minor: number;
}
/** A fifo or a socket. */
export interface PipeEntry extends Common {
  readonly type: 'fifo' | 'socket';
}

/** One entry of a source tree. Owners and permissions may be changed before the build, the rest is fixed. */
export type SourceEntry = FileEntry | SymlinkEntry | DirectoryEntry | DeviceEntry | PipeEntry;

/** An empty directory, owned by root. */
export function newDirectory(mode = 0o755): DirectoryEntry {
  return { type: 'directory', mode, uid: 0, gid: 0, children: new Map() };
}

/** Content that is in memory. */
export function bytesContent(bytes: Uint8Array): FileContent {
  return { size: bytes.length, read: () => bytes };
}

/** Directories in each other: more than fit into a path that Linux takes in one system call (PATH_MAX, 4096 bytes). */
export const MAX_DEPTH = 2048;

/**
 * The parts of a path; "." and empty parts do not count.
 *
 * @throws CramfsError USAGE for "..", UNFIT for more than {@link MAX_DEPTH}
 */
export function pathParts(path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) {
    throw new CramfsError('USAGE', { path, found: 'a path with ".." has no place in an image' });
  }
  if (parts.length > MAX_DEPTH) {
    throw new CramfsError('UNFIT', {
      expected: `at most ${MAX_DEPTH} directories deep`,
      found: `a path of ${parts.length}`,
    });
  }
  return parts;
}

/** The entry at a path, or null. Symlinks are not followed. */
export function findEntry(root: DirectoryEntry, path: string): SourceEntry | null {
  let entry: SourceEntry = root;
  for (const part of pathParts(path)) {
    if (entry.type !== 'directory') return null;
    const child = entry.children.get(part);
    if (child === undefined) return null;
    entry = child;
  }
  return entry;
}

/**
 * Puts an entry at a path, in place of what was there; missing directories on the way are made. A directory that is put
 * over a directory keeps the children.
 *
 * @throws CramfsError NOT_A_DIRECTORY when something else is in the way
 */
export function putEntry(root: DirectoryEntry, path: string, entry: SourceEntry): void {
  const parts = pathParts(path);
  const name = parts.pop();
  if (name === undefined) {
    if (entry.type !== 'directory') {
      throw new CramfsError('NOT_A_DIRECTORY', { path: '/', found: `the root of the tree is a ${entry.type}` });
    }
    Object.assign(root, { mode: entry.mode, uid: entry.uid, gid: entry.gid });
    for (const [key, child] of entry.children) root.children.set(key, child);
    return;
  }
  let directory = root;
  for (const part of parts) {
    let child = directory.children.get(part);
    if (child === undefined) {
      child = newDirectory();
      directory.children.set(part, child);
    }
    if (child.type !== 'directory') {
      throw new CramfsError('NOT_A_DIRECTORY', { path, found: `"${part}" is a ${child.type}` });
    }
    directory = child;
  }
  const old = directory.children.get(name);
  if (entry.type === 'directory' && old?.type === 'directory') {
    Object.assign(old, { mode: entry.mode, uid: entry.uid, gid: entry.gid });
    for (const [key, child] of entry.children) old.children.set(key, child);
  } else directory.children.set(name, entry);
}

/** All entries in the order of the names' code units, parents before children; paths begin with a slash. */
export function* walkEntries(
  directory: DirectoryEntry,
  prefix = '',
): Generator<{ readonly path: string; readonly entry: SourceEntry }, void> {
  const names = [...directory.children.keys()].sort();
  for (const name of names) {
    const entry = directory.children.get(name);
    if (entry === undefined) continue;
    const path = `${prefix}/${name}`;
    yield { path, entry };
    if (entry.type === 'directory') yield* walkEntries(entry, path);
  }
}
