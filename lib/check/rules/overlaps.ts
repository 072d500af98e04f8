/**
 * Data that lies where something else is. Whole blocks may be shared; a direct pointer may aim at metadata, which Linux reads
 * like any other bytes; a block that is addressed by its end has no business there.
 */
import { BitSet } from '../bitSet.ts';
import { defineRule } from '../rule.ts';

export const overlaps = defineRule(
  ['BLOCK_IN_METADATA', 'DIRECT_IN_METADATA', 'BLOCK_OVERLAP'],
  ({ inodes, tables, data }, report) => {
    const starts = new BitSet();
    return {
      block({ inode, path }, { index: block, kind, start, length, extentStart, problem }) {
        if (kind === 'hole' || problem !== null) return;
        const end = start + length;
        const [first, last] = [Math.floor(extentStart / 4), Math.ceil(end / 4)];
        if (inodes.firstIn(first, last) !== -1 || tables.firstIn(first, last) !== -1) {
          const isDirect = kind === 'direct' || kind === 'direct-zlib';
          report(isDirect ? 'DIRECT_IN_METADATA' : 'BLOCK_IN_METADATA', extentStart, path, { block, length });
        }
        // The same start is the same block: a file's last page may use less of it.
        if (!starts.has(extentStart)) {
          starts.addRange(extentStart, extentStart + 1);
          if (data.firstIn(extentStart, end) !== -1) {
            report('BLOCK_OVERLAP', inode.ino + block * 4, path, { block, length });
          }
        }
        data.addRange(extentStart, end);
      },
    };
  },
);
