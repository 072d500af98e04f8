/** Flags of the superblock: what Linux refuses to mount, and bits that nobody has given a meaning. */
import { CRAMFS_FLAG_FSID_VERSION_2, CRAMFS_FLAG_SORTED_DIRS, CRAMFS_SUPPORTED_FLAGS } from '../../format/constants.ts';
import { args, defineFinding } from '../../findings/definition.ts';
import { hex } from '../../base/hex.ts';
import { REBUILD_IMAGE } from '../words.ts';
import { defineRule } from '../rule.ts';
import { vendorFlags } from './vendor.ts';

export const FLAGS_UNSUPPORTED = defineFinding({
  id: 'image/flags-unsupported',
  severity: 'error',
  scope: 'image',
  args: args<{ readonly flags: number }>(),
  title: 'Flags unknown to Linux',
  cause: ({ flags }) => `Linux does not know flags ${hex(flags)} and refuses to mount the image`,
  fix: (_, { rebuild }) =>
    `rebuild the image without these flags: ${rebuild()}; if it should not have any, the superblock may be damaged`,
});

export const FLAGS_RESERVED = defineFinding({
  id: 'image/flags-reserved',
  severity: 'warning',
  scope: 'image',
  args: args<{ readonly flags: number }>(),
  title: 'Flags without a meaning',
  cause: ({ flags }) => `flags ${hex(flags)} have no meaning; Linux mounts the image anyway`,
  fix: REBUILD_IMAGE,
});

export const FUTURE_SET = defineFinding({
  id: 'image/future-set',
  severity: 'note',
  scope: 'image',
  args: args<{ readonly future: number }>(),
  title: 'Reserved field in use',
  cause: ({ future }) => `the reserved field "future" contains ${hex(future)}, not 0`,
  fix: (_, { rebuild }) =>
    `nothing to do if the build tool is known to use it, otherwise rebuild the image: ${rebuild()}`,
});

/** Bits that Linux mounts without knowing what they mean. */
const RESERVED = 0xff & ~(CRAMFS_FLAG_FSID_VERSION_2 | CRAMFS_FLAG_SORTED_DIRS);

/** What Linux refuses, unless a vendor's format explains it. */
export const unknownFlags = defineRule([FLAGS_UNSUPPORTED], (context, report) => ({
  superblock() {
    const { flags: all, position } = context.image.superblock;
    const unsupported = (all & ~CRAMFS_SUPPORTED_FLAGS & ~vendorFlags(context)) >>> 0;
    if (unsupported !== 0) report(FLAGS_UNSUPPORTED, position + 8, null, { flags: unsupported });
  },
}));

export const flags = defineRule([FLAGS_RESERVED, FUTURE_SET], (context, report) => ({
  superblock() {
    const { superblock } = context.image;
    const { position } = superblock;
    const reserved = superblock.flags & RESERVED;
    if (reserved !== 0) report(FLAGS_RESERVED, position + 8, null, { flags: reserved });
    if (superblock.future !== 0) report(FUTURE_SET, position + 12, null, { future: superblock.future });
  },
}));
