/**
 * Features in use that the superblock does not announce: holes, and block pointers with flags. Linux reads both all the same,
 * but maps nothing directly without EXT_BLOCK_POINTERS, and other readers go by the flags.
 */
import { CRAMFS_FLAG_EXT_BLOCK_POINTERS, CRAMFS_FLAG_HOLES } from '../../format/constants.ts';
import { decodeBlockPointer } from '../../format/blockPointer.ts';
import { args, defineFinding } from '../../findings/definition.ts';
import { isRaw } from '../../image/blocks.ts';
import { REBUILD_IMAGE } from '../words.ts';
import { defineRule } from '../rule.ts';

export const HOLES_UNANNOUNCED = defineFinding({
  id: 'image/holes-unannounced',
  severity: 'warning',
  scope: 'entry',
  args: args<{ readonly block: number }>(),
  title: 'Holes without their flag',
  cause: ({ block }) =>
    `block ${String(block)} is a hole, but the flag HOLES is not set: readers that rely on the flag fail`,
  fix: REBUILD_IMAGE,
});

export const EXTENSIONS_UNANNOUNCED = defineFinding({
  id: 'image/extensions-unannounced',
  severity: 'warning',
  scope: 'entry',
  args: args<{ readonly block: number }>(),
  title: 'Extended block pointers without their flag',
  cause: ({ block }) =>
    `the pointer of block ${String(block)} has flags, but EXT_BLOCK_POINTERS is not set: Linux maps nothing directly, other readers fail`,
  fix: REBUILD_IMAGE,
});

export const announcements = defineRule([HOLES_UNANNOUNCED, EXTENSIONS_UNANNOUNCED], ({ image }, report) => {
  // One finding for the image is enough.
  let holes = image.hasFlag(CRAMFS_FLAG_HOLES);
  let extensions = image.hasFlag(CRAMFS_FLAG_EXT_BLOCK_POINTERS);
  return {
    block({ inode, path }, { index: block, kind, pointer, problem }) {
      // What has no pointers has no flags in them.
      if (problem !== null || isRaw(image, inode)) return;
      if (kind === 'hole' && !holes) {
        holes = true;
        report(HOLES_UNANNOUNCED, inode.ino + block * 4, path, { block });
      }
      if (extensions) return;
      const { direct, uncompressed } = decodeBlockPointer(pointer);
      if (!direct && !uncompressed) return;
      extensions = true;
      report(EXTENSIONS_UNANNOUNCED, inode.ino + block * 4, path, { block });
    },
  };
});
