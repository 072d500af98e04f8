/**
 * fsid.files and fsid.blocks against what is there. Linux shows them in statfs(2) and believes neither; fsck.cramfs refuses
 * an image without files. mkcramfs and mkfs.cramfs count the blocks of each different
 * file once; makers that do not count leave fsid.blocks at 0.
 */
import { CRAMFS_FLAG_FSID_VERSION_2 } from '../../format/constants.ts';
import { defineRule } from '../rule.ts';

export const counts = defineRule(['FILES_ZERO', 'FILES_MISCOUNTED', 'BLOCKS_MISCOUNTED'], (context, report) => ({
  end() {
    const { image, tally, treeDamaged, findings } = context;
    if (!image.hasFlag(CRAMFS_FLAG_FSID_VERSION_2)) return;
    const { position, files, blocks } = image.superblock;
    if (files === 0) report('FILES_ZERO', position + 44, null, {});
    // What cannot be reached cannot be counted.
    if (treeDamaged || findings.count('TABLE_OUTSIDE') + findings.count('TABLE_OVERLAP') > 0) return;
    if (files !== 0 && files !== tally.inodes) {
      report('FILES_MISCOUNTED', position + 44, null, { claimed: files, counted: tally.inodes });
    }
    if (blocks !== 0 && blocks !== tally.blocks && blocks !== tally.blocksClaimed) {
      report('BLOCKS_MISCOUNTED', position + 40, null, { claimed: blocks, counted: tally.blocks });
    }
  },
}));
