/**
 * The files of a tree in the shape of an image: what `cramfs describe` says of the image, with the owners and modes that its
 * entries have, and the contents, names and directories of the tree.
 */
import { sameBytes } from '../../base/bytes.ts';
import { compatibleDirectBlocks } from '../compatibleXip.ts';
import type { BuildOptions } from '../mkfs.ts';
import { type DirectoryEntry, findEntry, type SourceEntry } from '../sourceTree.ts';
import { describedOptions, type Listing } from './listing.ts';

/**
 * The tree with the owners and modes of the image's entries of the same path and type. Entries that only the tree has keep
 * their own. Device nodes, fifos and sockets that only the image has come along: whoever extracts without being root has
 * none.
 */
export function likeTree(model: DirectoryEntry, own: DirectoryEntry): DirectoryEntry {
  const children = new Map<string, SourceEntry>();
  for (const [name, entry] of own.children) {
    const like = model.children.get(name);
    if (like?.type !== entry.type) children.set(name, entry);
    else if (entry.type === 'directory') children.set(name, likeTree(like as DirectoryEntry, entry));
    else children.set(name, { ...entry, ...ownership(like) });
  }
  for (const [name, entry] of model.children) {
    if (SPECIAL.has(entry.type) && !children.has(name)) children.set(name, entry);
  }
  return { ...own, ...ownership(model), children };
}

const SPECIAL: ReadonlySet<SourceEntry['type']> = new Set(['chardev', 'blockdev', 'fifo', 'socket'] as const);

const ownership = ({ mode, uid, gid }: SourceEntry): Pick<SourceEntry, 'mode' | 'uid' | 'gid'> => ({ mode, uid, gid });

/**
 * The options that build a tree as an image was built. A file that is the image's has the same direct blocks; in others those
 * that mkcramfs -X would choose are direct, as far as the image has any of that kind: in new files only where the image has
 * them among the other blocks, as mkcramfs places them.
 */
export function likeOptions(listing: Listing): Omit<BuildOptions, 'compressor'> & { readonly pageSize: number } {
  const { image, root, direct } = listing;
  const described = describedOptions(listing);
  const isUnchanged = (bytes: Uint8Array, path: string): boolean => {
    const old = findEntry(root, path);
    return old?.type === 'file' && old.content.size === bytes.length && sameBytes(old.content.read(), bytes);
  };
  const placesAll = image.direct?.layout === 'inline' && direct.size > 0;
  return {
    ...described,
    chooseDirect: (bytes, node) => {
      const blocks = direct.get(node.path);
      if (blocks === undefined && !placesAll) return null;
      if (isUnchanged(bytes, node.path)) return described.chooseDirect?.(bytes, node) ?? null;
      return compatibleDirectBlocks(bytes, image.pageSize);
    },
    chooseUnflagged: (bytes, node) =>
      listing.unflagged.has(node.path) && isUnchanged(bytes, node.path)
        ? (described.chooseUnflagged?.(bytes, node) ?? null)
        : null,
  };
}
