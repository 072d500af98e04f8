/** Images for CPUs with larger pages than 4 KiB: Linux reads such an image only where its pages are as large. */
import { args, defineFinding } from '../../findings/definition.ts';
import { size } from '../../base/words.ts';
import { defineRule } from '../rule.ts';

export const PAGE_SIZE = defineFinding({
  id: 'image/page-size',
  severity: 'note',
  scope: 'image',
  args: args<{ readonly pageSize: number }>(),
  title: 'Unusual page size',
  cause: ({ pageSize }) => `the image only works on CPUs with pages of ${size(pageSize)}`,
  fix: (_, { rebuild }) =>
    `nothing to do for a CPU with such pages; otherwise rebuild the image for the CPU's pages: ${rebuild('--page-size', '4K')}`,
});

/** The page size of nearly all CPUs and images. */
const USUAL = 4096;

export const pageSize = defineRule([PAGE_SIZE], ({ image }, report) => ({
  superblock() {
    if (image.pageSize === USUAL) return;
    report(PAGE_SIZE, image.superblock.position, null, { pageSize: image.pageSize });
  },
}));
