/**
 * fsid.crc: the CRC-32 from the superblock's own start to the end of the image, its own field taken as zero. Linux does not
 * look at it. Vendors have been seen to store it in the other byte order.
 */
import { imageCrc } from '../../inspect/imageCrc.ts';
import { defineRule } from '../rule.ts';

export const checksum = defineRule(['CRC_WRONG', 'CRC_BYTE_SWAPPED', 'CRC_ABSENT'], ({ image }, report) => ({
  superblock() {
    const { state, stored, computed } = imageCrc(image);
    const offset = image.superblock.position + 32;
    if (state === 'none') report('CRC_ABSENT', offset, null, {});
    // What is not there cannot be summed up; the rule on the size tells.
    if (computed === null) return;
    if (state === 'swapped') report('CRC_BYTE_SWAPPED', offset, null, { stored, computed });
    if (state === 'wrong') report('CRC_WRONG', offset, null, { stored, computed });
  },
}));
