/**
 * From source entries to inodes: the fields of the format, and what to do with values that do not fit them.
 */
import { compareBytes, sameBytes } from '../base/bytes.ts';
import { CramfsError, type ErrorDetails } from '../base/errors.ts';
import { MAX_NAME, S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFREG, S_IFSOCK } from '../format/constants.ts';
import { encodeName, printableName } from '../format/names.ts';
import {
  bytesContent,
  type DeviceEntry,
  type DirectoryEntry,
  type FileContent,
  type SourceEntry,
  type SymlinkEntry,
} from './sourceTree.ts';

/** Largest values of the inode's fields. */
export const MAX_UID = 0xffff;
export const MAX_GID = 0xff;
/** Bytes of a file. */
export const MAX_SIZE = 0xff_ffff;

/** Bytes of a link's target: Linux takes no more (PATH_MAX, its NUL included). */
export const MAX_TARGET = 4095;

/** Something that is not as it was asked for: with `truncate`, what was cut to fit. */
export interface BuildWarning {
  /**
   * Beside what was cut: entries that Linux will not see; what of the source is lost; an odd address; nothing to run in
   * place; what a list of dependencies cannot name.
   */
  readonly code: UnfitCode | 'entry-unseen' | 'lost' | 'phys' | 'no-program' | 'unlisted';
  /** null for what concerns the file system as a whole. */
  readonly path: string | null;
  readonly message: string;
}

/** What does not fit: the name of a field; `link`: a target that no link can have; `same-name`: see `UnfitEntry`. */
export type UnfitCode = 'uid' | 'gid' | 'size' | 'name' | 'device' | 'volume-name' | 'link' | 'same-name';

/** A value that the format cannot hold. */
export interface UnfitEntry {
  /** `same-name`: two names of a directory are equal once they are cut. */
  readonly code: UnfitCode;
  readonly path: string | null;
  readonly origin: string | undefined;
  readonly found: string;
  readonly expected: string;
}

/** Everything in a tree that does not fit, at once. */
export class UnfitError extends CramfsError {
  readonly unfit: readonly UnfitEntry[];

  /**
   * @param unfit not empty
   * @param lines to be shown below the sentence, after the entries
   */
  constructor(unfit: readonly UnfitEntry[], lines: readonly string[] = []) {
    super('UNFIT', unfitDetails(unfit, lines));
    this.unfit = unfit;
  }
}

/** Entries that a message names; more are counted. */
const MAX_NAMED = 50;

function unfitDetails(unfit: readonly UnfitEntry[], lines: readonly string[]): ErrorDetails {
  const [only] = unfit;
  if (unfit.length === 1 && only !== undefined) {
    const origin = only.origin === undefined ? '' : ` (${only.origin})`;
    return { path: only.path ?? undefined, expected: only.expected, found: `${only.found}${origin}`, lines };
  }
  const named = unfit.slice(0, MAX_NAMED).map(({ path, origin, found, expected }) => {
    const place = path === null ? '' : `${path}: `;
    return `${place}${found}, expected ${expected}${origin === undefined ? '' : ` (${origin})`}`;
  });
  const more = unfit.length - named.length;
  return {
    found: `${unfit.length} values`,
    lines: [...named, ...(more > 0 ? [`and ${more} more`] : []), ...lines],
  };
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
  /** Byte offset of the end of the content that is placed there; 0 for what has none, or none yet. */
  end: number;
}

/** How entries become inodes. */
export interface InodeOptions {
  /** Cut what does not fit, as mkcramfs does, and warn; else it is an error. */
  readonly truncate?: boolean | undefined;
  /** Name of the file system, at most `MAX_VOLUME_NAME` bytes. Default "Compressed". */
  readonly name?: string | undefined;
}

/** Bytes of the file system's name. */
export const MAX_VOLUME_NAME = 16;

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
 * @throws UnfitError with everything that the format cannot hold; CramfsError USAGE for impossible names
 */
export function makeNodes(
  root: DirectoryEntry,
  options: InodeOptions,
): {
  readonly root: ImageNode;
  /** The bytes of the file system's name. */
  readonly name: Uint8Array;
  readonly warnings: readonly BuildWarning[];
} {
  const maker = new NodeMaker(options);
  const name = maker.volumeName();
  const node = maker.node(root, '/', new Uint8Array(0));
  if (maker.unfit.length > 0) throw new UnfitError(maker.unfit);
  return { root: node, name, warnings: maker.warnings };
}

class NodeMaker {
  readonly warnings: BuildWarning[] = [];
  readonly unfit: UnfitEntry[] = [];
  readonly #options: InodeOptions;

  constructor(options: InodeOptions) {
    this.#options = options;
  }

