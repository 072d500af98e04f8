/** The size that the superblock states: there must be room for a superblock, and the file must be that long. */
import { CRAMFS_FLAG_FSID_VERSION_2 } from '../../format/constants.ts';
import { args, defineFinding } from '../../findings/definition.ts';
import { plural } from '../../base/words.ts';
import { REBUILD_IMAGE } from '../words.ts';
import { defineRule } from '../rule.ts';

export const SIZE_TOO_SMALL = defineFinding({
  id: 'image/size-too-small',
  severity: 'error',
  scope: 'image',
  args: args<{ readonly size: number; readonly least: number }>(),
  title: 'Image size too small',
  cause: ({ size, least }) =>
    `the superblock gives the image's size as ${plural(size, 'byte')}, but ends itself at byte ${String(least)}`,
  fix: REBUILD_IMAGE,
});

export const SIZE_UNPADDED = defineFinding({
  id: 'image/size-unpadded',
  severity: 'note',
  scope: 'image',
  args: args<{ readonly size: number }>(),
  title: 'Unpadded image size',
  cause: ({ size }) => `the image is ${plural(size, 'byte')} long, not a multiple of 4096`,
  fix: (_, { rebuild }) => `nothing to do for Linux; to pad it, rebuild the image: ${rebuild()}`,
});

export const IMAGE_TRUNCATED = defineFinding({
  id: 'image/image-truncated',
  severity: 'error',
  scope: 'image',
  args: args<{ readonly size: number; readonly available: number }>(),
  title: 'Truncated image',
  cause: ({ size, available }) =>
    `the superblock gives the image's size as ${plural(size, 'byte')}, but the file has ${String(available)}`,
  fix: 'get the whole file, or use a partition large enough for the image',
});

/** What makers pad images to, whatever the page size. */
const PADDED_TO = 4096;

export const imageSize = defineRule(
  [SIZE_TOO_SMALL, SIZE_UNPADDED, IMAGE_TRUNCATED],
  ({ image: { superblock, source }, image }, report) => ({
    superblock() {
      // Old images state what their maker liked; Linux takes them to be 256 MiB long.
      if (!image.hasFlag(CRAMFS_FLAG_FSID_VERSION_2)) return;
      const { position, size } = superblock;
      const offset = position + 4;
      const least = position + image.superblockSize;
      const available = source.size;
      if (size < least) report(SIZE_TOO_SMALL, offset, null, { size, least });
      else if (size > available) report(IMAGE_TRUNCATED, offset, null, { size, available });
      else if (size % PADDED_TO !== 0) report(SIZE_UNPADDED, offset, null, { size });
    },
  }),
);
