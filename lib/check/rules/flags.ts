/** Flags of the superblock: what Linux refuses to mount, and bits that nobody has given a meaning. */
import { CRAMFS_FLAG_FSID_VERSION_2, CRAMFS_FLAG_SORTED_DIRS, CRAMFS_SUPPORTED_FLAGS } from '../../format/constants.ts';
import { defineRule } from '../rule.ts';

/** Bits that Linux mounts without knowing what they mean. */
const RESERVED = 0xff & ~(CRAMFS_FLAG_FSID_VERSION_2 | CRAMFS_FLAG_SORTED_DIRS);

export const flags = defineRule(['FLAGS_UNSUPPORTED', 'FLAGS_RESERVED', 'FUTURE_SET'], (context, report) => ({
  superblock() {
    const { superblock } = context.image;
    const { position } = superblock;
    const unsupported = (superblock.flags & ~CRAMFS_SUPPORTED_FLAGS) >>> 0;
    if (unsupported !== 0) report('FLAGS_UNSUPPORTED', position + 8, null, { flags: unsupported });
    const reserved = superblock.flags & RESERVED;
    if (reserved !== 0) report('FLAGS_RESERVED', position + 8, null, { flags: reserved });
    if (superblock.future !== 0) report('FUTURE_SET', position + 12, null, { future: superblock.future });
  },
}));
