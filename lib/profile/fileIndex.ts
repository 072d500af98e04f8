/**
 * The files that a capture may be about: found by inode number, or by path.
 */
import { blockCount, fileBlocks } from '../image/blocks.ts';
import type { CramfsImage, Inode } from '../image/image.ts';
import { walk } from '../inspect/walk.ts';

/** A regular file with content. */
export interface ProfiledFile {
  /** The first of its paths. */
  readonly path: string;
  /** Pages, the last one counted whole. */
  readonly pages: number;
  /** Which page has its data as a direct block at a byte offset of the image; null for none, or where there is no image. */
  pageAt(imageOffset: number): number | null;
  /** The byte offset in the image of a page that is a direct block; null where it is not, or where there is no image. */
  directAt(page: number): number | null;
}

/** Where a reader of captures looks files up. */
export interface FileIndex {
  /** Bytes of a page. */
  readonly pageSize: number;
  /** Whether files are known by their inode numbers; without an image there are none. */
  readonly hasInodes: boolean;
  byInode(ino: number): ProfiledFile | null;
  /** Whether a number is that of a symbolic link, whose target Linux reads through the page cache. */
  isLink(ino: number): boolean;
  byPath(path: string): ProfiledFile | null;
  /** All paths of a file by inode number. */
  pathsOf(ino: number): readonly string[];
}

/**
 * The regular files of an image, by Linux's inode numbers: the place of the block pointers (cramino()). Files that share
 * their blocks are one there.
 *
 * @throws CramfsError for damage of the tree
 */
export function imageIndex(image: CramfsImage): FileIndex {
  const byIno = new Map<number, { readonly file: ProfiledFile; readonly paths: string[] }>();
  const byPath = new Map<string, ProfiledFile>();
  const links = new Set<number>();
  for (const { inode, path } of walk(image)) {
    if (inode.type === 'symlink') links.add(inode.ino);
    if (inode.type !== 'file' || inode.size === 0) continue;
    const known = byIno.get(inode.ino);
    if (known !== undefined) {
      known.paths.push(path);
      byPath.set(path, known.file);
      continue;
    }
    const file = new ImageFile(image, inode, path);
    byIno.set(inode.ino, { file, paths: [path] });
    byPath.set(path, file);
  }
  return {
    pageSize: image.pageSize,
    hasInodes: true,
    byInode: (ino) => byIno.get(ino)?.file ?? null,
    isLink: (ino) => links.has(ino),
    byPath: (path) => byPath.get(path) ?? null,
    pathsOf: (ino) => byIno.get(ino)?.paths ?? [],
  };
}

/** The direct blocks of a file: which page begins at an image offset, and where a page begins. */
interface DirectBlocks {
  readonly pages: ReadonlyMap<number, number>;
  readonly starts: ReadonlyMap<number, number>;
}

class ImageFile implements ProfiledFile {
  readonly path: string;
  readonly pages: number;
  readonly #image: CramfsImage;
  readonly #inode: Inode;
  #direct: DirectBlocks | null = null;

  constructor(image: CramfsImage, inode: Inode, path: string) {
    this.path = path;
    this.pages = blockCount(inode.size, image.pageSize);
    this.#image = image;
    this.#inode = inode;
  }

  pageAt(imageOffset: number): number | null {
    return this.#blocks().pages.get(imageOffset) ?? null;
  }

  directAt(page: number): number | null {
    return this.#blocks().starts.get(page) ?? null;
  }

  #blocks(): DirectBlocks {
    if (this.#direct !== null) return this.#direct;
    const direct = [...fileBlocks(this.#image, this.#inode, this.path)].filter(({ kind }) => kind === 'direct');
    this.#direct = {
      pages: new Map(direct.map(({ start, index }) => [start, index])),
      starts: new Map(direct.map(({ start, index }) => [index, start])),
    };
    return this.#direct;
  }
}
