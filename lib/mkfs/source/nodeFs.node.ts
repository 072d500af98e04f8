/**
 * The files of this computer, for fsTree(): each is looked up in its directory's descriptor (/proc/self/fd/N/name, which is
 * what openat() would do), so that a directory that is replaced meanwhile leads nowhere else. Where there is no such path
 * (other systems than Linux), entries are looked up by name, and only what fsTree() compares protects them.
 */
import { readRoom } from '../../base/bytes.ts';
import { closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs';
import { CramfsError } from '../../base/errors.ts';
import { encodeName } from '../../format/names.ts';
import type { FsDirectory, FsLike, FsStats } from './fsTree.ts';

const DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY;
/** Directories down to this depth stay open while those below them are read. */
const KEPT_OPEN = 32;
/** Bytes of a read: what grows is read no further than its bound. */
const STEP = 1 << 20;

/** The file system of this computer. */
export function nodeFs(): FsLike {
  return {
    // Links on the way to the topmost directory are the user's own.
    openDirectory: (path) => new NodeDirectory(bytesOf(path), openSync(bytesOf(path), DIRECTORY), null),
    readFile: (path, limit, isWanted, room) => {
      const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;
      const fd = openSync(bytesOf(path), flags);
      try {
        return isWanted(fstatSync(fd)) ? readAtMost(fd, limit, room) : null;
      } finally {
        closeSync(fd);
      }
    },
  };
}

const bytesOf = (path: string): Buffer => Buffer.from(encodeName(path));

const EMPTY = new Uint8Array(0);

/** Reads a descriptor to its end, or `limit` bytes of it, to `room` if it is large enough. */
function readAtMost(fd: number, limit: number, room: Uint8Array = EMPTY): Uint8Array {
  if (limit <= room.length) {
    let filled = 0;
    for (let got = -1; got !== 0 && filled < limit; filled += got) {
      got = readSync(fd, room, filled, limit - filled, null);
    }
    return room.subarray(0, filled);
  }
  const pieces: Uint8Array[] = [];
  for (let left = limit; left > 0;) {
    const piece = readRoom(Math.min(STEP, left));
    const got = readSync(fd, piece, 0, piece.length, null);
    if (got === 0) break;
    pieces.push(piece.subarray(0, got));
    left -= got;
  }
  const [only] = pieces;
  return pieces.length === 1 && only !== undefined ? only : Buffer.concat(pieces);
}

/**
 * A directory that is open. However deep the tree is, few descriptors are open: below a certain depth entering a directory
 * closes its parent, which is found again through "..", and must be the same directory then.
 */
class NodeDirectory implements FsDirectory {
  readonly stats: FsStats;
  readonly #path: Buffer;
  readonly #parent: NodeDirectory | null;
  readonly #depth: number;
  #fd: number | null;
  #base: Buffer;

  constructor(path: Buffer, fd: number, parent: NodeDirectory | null) {
    this.#path = path;
    this.#fd = fd;
    this.#parent = parent;
    this.#depth = parent === null ? 0 : parent.#depth + 1;
    this.stats = fstatSync(fd);
    this.#base = baseOf(path, fd, this.stats);
  }

  names(): Buffer[] {
    return readdirSync(this.#base, { encoding: 'buffer' });
  }

  lstat(name: string): FsStats {
    return lstatSync(this.#at(name));
  }

  readlink(name: string): Buffer {
    return readlinkSync(this.#at(name), { encoding: 'buffer' });
  }

  enter(name: string): FsDirectory {
    const fd = openSync(this.#at(name), DIRECTORY | constants.O_NOFOLLOW);
    const child = new NodeDirectory(Buffer.concat([this.#path, SLASH, bytesOf(name)]), fd, this);
    if (this.#depth >= KEPT_OPEN) this.#release();
    return child;
  }

  close(): void {
    try {
      if (this.#parent !== null) this.#parent.#reopenFrom(this);
    } finally {
      this.#release();
    }
  }

  #reopenFrom(child: NodeDirectory): void {
    if (this.#fd !== null) return;
    const fd = openSync(Buffer.concat([child.#base, Buffer.from('/..')]), DIRECTORY);
    const stats = fstatSync(fd);
    if (stats.dev !== this.stats.dev || stats.ino !== this.stats.ino) {
      closeSync(fd);
      throw new CramfsError('IO', { what: this.#path.toString(), found: 'it changed while the tree was read' });
    }
    this.#fd = fd;
    this.#base = baseOf(this.#path, fd, this.stats);
  }

  #at(name: string): Buffer {
    return Buffer.concat([this.#base, SLASH, bytesOf(name)]);
  }

  #release(): void {
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
  }
}

const SLASH = Buffer.from('/');

/** The path that leads to an open directory. */
function baseOf(path: Buffer, fd: number, stats: FsStats): Buffer {
  if (process.platform !== 'linux') return path;
  const base = Buffer.from(`/proc/self/fd/${String(fd)}`);
  const there = lstatSync(Buffer.concat([base, Buffer.from('/.')]), { throwIfNoEntry: false });
  return there?.ino === stats.ino && there.dev === stats.dev ? base : path;
}
