/** Images for CPUs with larger pages than 4 KiB: Linux reads such an image only where its pages are as large. */
import { defineRule } from '../rule.ts';

/** The page size of nearly all CPUs and images. */
const USUAL = 4096;

export const pageSize = defineRule(['PAGE_SIZE'], ({ image }, report) => ({
  superblock() {
    if (image.pageSize === USUAL) return;
    report('PAGE_SIZE', image.superblock.position, null, { pageSize: image.pageSize });
  },
}));
