/**
 * fsid.crc: the CRC-32 from the superblock's own start to the end of the image, its own field taken as zero. Linux does not
 * look at it. Vendors have been seen to store it in the other byte order.
 */
import { imageCrc } from '../../inspect/imageCrc.ts';
import { args, defineFinding, type Nothing } from '../../findings/definition.ts';
import { crc } from '../words.ts';
import { defineRule } from '../rule.ts';

export const CRC_WRONG = defineFinding({
  id: 'image/crc-wrong',
  severity: 'error',
  scope: 'image',
  args: args<{ readonly stored: number; readonly computed: number }>(),
  title: 'Wrong CRC',
  cause: ({ stored, computed }) => `the stored CRC is ${crc(stored)}, the computed CRC is ${crc(computed)}`,
  fix: ({ computed }, { rebuild }) =>
    `get an undamaged copy; if the image was changed on purpose, write ${crc(computed)} as its CRC, or rebuild it: ${rebuild()}`,
});

export const CRC_BYTE_SWAPPED = defineFinding({
  id: 'image/crc-byte-swapped',
  severity: 'warning',
  scope: 'image',
  args: args<{ readonly stored: number; readonly computed: number }>(),
  title: 'CRC in the wrong byte order',
  cause: ({ stored }) => `the CRC is right, but stored in the other byte order (${crc(stored)})`,
  fix: ({ computed }, { rebuild }) =>
    `the data is intact; write ${crc(computed)} as the CRC in the image's byte order, or rebuild the image: ${rebuild('--no-vendor')}`,
});

export const CRC_ABSENT = defineFinding({
  id: 'image/crc-absent',
  severity: 'note',
  scope: 'image',
  args: args<Nothing>(),
  title: 'Missing CRC',
  cause: () => 'the image has the old format: there is no CRC, and its size and counts have no meaning',
  fix: (_, { rebuild }) => `rebuild the image in the current format: ${rebuild()}`,
});

export const checksum = defineRule([CRC_WRONG, CRC_BYTE_SWAPPED, CRC_ABSENT], ({ image }, report) => ({
  superblock() {
    const { state, stored, computed } = imageCrc(image);
    const offset = image.superblock.position + 32;
    if (state === 'none') report(CRC_ABSENT, offset, null, {});
    // What is not there cannot be summed up; the rule on the size tells.
    if (computed === null) return;
    if (state === 'swapped') report(CRC_BYTE_SWAPPED, offset, null, { stored, computed });
    if (state === 'wrong') report(CRC_WRONG, offset, null, { stored, computed });
  },
}));
