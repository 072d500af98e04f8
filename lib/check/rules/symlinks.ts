/** Symbolic links: a target of 1 to 4095 bytes without NUL. */
import { CramfsError } from '../../base/errors.ts';
import { decodeName, printableName } from '../../format/names.ts';
import { readContent } from '../../image/content.ts';
import type { Inode } from '../../image/image.ts';
import { MAX_PATH } from '../context.ts';
import { CONTROLS } from '../controls.ts';
import { args, defineFinding, type Nothing } from '../../findings/definition.ts';
import { plural } from '../../base/words.ts';
import { shownPath } from '../../format/shownPath.ts';
import { REBUILD } from '../words.ts';
import { defineRule, type FileNode } from '../rule.ts';

/** Targets that are remembered, of at most 4 KiB each. */
const MAX_TARGETS = 1024;

export const SYMLINK_EMPTY = defineFinding({
  id: 'image/symlink-empty',
  severity: 'error',
  scope: 'entry',
  args: args<Nothing>(),
  title: 'Symbolic link without a target',
  cause: () => 'the symbolic link has no target',
  fix: REBUILD,
});

export const SYMLINK_NUL = defineFinding({
  id: 'image/symlink-nul',
  severity: 'error',
  scope: 'entry',
  args: args<{ readonly length: number; readonly size: number }>(),
  title: 'Symbolic link containing NUL',
  cause: ({ length, size }) =>
    `the link's size is ${plural(size, 'byte')}, but its target ends with a NUL after ${String(length)}`,
  fix: REBUILD,
});

export const SYMLINK_TOO_LONG = defineFinding({
  id: 'image/symlink-too-long',
  severity: 'error',
  scope: 'entry',
  args: args<{ readonly size: number }>(),
  title: 'Symbolic link too long to follow',
  cause: ({ size }) => `the link's target is ${plural(size, 'byte')} long, and Linux follows at most 4095`,
  fix: REBUILD,
});

export const SYMLINK_LEAVES_ROOT = defineFinding({
  id: 'image/symlink-leaves-root',
  severity: 'note',
  scope: 'entry',
  args: args<{ readonly target: string }>(),
  title: 'Symbolic link leaving the image',
  cause: ({ target }) =>
    `the link goes up past the root: ${shownPath(target)} leads elsewhere if the image is not mounted as /`,
  fix: 'nothing to do on the device; do not let programs write through links of an extracted tree',
});

export const SYMLINK_CONTROL = defineFinding({
  id: 'image/symlink-control',
  severity: 'note',
  scope: 'entry',
  args: args<{ readonly target: string }>(),
  title: 'Control characters in a link target',
  cause: ({ target }) => `the target "${printableName(target)}" contains control characters`,
  fix: 'rename the target of the link and build the image again',
});

export const symlinks = defineRule(
  [SYMLINK_EMPTY, SYMLINK_NUL, SYMLINK_TOO_LONG, SYMLINK_LEAVES_ROOT, SYMLINK_CONTROL],
  ({ image }, report) => {
    /** Targets by place and size; null for what cannot be read. */
    const targets = new Map<number, Uint8Array | null>();
    const targetOf = (inode: Inode): Uint8Array | null => {
      // Sizes have 24 bits, offsets 28, of which two are always 0.
      const key = inode.ino * 0x400000 + inode.size;
      let target = targets.get(key);
      if (target !== undefined) return target;
      try {
        target = readContent(image, inode);
      } catch (error) {
        // What is wrong with the block is reported where blocks are inflated.
        if (!(error instanceof CramfsError) || error.code === 'IO') throw error;
        target = null;
      }
      if (targets.size >= MAX_TARGETS) targets.clear();
      targets.set(key, target);
      return target;
    };
    const look = ({ inode, path }: FileNode, sound: boolean): void => {
      const { type, size, position } = inode;
      if (type !== 'symlink' || !sound || size > MAX_PATH + 1) return;
      const target = targetOf(inode);
      if (target === null) return;
      const length = target.indexOf(0);
      if (length !== -1) {
        report(SYMLINK_NUL, position, path, { length, size });
        return;
      }
      const text = decodeName(target);
      if (CONTROLS.test(text)) report(SYMLINK_CONTROL, position, path, { target: text });
      if (leavesRoot(text, path)) report(SYMLINK_LEAVES_ROOT, position, path, { target: text });
    };
    return {
      node({ inode: { type, size, position }, path }) {
        if (type !== 'symlink') return;
        if (size === 0) report(SYMLINK_EMPTY, position, path, {});
        if (size > MAX_PATH) report(SYMLINK_TOO_LONG, position, path, { size });
      },
      blocksEnd: look,
      sharer: look,
    };
  },
);

/** Whether a relative target goes up further than the link is deep. */
function leavesRoot(target: string, path: () => string): boolean {
  if (target.startsWith('/') || !target.includes('..')) return false;
  let depth = path().split('/').length - 2;
  for (const part of target.split('/')) {
    if (part === '..') depth--;
    else if (part !== '' && part !== '.') depth++;
    if (depth < 0) return true;
  }
  return false;
}
