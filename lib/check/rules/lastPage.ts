/**
 * The last page of files with direct blocks. Linux takes a direct uncompressed last block to be `size % page` bytes long: in
 * a file of whole pages that is 0, and read(2), execve(2) and the page cache give zeros where a direct mapping shows the data.
 * And a last page behind whose end something else stands is not mapped directly (cramfs_last_page_is_shared()).
 */
import { args, defineFinding } from '../../findings/definition.ts';
import { isRaw } from '../../image/blocks.ts';
import { defineRule } from '../rule.ts';

export const LAST_PAGE_READS_ZERO = defineFinding({
  id: 'image/last-page-reads-zero',
  severity: 'warning',
  scope: 'entry',
  args: args<{ readonly block: number }>(),
  title: 'Last page read as zeros',
  cause: ({ block }) =>
    `the file ends on a page boundary and its last block (${String(block)}) is direct: a Linux bug makes read(2) and execve(2) return zeros for it; only direct mappings see the data`,
  fix: (_, { rebuild }) => `store its last block compressed: ${rebuild()}; or make the file one byte longer`,
});

export const LAST_PAGE_SHARED = defineFinding({
  id: 'image/last-page-shared',
  severity: 'note',
  scope: 'entry',
  args: args<{ readonly block: number }>(),
  title: 'Last page shared with other data',
  cause: ({ block }) =>
    `bytes past end of file in block ${String(block)} are not zero, so Linux does not map that page directly`,
  fix: (_, { rebuild }) =>
    `nothing to do if the file is not mapped up to its end; otherwise leave the rest of the page zero: ${rebuild()}`,
});

export const lastPage = defineRule([LAST_PAGE_READS_ZERO, LAST_PAGE_SHARED], ({ image }, report) => ({
  block({ inode, path }, { index: block, kind, start, bytes, problem }) {
    const { pageSize } = image;
    if (kind !== 'direct' || problem !== null || (block + 1) * pageSize < inode.size) return;
    // Such files are read by vendors' kernels, which have neither rule.
    if (isRaw(image, inode)) return;
    if (bytes === pageSize) report(LAST_PAGE_READS_ZERO, inode.ino + block * 4, path, { block });
    else if (start % pageSize === 0) {
      const tail = image.source.read(start + bytes, pageSize - bytes);
      if (tail.some((byte) => byte !== 0)) report(LAST_PAGE_SHARED, start + bytes, path, { block });
    }
  },
}));
