/**
 * What mainline Linux makes of a vendor's format, in one error: whoever checks an image for the vendor's kernel turns it off.
 * Which format it is, notes say.
 */
import { CRAMFS_SUPPORTED_FLAGS } from '../../format/constants.ts';
import { hex } from '../../base/hex.ts';
import { args, defineFinding } from '../../findings/definition.ts';
import { inflateLzma } from '../../image/lzma.ts';
import type { CheckContext } from '../context.ts';
import { defineRule } from '../rule.ts';
import { FOR_LINUX } from '../words.ts';
import { vendorFlags } from './vendor.ts';

/** What Linux does: the first that applies. */
type Effect = 'refuses' | 'sees-no-files' | 'misreads';

export const VENDOR_UNREADABLE = defineFinding({
  id: 'image/vendor-unreadable',
  severity: 'error',
  scope: 'image',
  args: args<{ readonly effect: Effect; readonly flags: number }>(),
  title: 'Not readable by Linux',
  cause: ({ effect, flags }) => {
    switch (effect) {
      case 'refuses':
        return `mainline Linux refuses to mount the image: it does not know the vendor's flags ${hex(flags)}`;
      case 'sees-no-files':
        return "mainline Linux mounts the image and sees no files in it: it does not know the vendor's inodes";
      case 'misreads':
        return "mainline Linux mounts the image and cannot read files of a vendor's format: it returns EIO or wrong bytes";
    }
  },
  fix: FOR_LINUX,
});

export const vendorUnreadable = defineRule([VENDOR_UNREADABLE], (context, report) => ({
  superblock() {
    const { image } = context;
    const flags = (vendorFlags(context) & ~CRAMFS_SUPPORTED_FLAGS) >>> 0;
    const effect: Effect | null =
      flags !== 0
        ? 'refuses'
        : image.inodeLayout.name === 'wide'
          ? 'sees-no-files'
          : isMisread(context)
            ? 'misreads'
            : null;
    if (effect !== null) report(VENDOR_UNREADABLE, image.superblock.position, null, { effect, flags });
  },
}));

function isMisread(context: CheckContext): boolean {
  const { quirks, inflate } = context.image;
  const { linearXip, unflaggedStored, longTables } = quirks;
  return linearXip || unflaggedStored || longTables !== null || inflate === inflateLzma || vendorFlags(context) !== 0;
}
