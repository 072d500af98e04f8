/**
 * Variants of vendors in how an image is laid out: named as notes. What Linux makes of them is an error of its own
 * (vendorUnreadable).
 */
import { inflateLzma } from '../../image/lzma.ts';
import { detectLayout } from '../../inspect/detectLayout.ts';
import type { CheckContext } from '../context.ts';
import { args, defineFinding, type Nothing } from '../../findings/definition.ts';
import { size } from '../../base/words.ts';
import { hex } from '../../base/hex.ts';
import { FOR_LINUX } from '../words.ts';
import { defineRule } from '../rule.ts';

export const VENDOR_INODES = defineFinding({
  id: 'image/vendor-inodes',
  severity: 'note',
  scope: 'image',
  args: args<{ readonly bytes: number }>(),
  title: 'Vendor-specific inodes',
  cause: ({ bytes }) => `a vendor's variant: inodes have ${String(bytes)} bytes, their offset a word of its own`,
  fix: FOR_LINUX,
});

export const VENDOR_COMPRESSION = defineFinding({
  id: 'image/vendor-compression',
  severity: 'note',
  scope: 'image',
  args: args<Nothing>(),
  title: 'Vendor-specific compression',
  cause: () => "a vendor's variant: blocks are compressed with LZMA, not with zlib",
  fix: FOR_LINUX,
});

export const VENDOR_FLAGS = defineFinding({
  id: 'image/vendor-flags',
  severity: 'note',
  scope: 'image',
  args: args<{ readonly flags: number; readonly blockSize: number }>(),
  title: 'Vendor-specific flags',
  cause: ({ flags, blockSize }) => `a vendor's variant: flags ${hex(flags)} announce blocks of ${size(blockSize)}`,
  fix: FOR_LINUX,
});

export const vendor = defineRule([VENDOR_INODES, VENDOR_COMPRESSION, VENDOR_FLAGS], (context, report) => ({
  superblock() {
    const { superblock, inodeLayout, inflate, pageSize } = context.image;
    const { position } = superblock;
    if (inodeLayout.name === 'wide') report(VENDOR_INODES, position + 64, null, { bytes: inodeLayout.size });
    if (inflate === inflateLzma) report(VENDOR_COMPRESSION, position, null, {});
    const flags = vendorFlags(context);
    if (flags !== 0) report(VENDOR_FLAGS, position + 8, null, { flags, blockSize: pageSize });
  },
}));

/** Flag bits 11 to 13: log2 of the block size, less 12. Bits 14 and 15: the method, 2 for LZMA. */
const BLOCK_SIZE_SHIFT = 11;
const METHOD_SHIFT = 14;
const VENDOR_BITS = 0xf800;

/** The flag bits 11 to 15 where they are a vendor's: what they tell is not what Linux has, and the files agree; else 0. */
export function vendorFlags({ image }: CheckContext): number {
  const flags = image.superblock.flags & VENDOR_BITS;
  if (flags === 0) return 0;
  const blockSize = 4096 << ((flags >>> BLOCK_SIZE_SHIFT) & 7);
  const isLzma = flags >>> METHOD_SHIFT === 2;
  if (blockSize === 4096 && !isLzma) return 0;
  if (blockSize !== image.pageSize || isLzma !== (image.inflate === inflateLzma)) return 0;
  return detectLayout(image.source).flagReading?.extendedPointers === false ? flags : 0;
}
