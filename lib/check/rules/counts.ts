/**
 * fsid.files and fsid.blocks against what is there. Linux shows them in statfs(2) and believes neither; fsck.cramfs refuses
 * an image without files. mkcramfs and mkfs.cramfs count the blocks of each different
 * file once; makers that do not count leave fsid.blocks at 0.
 */
import { CRAMFS_FLAG_FSID_VERSION_2 } from '../../format/constants.ts';
import { args, defineFinding, type Nothing } from '../../findings/definition.ts';
import { plural } from '../../base/words.ts';
import { REBUILD_IMAGE, are } from '../words.ts';
import { defineRule } from '../rule.ts';
import { TABLE_OUTSIDE, TABLE_OVERLAP } from './tables.ts';

export const FILES_ZERO = defineFinding({
  id: 'image/files-zero',
  severity: 'error',
  scope: 'image',
  args: args<Nothing>(),
  title: 'File count of 0',
  cause: () => 'the superblock counts no files, but there is always a root',
  fix: REBUILD_IMAGE,
});

export const FILES_MISCOUNTED = defineFinding({
  id: 'image/files-miscounted',
  severity: 'warning',
  scope: 'image',
  args: args<{ readonly claimed: number; readonly counted: number }>(),
  title: 'Wrong file count',
  cause: ({ claimed, counted }) =>
    `the superblock counts ${plural(claimed, 'file')}, but there ${are(counted)} ${String(counted)}`,
  fix: REBUILD_IMAGE,
});

export const BLOCKS_MISCOUNTED = defineFinding({
  id: 'image/blocks-miscounted',
  severity: 'warning',
  scope: 'image',
  args: args<{ readonly claimed: number; readonly counted: number }>(),
  title: 'Wrong block count',
  cause: ({ claimed, counted }) =>
    `the superblock counts ${plural(claimed, 'block')}, but there ${are(counted)} ${String(counted)}`,
  fix: REBUILD_IMAGE,
});

export const counts = defineRule([FILES_ZERO, FILES_MISCOUNTED, BLOCKS_MISCOUNTED], (context, report) => ({
  end() {
    const { image, tally, treeDamaged, findings } = context;
    if (!image.hasFlag(CRAMFS_FLAG_FSID_VERSION_2)) return;
    const { position, files, blocks } = image.superblock;
    if (files === 0) report(FILES_ZERO, position + 44, null, {});
    // What cannot be reached cannot be counted.
    if (treeDamaged || findings.count(TABLE_OUTSIDE.id) + findings.count(TABLE_OVERLAP.id) > 0) return;
    if (files !== 0 && files !== tally.inodes) {
      report(FILES_MISCOUNTED, position + 44, null, { claimed: files, counted: tally.inodes });
    }
    if (blocks !== 0 && blocks !== tally.blocks && blocks !== tally.blocksClaimed) {
      report(BLOCKS_MISCOUNTED, position + 40, null, { claimed: blocks, counted: tally.blocks });
    }
  },
}));
