/**
 * The last page of files with direct blocks. Linux takes a direct uncompressed last block to be `size % page` bytes long: in
 * a file of whole pages that is 0, and read(2), execve(2) and the page cache give zeros where a direct mapping shows the data.
 * And a last page behind whose end something else stands is not mapped directly (cramfs_last_page_is_shared()).
 */
import { defineRule } from '../rule.ts';

export const lastPage = defineRule(['LAST_PAGE_READS_ZERO', 'LAST_PAGE_SHARED'], ({ image }, report) => ({
  block({ inode, path }, { index: block, kind, start, bytes, problem }) {
    const { pageSize } = image;
    if (kind !== 'direct' || problem !== null || (block + 1) * pageSize < inode.size) return;
    if (bytes === pageSize) report('LAST_PAGE_READS_ZERO', inode.ino + block * 4, path, { block });
    else if (start % pageSize === 0) {
      const tail = image.source.read(start + bytes, pageSize - bytes);
      if (tail.some((byte) => byte !== 0)) report('LAST_PAGE_SHARED', start + bytes, path, { block });
    }
  },
}));
