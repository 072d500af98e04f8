/** The rules, in the order in which they are asked. A new rule is a file, a line here and a page. */
import type { Rule } from '../rule.ts';
import { announcements } from './announcements.ts';
import { checksum } from './checksum.ts';
import { counts } from './counts.ts';
import { cycles } from './cycles.ts';
import { directories } from './directories.ts';
import { expansion } from './expansion.ts';
import { flags, unknownFlags } from './flags.ts';
import { imageSize } from './imageSize.ts';
import { inodes } from './inodes.ts';
import { lastPage } from './lastPage.ts';
import { names } from './names.ts';
import { order } from './order.ts';
import { overlaps } from './overlaps.ts';
import { pageSize } from './pageSize.ts';
import { pathLength } from './pathLength.ts';
import { pointers } from './pointers.ts';
import { root } from './root.ts';
import { signature } from './signature.ts';
import { storedLength } from './storedLength.ts';
import { symlinks } from './symlinks.ts';
import { tables } from './tables.ts';
import { trailing } from './trailing.ts';
import { unused } from './unused.ts';
import { unseenEntries } from './unseenEntries.ts';
import { vendor } from './vendor.ts';
import { vendorFiles } from './vendorFiles.ts';
import { vendorUnreadable } from './vendorUnreadable.ts';
import { volumeName } from './volumeName.ts';
import { zlibBlocks } from './zlibBlocks.ts';

export const RULES: readonly Rule[] = [
  signature,
  volumeName,
  imageSize,
  unknownFlags,
  flags,
  vendorUnreadable,
  vendor,
  vendorFiles,
  checksum,
  pageSize,
  root,
  directories,
  unseenEntries,
  cycles,
  names,
  order,
  pathLength,
  inodes,
  symlinks,
  tables,
  pointers,
  storedLength,
  announcements,
  overlaps,
  lastPage,
  zlibBlocks,
  counts,
  expansion,
  unused,
  trailing,
];

/** The rules for an image that a vendor's own kernel reads: what Linux does not know in it is not a finding then. */
export const VENDOR_RULES = RULES.filter((rule) => rule !== vendorUnreadable && rule !== unknownFlags);
