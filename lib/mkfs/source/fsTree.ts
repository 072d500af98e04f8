/**
 * A tree from a file system: node:fs, or anything with its synchronous calls, such as a memfs volume.
 */
import { CramfsError } from '../../base/errors.ts';
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG, S_IFSOCK } from '../../format/constants.ts';
import { decodeName, encodeName } from '../../format/names.ts';
import type { DirectoryEntry, FileContent, SourceEntry } from '../sourceTree.ts';

/** What lstat() tells. */
export interface FsStats {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** Device number of device nodes, in Linux's encoding of 64 bits. */
  readonly rdev: number;
}

/** The calls that are used. Paths whose names are no UTF-8 are given as bytes. */
export interface FsLike {
  lstat(path: string | Uint8Array): FsStats;
  /** Names as bytes or as strings. */
  readdir(path: string | Uint8Array): readonly (string | Uint8Array)[];
  readlink(path: string | Uint8Array): string | Uint8Array;
  readFile(path: string | Uint8Array): Uint8Array;
}

/** The synchronous part of node:fs that is used; memfs volumes have it too. */
export interface SyncFs {
  lstatSync(path: string): unknown;
  readdirSync(path: string, options: { encoding: 'buffer' }): unknown;
  readlinkSync(path: string, options: { encoding: 'buffer' }): unknown;
  readFileSync(path: string): unknown;
}

/** Makes the calls of node:fs or of a memfs volume usable here. */
export function fromSyncFs(fs: SyncFs): FsLike {
  // Every one of them takes paths as bytes, which their declarations know as Buffer only.
  const at = (path: string | Uint8Array): string => path as string;
  return {
    lstat: (path) => fs.lstatSync(at(path)) as FsStats,
    readdir: (path) => fs.readdirSync(at(path), { encoding: 'buffer' }) as (string | Uint8Array)[],
    readlink: (path) => fs.readlinkSync(at(path), { encoding: 'buffer' }) as string | Uint8Array,
    readFile: (path) => fs.readFileSync(at(path)) as Uint8Array,
  };
}

/**
 * Reads a directory and all below it; links are not followed, contents are read when they are needed.
 *
 * @throws CramfsError IO for what cannot be read, NOT_A_DIRECTORY when `path` is none
 */
export function fsTree(fs: FsLike, path: string): DirectoryEntry {
  const entry = readEntry(fs, path);
  if (entry.type !== 'directory') {
    throw new CramfsError('NOT_A_DIRECTORY', { path, found: `it is a ${entry.type}` });
  }
  return entry;
}

function readEntry(fs: FsLike, path: string): SourceEntry {
  const stats = attempt(path, () => fs.lstat(fsPath(path)));
  const common = { mode: stats.mode & 0o7777, uid: stats.uid, gid: stats.gid };
  switch (stats.mode & S_IFMT) {
    case S_IFREG:
      return { ...common, type: 'file', content: fileContent(fs, path, stats.size) };
    case S_IFDIR:
      return { ...common, type: 'directory', children: readChildren(fs, path) };
    case S_IFLNK:
      return { ...common, type: 'symlink', target: toBytes(attempt(path, () => fs.readlink(fsPath(path)))) };
    case S_IFCHR:
      return { ...common, type: 'chardev', ...deviceNumbers(stats.rdev) };
    case S_IFBLK:
      return { ...common, type: 'blockdev', ...deviceNumbers(stats.rdev) };
    case S_IFIFO:
      return { ...common, type: 'fifo' };
    case S_IFSOCK:
      return { ...common, type: 'socket' };
    default:
      throw new CramfsError('IO', { path, found: `a file of unknown type (mode 0${stats.mode.toString(8)})` });
  }
}

function readChildren(fs: FsLike, path: string): Map<string, SourceEntry> {
  const names = attempt(path, () => fs.readdir(fsPath(path))).map((name) => decodeName(toBytes(name)));
  // Sorted, so that which error comes first does not depend on the file system either.
  names.sort();
  return new Map(names.map((name) => [name, readEntry(fs, path.endsWith('/') ? `${path}${name}` : `${path}/${name}`)]));
}

function fileContent(fs: FsLike, path: string, size: number): FileContent {
  return { size, read: () => attempt(path, () => fs.readFile(fsPath(path))) };
}

/** What format/names makes of bytes that are no UTF-8. */
const LONE_SURROGATE = /[\udc80-\udcff]/u;

/** A string where the path is UTF-8, else bytes. */
function fsPath(path: string): string | Uint8Array {
  return LONE_SURROGATE.test(path) ? encodeName(path) : path;
}

function toBytes(name: string | Uint8Array): Uint8Array {
  return typeof name === 'string' ? encodeName(name) : name;
}

/** Major and minor number as Linux and glibc put them together. */
function deviceNumbers(rdev: number): { major: number; minor: number } {
  const low = rdev % 2 ** 32;
  const high = Math.floor(rdev / 2 ** 32);
  return {
    major: ((low >>> 8) & 0xfff) + (high & 0xfffff000),
    minor: (low & 0xff) + ((low >>> 12) & 0xfff00),
  };
}

function attempt<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw new CramfsError('IO', { what: path, found: cause instanceof Error ? cause.message : String(cause), cause });
  }
}
