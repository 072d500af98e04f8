/** Block pointers: blocks that lie where no block can, or are longer than cramfs_read_folio() takes. */
import { defineRule } from '../rule.ts';

export const pointers = defineRule(['BLOCK_BACKWARDS', 'BLOCK_TOO_LONG', 'BLOCK_OUTSIDE'], (context, report) => ({
  block({ inode, path }, { index: block, kind, start, length, problem }) {
    if (problem === null) return;
    const at = inode.ino + block * 4;
    switch (problem) {
      case 'backwards':
        report('BLOCK_BACKWARDS', at, path, { block, start, end: (start + length) % 0x100000000 });
        return;
      case 'too long': {
        const { pageSize } = context.image;
        report('BLOCK_TOO_LONG', at, path, {
          block,
          length,
          limit: kind === 'stored' ? pageSize : 2 * pageSize,
        });
        return;
      }
      case 'outside':
        report('BLOCK_OUTSIDE', at, path, { block, start, length, end: context.end });
        return;
    }
  },
}));
