/** Block pointer tables: in the image, not in other metadata. Files of the same content share one; parts of one are odd. */
import { defineRule } from '../rule.ts';

export const tables = defineRule(['TABLE_OUTSIDE', 'TABLE_OVERLAP', 'TABLE_SHARED'], (context, report) => ({
  table({ inode, path }, { length, problem, occupied }) {
    const { ino: start, position } = inode;
    if (problem === 'outside') {
      report('TABLE_OUTSIDE', position, path, { start, length, end: context.end });
    } else if (problem === 'overlap') {
      const occupant = occupied < context.superblockEnd ? 'the superblock' : 'other metadata';
      report('TABLE_OVERLAP', position, path, { start: occupied, occupant });
    } else if (occupied !== -1) report('TABLE_SHARED', position, path, { start: occupied });
  },
}));
