/**
 * Where the directories of an image go, and which of their entries Linux will not see.
 */
import { roundUp } from '../base/pages.ts';
import { CramfsError } from '../base/errors.ts';
import { ENTRY_READ_SIZE } from '../format/constants.ts';
import type { InodeLayout } from '../format/inode.ts';
import { decodeName } from '../format/names.ts';
import type { BuildWarning, ImageNode } from './inodes.ts';
import { MAX_OFFSET } from './placer.ts';

/** Gives every inode its place. */
export function layOutDirectories(
  root: ImageNode,
  start: number,
  inodes: InodeLayout,
): { end: number; lastEntry: number; files: number; total: number } {
  let cursor = start;
  let lastEntry = 0;
  let files = 1;
  let total = 0;
  const enter = (directory: ImageNode): void => {
    const children = directory.children ?? [];
    const begin = cursor;
    for (const child of children) {
      child.position = cursor;
      lastEntry = cursor;
      cursor += inodes.size + roundUp(child.name.length, 4);
      if (child.content !== null) total += child.size;
    }
    files += children.length;
    directory.size = cursor - begin;
    directory.offset = directory.size === 0 ? 0 : begin;
    if (begin > MAX_OFFSET || directory.size > 0xff_ffff) {
      throw new CramfsError('UNFIT', {
        path: directory.path,
        found: `a directory of ${String(directory.size)} bytes at byte ${String(begin)} of the image`,
        expected: 'less than 16 MiB, below 256 MiB',
      });
    }
    for (const child of children) if (child.children !== null) enter(child);
  };
  enter(root);
  // The root's offset is written even when it is empty.
  root.offset = start;
  return { end: cursor, lastEntry, files, total };
}

/** A warning for each directory with entries that Linux does not see in an image of that many bytes. */
export function unseenEntries(directory: ImageNode, imageBytes: number): BuildWarning[] {
  const children = directory.children ?? [];
  const unseen = children.filter(({ position }) => position + ENTRY_READ_SIZE > imageBytes);
  const [first] = unseen;
  const warnings = children.flatMap((child) => (child.children === null ? [] : unseenEntries(child, imageBytes)));
  if (first === undefined) return warnings;
  const others = unseen.length === 1 ? '' : ` and ${String(unseen.length - 1)} more`;
  const message =
    `Linux does not see ${decodeName(first.name)}${others} when it mounts the image from MTD: ` +
    `entries in the last ${String(ENTRY_READ_SIZE)} bytes do not exist; --deflate fast and --xip leave room after them`;
  return [{ code: 'entry-unseen', path: directory.path, message }, ...warnings];
}
