/**
 * fsid.crc: the CRC-32 from the superblock's own start to the end of the image, its own field taken as zero. Linux does not
 * look at it. Vendors have been seen to store it in the other byte order.
 */
import { CRAMFS_FLAG_FSID_VERSION_2 } from '../../format/constants.ts';
import { imageCrc } from '../imageCrc.ts';
import { defineRule } from '../rule.ts';

export const checksum = defineRule(['CRC_WRONG', 'CRC_BYTE_SWAPPED', 'CRC_ABSENT'], (context, report) => ({
  superblock() {
    const { image } = context;
    const { position, crc: stored, size } = image.superblock;
    const offset = position + 32;
    if (!image.hasFlag(CRAMFS_FLAG_FSID_VERSION_2)) {
      report('CRC_ABSENT', offset, null, {});
      return;
    }
    // What is not there cannot be summed up; the rule on the size tells.
    if (!context.hasSize || size > image.source.size) return;
    const computed = imageCrc(image.source, position, size);
    if (stored === computed) return;
    if (byteSwapped(stored) === computed) report('CRC_BYTE_SWAPPED', offset, null, { stored, computed });
    else report('CRC_WRONG', offset, null, { stored, computed });
  },
}));

function byteSwapped(word: number): number {
  return ((word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0;
}
