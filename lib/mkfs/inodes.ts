/**
 * From source entries to inodes: the fields of the format, and what to do with values that do not fit them.
 */
import { compareBytes } from '../base/bytes.ts';
import { CramfsError } from '../base/errors.ts';
import { MAX_NAME, S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFREG, S_IFSOCK } from '../format/constants.ts';
import { encodeName, printableName } from '../format/names.ts';
import { bytesContent, type DirectoryEntry, type FileContent, type SourceEntry } from './sourceTree.ts';

/** Largest values of the inode's fields. */
export const MAX_UID = 0xffff;
export const MAX_GID = 0xff;
/** Bytes of a file. */
export const MAX_SIZE = 0xff_ffff;

/** Something that was cut to fit, with `truncate`. */
export interface BuildWarning {
  readonly code: 'uid' | 'gid' | 'size' | 'name' | 'device';
  readonly path: string;
  readonly message: string;
}

/** An inode to be written. */
export interface ImageNode {
  /** Path in the image, with a slash in front; "/" for the root. */
  readonly path: string;
  readonly name: Uint8Array;
  /** File type and permissions. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of a file or link, the device number; of a directory known once it is laid out. */
  size: number;
  /** What is stored: of files and links that are not empty. */
  readonly content: FileContent | null;
  /** Children of a directory in stored order; null for everything else. */
  readonly children: readonly ImageNode[] | null;
  /** Byte offset of the inode in the image, once laid out. */
  position: number;
  /** Byte offset of the pointer table or of the first child, once laid out; 0 for none. */
  offset: number;
}

/** How entries become inodes. */
export interface InodeOptions {
  /** Cut what does not fit, as mkcramfs does, and warn; else it is an error. */
  readonly truncate?: boolean | undefined;
}

const TYPE_BITS: Readonly<Record<SourceEntry['type'], number>> = {
  file: S_IFREG,
  symlink: S_IFLNK,
  directory: S_IFDIR,
  chardev: S_IFCHR,
  blockdev: S_IFBLK,
  fifo: S_IFIFO,
  socket: S_IFSOCK,
};

/**
 * The inodes of a tree, children sorted by the bytes of their names.
 *
 * @throws CramfsError LIMIT, naming the path, for what the format cannot hold; USAGE for impossible names
 */
export function makeNodes(
  root: DirectoryEntry,
  options: InodeOptions,
): { readonly root: ImageNode; readonly warnings: readonly BuildWarning[] } {
  const maker = new NodeMaker(options);
  return { root: maker.node(root, '/', new Uint8Array(0)), warnings: maker.warnings };
}

class NodeMaker {
  readonly warnings: BuildWarning[] = [];
  readonly #options: InodeOptions;

  constructor(options: InodeOptions) {
    this.#options = options;
  }

  node(entry: SourceEntry, path: string, name: Uint8Array): ImageNode {
    const { content, size } = this.#content(entry, path);
    return {
      path,
      name: this.#name(name, path),
      mode: TYPE_BITS[entry.type] | entry.mode,
      uid: this.#cut('uid', path, 'user id', entry.uid, MAX_UID),
      gid: this.#cut('gid', path, 'group id', entry.gid, MAX_GID),
      size,
      content,
      children: entry.type === 'directory' ? this.#children(entry, path) : null,
      position: 0,
      offset: 0,
    };
  }

  #children(directory: DirectoryEntry, path: string): ImageNode[] {
    const prefix = path === '/' ? '/' : `${path}/`;
    const nodes: ImageNode[] = [];
    for (const [key, child] of directory.children) {
      if (key === '' || key === '.' || key === '..' || key.includes('/') || key.includes('\0')) {
        throw new CramfsError('USAGE', { path, found: `"${printableName(key)}" is no possible file name` });
      }
      nodes.push(this.node(child, `${prefix}${key}`, encodeName(key)));
    }
    return nodes.sort((a, b) => compareBytes(a.name, b.name));
  }

  #content(entry: SourceEntry, path: string): { content: FileContent | null; size: number } {
    switch (entry.type) {
      case 'file':
      case 'symlink': {
        const content = entry.type === 'file' ? entry.content : bytesContent(entry.target);
        const size = Math.min(content.size, MAX_SIZE);
        if (size < content.size) {
          this.#limit(
            'size',
            path,
            `${entry.type} of ${content.size} bytes`,
            `at most ${MAX_SIZE} bytes (16 MiB less 1)`,
          );
        }
        return { content: size === 0 ? null : size < content.size ? cutContent(content, size) : content, size };
      }
      case 'chardev':
      case 'blockdev':
        return { content: null, size: this.#device(entry.major, entry.minor, path) };
      default:
        return { content: null, size: 0 };
    }
  }

  /** The old encoding of Linux, major << 8 | minor; beyond it, the low 24 bits of Linux's st_rdev, as mkcramfs has it. */
  #device(major: number, minor: number, path: string): number {
    if (major > 0xff || minor > 0xff) {
      this.#limit('device', path, `device ${major}:${minor}`, 'major and minor numbers of at most 255');
    }
    return ((minor & 0xff) | ((major & 0xfff) << 8) | ((minor & ~0xff) << 12)) & MAX_SIZE;
  }

  /** Cuts a name to 252 bytes, at a character's end: the first byte that is lost must not be inside one. */
  #name(name: Uint8Array, path: string): Uint8Array {
    if (name.length <= MAX_NAME) return name;
    this.#limit('name', path, `a name of ${name.length} bytes`, `at most ${MAX_NAME}`);
    let length = MAX_NAME;
    while (length > 0 && ((name[length] ?? 0) & 0xc0) === 0x80) length--;
    return name.subarray(0, length === 0 ? MAX_NAME : length);
  }

  #cut(code: 'uid' | 'gid', path: string, what: string, value: number, most: number): number {
    if (value > most) this.#limit(code, path, `${what} ${value}`, `at most ${most}`);
    // Beyond 32 bits no system has ids; the remainder is taken without bit operations all the same.
    return value % (most + 1);
  }

  #limit(code: BuildWarning['code'], path: string, found: string, expected: string): void {
    if (this.#options.truncate !== true) throw new CramfsError('UNFIT', { path, found, expected });
    this.warnings.push({ code, path, message: `${found} was cut: cramfs has ${expected}` });
  }
}

function cutContent(content: FileContent, size: number): FileContent {
  return { size, read: () => content.read().subarray(0, size) };
}
