/** The root inode, as cramfs_read_super() and cramfsck want it. */
import { BOOT_PAD, CRAMFS_FLAG_SHIFTED_ROOT_OFFSET, ROOT_INODE_OFFSET } from '../../format/constants.ts';
import { args, defineFinding, type Nothing } from '../../findings/definition.ts';
import { REBUILD, octal } from '../words.ts';
import { defineRule } from '../rule.ts';

export const ROOT_NOT_DIRECTORY = defineFinding({
  id: 'image/root-not-directory',
  severity: 'error',
  scope: 'image',
  args: args<{ readonly mode: number }>(),
  title: 'Root that is not a directory',
  cause: ({ mode }) => `the root has mode ${octal(mode)} and is not a directory; Linux refuses the image`,
  fix: 'write the mode of a directory (040755) at byte 64 of the superblock: the tree may be intact',
});

export const ROOT_OFFSET = defineFinding({
  id: 'image/root-offset',
  severity: 'error',
  scope: 'image',
  args: args<{ readonly found: number }>(),
  title: 'Unexpected root offset',
  cause: ({ found }) =>
    `the root directory starts at byte ${String(found)}, not at 76 or 588, and SHIFTED_ROOT_OFFSET is not set; Linux refuses the image`,
  fix: `${REBUILD}; what is to be inserted is an option of it (cramfs mkfs --insert)`,
});

export const ROOT_EMPTY = defineFinding({
  id: 'image/root-empty',
  severity: 'note',
  scope: 'image',
  args: args<Nothing>(),
  title: 'Empty file system',
  cause: () => 'the root has neither an offset nor a size: the file system is empty',
  fix: 'nothing to do if the image is meant to be empty',
});

export const root = defineRule([ROOT_NOT_DIRECTORY, ROOT_OFFSET, ROOT_EMPTY], ({ image }, report) => ({
  superblock() {
    const { mode, offset, size } = image.superblock.root;
    const place = image.superblock.position + ROOT_INODE_OFFSET;
    if (image.root.type !== 'directory') report(ROOT_NOT_DIRECTORY, place, null, { mode });
    else if (offset === 0 && size === 0) report(ROOT_EMPTY, place, null, {});
    else if (
      // An offset of 0 with a size is every directory's problem, not only the root's.
      offset !== 0 &&
      !image.hasFlag(CRAMFS_FLAG_SHIFTED_ROOT_OFFSET) &&
      offset !== image.superblockSize &&
      offset !== BOOT_PAD + image.superblockSize
    ) {
      report(ROOT_OFFSET, place + 8, null, { found: offset });
    }
  },
}));
