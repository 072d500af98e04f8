/** The size that the superblock states: there must be room for a superblock, and the file must be that long. */
import { CRAMFS_FLAG_FSID_VERSION_2 } from '../../format/constants.ts';
import { defineRule } from '../rule.ts';

/** What makers pad images to, whatever the page size. */
const PADDED_TO = 4096;

export const imageSize = defineRule(
  ['SIZE_TOO_SMALL', 'SIZE_UNPADDED', 'IMAGE_TRUNCATED'],
  ({ image: { superblock, source }, image }, report) => ({
    superblock() {
      // Old images state what their maker liked; Linux takes them to be 256 MiB long.
      if (!image.hasFlag(CRAMFS_FLAG_FSID_VERSION_2)) return;
      const { position, size } = superblock;
      const offset = position + 4;
      const least = position + image.superblockSize;
      const available = source.size;
      if (size < least) report('SIZE_TOO_SMALL', offset, null, { size, least });
      else if (size > available) report('IMAGE_TRUNCATED', offset, null, { size, available });
      else if (size % PADDED_TO !== 0) report('SIZE_UNPADDED', offset, null, { size });
    },
  }),
);