  volumeName(): Uint8Array {
    const name = encodeName(this.#options.name ?? 'Compressed');
    if (name.length <= MAX_VOLUME_NAME) return name;
    this.#limit('volume-name', null, {}, `a file system name of ${name.length} bytes`, `at most ${MAX_VOLUME_NAME}`);
    return name.subarray(0, MAX_VOLUME_NAME);
  }

  node(entry: SourceEntry, path: string, name: Uint8Array): ImageNode {
    const { content, size } = this.#content(entry, path);
    return {
      path,
      name: this.#name(name, path, entry),
      mode: TYPE_BITS[entry.type] | entry.mode,
      uid: this.#cut('uid', path, entry, 'user id', MAX_UID),
      gid: this.#cut('gid', path, entry, 'group id', MAX_GID),
      size,
      content,
      children: entry.type === 'directory' ? this.#children(entry, path) : null,
      position: 0,
      offset: 0,
      end: 0,
    };
  }

  #children(directory: DirectoryEntry, path: string): ImageNode[] {
    const prefix = path === '/' ? '/' : `${path}/`;
    const nodes: ImageNode[] = [];
    for (const [key, child] of directory.children) {
      if (key === '' || key === '.' || key === '..' || key.includes('/') || key.includes('\0')) {
        const origin = child.origin === undefined ? '' : ` (${child.origin})`;
        throw new CramfsError('USAGE', { path, found: `"${printableName(key)}" is not a possible file name${origin}` });
      }
      nodes.push(this.node(child, `${prefix}${key}`, encodeName(key)));
    }
    nodes.sort((a, b) => compareBytes(a.name, b.name));
    nodes.forEach((node, index) => {
      const before = nodes[index - 1];
      if (this.#options.truncate !== true) return;
      if (before === undefined || !sameBytes(before.name, node.name)) return;
      const origin = directory.children.get(node.path.slice(prefix.length))?.origin;
      const found = `a name that is the same as that of ${printableName(before.path)} once both are cut`;
      this.unfit.push({
        code: 'same-name',
        path: node.path,
        origin,
        found,
        expected: `names that differ in ${MAX_NAME} bytes`,
      });
    });
    return nodes;
  }

  #content(entry: SourceEntry, path: string): { content: FileContent | null; size: number } {
    switch (entry.type) {
      case 'file':
      case 'symlink': {
        if (entry.type === 'symlink') this.#target(entry, path);
        const content = entry.type === 'file' ? entry.content : bytesContent(entry.target);
        const size = Math.min(content.size, MAX_SIZE);
        if (size < content.size) {
          this.#limit(
            'size',
            path,
            entry,
            `${entry.type} of ${content.size} bytes`,
            `at most ${MAX_SIZE} bytes (16 MiB less 1)`,
          );
        }
        return { content: size === 0 ? null : size < content.size ? cutContent(content, size) : content, size };
      }
      case 'chardev':
      case 'blockdev':
        return { content: null, size: this.#device(entry, path) };
      default:
        return { content: null, size: 0 };
    }
  }

  /** The old encoding of Linux, major << 8 | minor; beyond it, the low 24 bits of Linux's st_rdev, as mkcramfs has it. */
  #device(entry: DeviceEntry, path: string): number {
    const { major, minor } = entry;
    if (major > 0xff || minor > 0xff) {
      this.#limit('device', path, entry, `device ${major}:${minor}`, 'major and minor numbers of at most 255');
    }
    return ((minor & 0xff) | ((major & 0xfff) << 8) | ((minor & ~0xff) << 12)) & MAX_SIZE;
  }

  /** A link that Linux could not follow is refused whatever the options. */
  #target({ target, origin }: SymlinkEntry, path: string): void {
    const found =
      target.length === 0
        ? 'a link without a target'
        : target.length > MAX_TARGET
          ? `a link whose target has ${target.length} bytes`
          : target.includes(0)
            ? 'a link whose target has a NUL byte'
            : null;
    const expected = `a target of 1 to ${MAX_TARGET} bytes without NUL`;
    if (found !== null) this.unfit.push({ code: 'link', path, origin, found, expected });
  }

  /** Cuts a name to 252 bytes, at a character's end: the first byte that is lost must not be inside one. */
  #name(name: Uint8Array, path: string, entry: SourceEntry): Uint8Array {
    if (name.length <= MAX_NAME) return name;
    this.#limit('name', path, entry, `a name of ${name.length} bytes`, `at most ${MAX_NAME}`);
    let length = MAX_NAME;
    while (length > 0 && ((name[length] ?? 0) & 0xc0) === 0x80) length--;
    return name.subarray(0, length === 0 ? MAX_NAME : length);
  }

  #cut(code: 'uid' | 'gid', path: string, entry: SourceEntry, what: string, most: number): number {
    const value = entry[code];
    if (value > most) this.#limit(code, path, entry, `${what} ${value}`, `at most ${most}`);
    // Above 32 bits no system has ids; the remainder is taken without bit operations anyway.
    return value % (most + 1);
  }

  #limit(
    code: UnfitCode,
    path: string | null,
    { origin }: Pick<SourceEntry, 'origin'>,
    found: string,
    expected: string,
  ): void {
    if (this.#options.truncate !== true) this.unfit.push({ code, path, origin, found, expected });
    else this.warnings.push({ code, path, message: `${found} was cut: cramfs has ${expected}` });
  }
}

function cutContent(content: FileContent, size: number): FileContent {
  return { size, read: (room, most = size) => content.read(room, Math.min(most, size)).subarray(0, size) };
}
