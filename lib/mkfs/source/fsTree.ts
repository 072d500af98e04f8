/**
 * A tree from a file system: node:fs, or anything with its synchronous calls, such as a memfs volume.
 */
import { CramfsError } from '../../base/errors.ts';
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG, S_IFSOCK } from '../../format/constants.ts';
import { decodeName, encodeName } from '../../format/names.ts';
import type { DirectoryEntry, FileContent, FileEntry, SourceEntry } from '../sourceTree.ts';
import { errnoName, errnoWords } from '../../base/errnoWords.ts';

/** What lstat() reports. */
export interface FsStats {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** Device number of device nodes, in Linux's encoding of 64 bits. */
  readonly rdev: number;
  /** Which file it is: device and inode number. */
  readonly dev: number;
  readonly ino: number;
  /** Milliseconds since the epoch. */
  readonly mtimeMs: number;
}

/** A directory whose entries are looked up in itself, whatever happens to its path meanwhile. */
export interface FsDirectory {
  /** The directory's own status. */
  readonly stats: FsStats;
  /** Names as bytes or as strings. */
  names(): readonly (string | Uint8Array)[];
  /** Neither call follows a link. */
  lstat(name: string): FsStats;
  readlink(name: string): string | Uint8Array;
  /** Opens a directory in it; a link is an error. */
  enter(name: string): FsDirectory;
  close(): void;
}

/** The calls that are used. */
export interface FsLike {
  openDirectory(path: string): FsDirectory;
  /**
   * Opens a file without following a link and without waiting for the other end of a fifo, and reads at most `limit` bytes.
   * Not read (null) if `isWanted` says no of what was opened.
   *
   * @param room may take the bytes, if it has room for `limit` of them
   */
  readFile(path: string, limit: number, isWanted: (stats: FsStats) => boolean, room?: Uint8Array): Uint8Array | null;
}

/** The synchronous part of node:fs that memfs volumes have too. */
export interface SyncFs {
  lstatSync(path: string): unknown;
  readdirSync(path: string, options: { encoding: 'buffer' }): unknown;
  readlinkSync(path: string, options: { encoding: 'buffer' }): unknown;
  readFileSync(path: string): unknown;
}

/**
 * Makes a memfs volume usable here. Everything is looked up by its path, so nobody else may change the files meanwhile; for
 * a directory of this computer there is nodeFs().
 */
export function fromSyncFs(fs: SyncFs): FsLike {
  const lstat = (path: string): FsStats => fs.lstatSync(fsPath(path)) as FsStats;
  const openDirectory = (path: string): FsDirectory => {
    const prefix = path.endsWith('/') ? path : `${path}/`;
    return {
      stats: lstat(path),
      names: () => fs.readdirSync(fsPath(path), { encoding: 'buffer' }) as (string | Uint8Array)[],
      lstat: (name) => lstat(`${prefix}${name}`),
      readlink: (name) => fs.readlinkSync(fsPath(`${prefix}${name}`), { encoding: 'buffer' }) as string | Uint8Array,
      enter: (name) => openDirectory(`${prefix}${name}`),
      close: () => undefined,
    };
  };
  return {
    openDirectory,
    readFile: (path, _limit, isWanted) =>
      isWanted(lstat(path)) ? (fs.readFileSync(fsPath(path)) as Uint8Array) : null,
  };
}

/** What format/names makes of bytes that are not UTF-8. */
const LONE_SURROGATE = /[\udc80-\udcff]/u;

/** A string where the path is UTF-8, else bytes, which the calls take too although their declarations do not say so. */
function fsPath(path: string): string {
  return LONE_SURROGATE.test(path) ? (encodeName(path) as unknown as string) : path;
}

/**
 * Reads a directory and all below it; links are not followed, contents are read when they are needed.
 *
 * The tree may change meanwhile, by whoever likes to do harm: what is read is what was seen, or it is an error.
 *
 * @throws CramfsError IO for what cannot be read or has changed, NOT_A_DIRECTORY when `path` is none
 */
export function fsTree(fs: FsLike, path: string): DirectoryEntry {
  const directory = attempt(path, () => fs.openDirectory(path));
  try {
    if ((directory.stats.mode & S_IFMT) !== S_IFDIR) throw new CramfsError('NOT_A_DIRECTORY', { path });
    return { ...common(directory.stats), type: 'directory', children: readChildren(fs, directory, path) };
  } finally {
    directory.close();
  }
}

