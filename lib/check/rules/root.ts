/** The root inode, as cramfs_read_super() and cramfsck want it. */
import { BOOT_PAD, CRAMFS_FLAG_SHIFTED_ROOT_OFFSET, ROOT_INODE_OFFSET } from '../../format/constants.ts';
import { defineRule } from '../rule.ts';

export const root = defineRule(['ROOT_NOT_DIRECTORY', 'ROOT_OFFSET', 'ROOT_EMPTY'], ({ image }, report) => ({
  superblock() {
    const { mode, offset, size } = image.superblock.root;
    const place = image.superblock.position + ROOT_INODE_OFFSET;
    if (image.root.type !== 'directory') report('ROOT_NOT_DIRECTORY', place, null, { mode });
    else if (offset === 0 && size === 0) report('ROOT_EMPTY', place, null, {});
    else if (
      // An offset of 0 with a size is every directory's problem, not only the root's.
      offset !== 0 &&
      !image.hasFlag(CRAMFS_FLAG_SHIFTED_ROOT_OFFSET) &&
      offset !== image.superblockSize &&
      offset !== BOOT_PAD + image.superblockSize
    ) {
      report('ROOT_OFFSET', place + 8, null, { found: offset });
    }
  },
}));
