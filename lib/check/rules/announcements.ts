/**
 * Features in use that the superblock does not announce: holes, and block pointers with flags. Linux reads both all the same,
 * but maps nothing directly without EXT_BLOCK_POINTERS, and other readers go by the flags.
 */
import { CRAMFS_FLAG_EXT_BLOCK_POINTERS, CRAMFS_FLAG_HOLES } from '../../format/constants.ts';
import { decodeBlockPointer } from '../../format/blockPointer.ts';
import { defineRule } from '../rule.ts';

export const announcements = defineRule(['HOLES_UNANNOUNCED', 'EXTENSIONS_UNANNOUNCED'], ({ image }, report) => {
  // One finding for the image is enough.
  let holes = image.hasFlag(CRAMFS_FLAG_HOLES);
  let extensions = image.hasFlag(CRAMFS_FLAG_EXT_BLOCK_POINTERS);
  return {
    block({ inode, path }, { index: block, kind, pointer, problem }) {
      if (problem !== null) return;
      if (kind === 'hole' && !holes) {
        holes = true;
        report('HOLES_UNANNOUNCED', inode.ino + block * 4, path, { block });
      }
      if (extensions) return;
      const { direct, uncompressed } = decodeBlockPointer(pointer);
      if (!direct && !uncompressed) return;
      extensions = true;
      report('EXTENSIONS_UNANNOUNCED', inode.ino + block * 4, path, { block });
    },
  };
});