const common = ({ mode, uid, gid }: FsStats): { mode: number; uid: number; gid: number } => ({
  mode: mode & 0o7777,
  uid,
  gid,
});

function readChildren(fs: FsLike, directory: FsDirectory, path: string): Map<string, SourceEntry> {
  const names = attempt(path, () => directory.names()).map((name) => decodeName(toBytes(name)));
  // Sorted, so that which error comes first does not depend on the file system either.
  names.sort();
  const prefix = path.endsWith('/') ? path : `${path}/`;
  return new Map(names.map((name) => [name, readEntry(fs, directory, name, `${prefix}${name}`)]));
}

function readEntry(fs: FsLike, directory: FsDirectory, name: string, path: string): SourceEntry {
  const stats = attempt(path, () => directory.lstat(name));
  switch (stats.mode & S_IFMT) {
    case S_IFREG:
      return fileEntry(common(stats), new ReadFile(fs, path, stats));
    case S_IFDIR:
      return enterDirectory(fs, directory, name, path, stats);
    case S_IFLNK:
      return { ...common(stats), type: 'symlink', target: toBytes(attempt(path, () => directory.readlink(name))) };
    case S_IFCHR:
      return { ...common(stats), type: 'chardev', ...deviceNumbers(stats.rdev) };
    case S_IFBLK:
      return { ...common(stats), type: 'blockdev', ...deviceNumbers(stats.rdev) };
    case S_IFIFO:
      return { ...common(stats), type: 'fifo' };
    case S_IFSOCK:
      return { ...common(stats), type: 'socket' };
    default:
      throw new CramfsError('IO', { what: path, found: `a file of unknown type (mode 0${stats.mode.toString(8)})` });
  }
}

/** All keys by name: V8 gives the result of each spread a shape of its own, and a tree has thousands of files. */
function fileEntry({ mode, uid, gid }: ReturnType<typeof common>, content: FileContent): FileEntry {
  return { mode, uid, gid, type: 'file', content };
}

function enterDirectory(fs: FsLike, parent: FsDirectory, name: string, path: string, seen: FsStats): DirectoryEntry {
  const directory = attempt(path, () => parent.enter(name));
  try {
    if (!isSame(seen, directory.stats)) throw changed(path);
    return { ...common(seen), type: 'directory', children: readChildren(fs, directory, path) };
  } finally {
    directory.close();
  }
}

/** A file of the file system. It keeps what it must compare, not the status: Node's takes a kilobyte, which many files have. */
class ReadFile implements FileContent {
  readonly size: number;
  readonly #fs: FsLike;
  readonly #path: string;
  readonly #dev: number;
  readonly #ino: number;
  readonly #mode: number;
  readonly #mtimeMs: number;

  constructor(fs: FsLike, path: string, seen: FsStats) {
    this.size = seen.size;
    this.#fs = fs;
    this.#path = path;
    this.#dev = seen.dev;
    this.#ino = seen.ino;
    this.#mode = seen.mode;
    this.#mtimeMs = seen.mtimeMs;
  }

  read(room?: Uint8Array, most = this.size): Uint8Array {
    const seen = { dev: this.#dev, ino: this.#ino, mode: this.#mode };
    const isUnchanged = (stats: FsStats): boolean =>
      isSame(seen, stats) && stats.size === this.size && stats.mtimeMs === this.#mtimeMs;
    // One byte more shows a file that grows.
    const limit = most < this.size ? most : this.size + 1;
    const bytes = attempt(this.#path, () => this.#fs.readFile(this.#path, limit, isUnchanged, room));
    if (bytes === null || (bytes.length !== this.size && bytes.length !== most)) throw changed(this.#path);
    return bytes;
  }
}

/** Whether two looks were at the same file of the same type. */
function isSame(a: Pick<FsStats, 'dev' | 'ino' | 'mode'>, b: FsStats): boolean {
  return a.dev === b.dev && a.ino === b.ino && (a.mode & S_IFMT) === (b.mode & S_IFMT);
}

function changed(path: string): CramfsError {
  return new CramfsError('IO', { what: path, found: 'it changed while the tree was read' });
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
    if (cause instanceof CramfsError) throw cause;
    throw new CramfsError('IO', {
      what: path,
      found: CHANGED.has(errnoName(cause) ?? '') ? 'it changed while the tree was read' : errnoWords(cause),
      cause,
    });
  }
}

/** What opening without following a link says of a link or a fifo that took a file's place. */
const CHANGED: ReadonlySet<string> = new Set(['ELOOP', 'ENXIO']);
