/**
 * What vendors changed about how files are stored (image.quirks): named as notes. What Linux makes of them is an error of
 * its own (vendorUnreadable).
 */
import { args, defineFinding, type Nothing } from '../../findings/definition.ts';
import { FOR_LINUX } from '../words.ts';
import { defineRule } from '../rule.ts';

export const VENDOR_LINEAR_XIP = defineFinding({
  id: 'image/vendor-linear-xip',
  severity: 'note',
  scope: 'image',
  args: args<Nothing>(),
  title: 'Linear XIP of vendor kernels',
  cause: () =>
    'files with the sticky bit have no block pointers: their bytes are stored as they are from the page boundary at or after their offset',
  fix: (_, { rebuildCompressed }) =>
    `nothing to do for the vendor's kernels (--kernel linear-xip); for others rebuild the image: ${rebuildCompressed('--no-vendor')}`,
});

export const VENDOR_STORED = defineFinding({
  id: 'image/vendor-stored',
  severity: 'note',
  scope: 'image',
  args: args<Nothing>(),
  title: 'Blocks stored without their flag',
  cause: () => 'blocks are stored as they are, and their pointers do not have the flag for it',
  fix: FOR_LINUX,
});

export const VENDOR_TABLES = defineFinding({
  id: 'image/vendor-tables',
  severity: 'note',
  scope: 'image',
  args: args<{ readonly extra: number }>(),
  title: 'Block pointer tables too long',
  cause: ({ extra }) => `block pointer tables have ${String(extra)} more than the size of the file asks for`,
  fix: FOR_LINUX,
});

export const vendorFiles = defineRule([VENDOR_LINEAR_XIP, VENDOR_STORED, VENDOR_TABLES], ({ image }, report) => ({
  superblock() {
    const { linearXip, unflaggedStored, longTables } = image.quirks;
    const { position } = image.superblock;
    if (linearXip) report(VENDOR_LINEAR_XIP, position, null, {});
    if (unflaggedStored) report(VENDOR_STORED, position, null, {});
    if (longTables !== null) report(VENDOR_TABLES, position, null, { extra: longTables.extra });
  },
}));
