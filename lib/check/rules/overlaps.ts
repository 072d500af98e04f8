/**
 * Data that lies where something else is. Whole blocks may be shared; a direct pointer may aim at metadata, which Linux reads
 * like any other bytes; a block that is addressed by its end has no business there.
 */
import { BitSet } from '../bitSet.ts';
import { args, defineFinding } from '../../findings/definition.ts';
import { plural } from '../../base/words.ts';
import { REBUILD } from '../words.ts';
import { defineRule } from '../rule.ts';

export const BLOCK_IN_METADATA = defineFinding({
  id: 'image/block-in-metadata',
  severity: 'error',
  scope: 'entry',
  args: args<{ readonly block: number; readonly length: number }>(),
  title: 'Block overlapping metadata',
  cause: ({ block, length }) => `block ${String(block)} (${plural(length, 'byte')}) overlaps inodes or block pointers`,
  fix: REBUILD,
});

export const DIRECT_IN_METADATA = defineFinding({
  id: 'image/direct-in-metadata',
  severity: 'warning',
  scope: 'entry',
  args: args<{ readonly block: number; readonly length: number }>(),
  title: 'File made of metadata',
  cause: ({ block, length }) =>
    `block ${String(block)} (${plural(length, 'byte')}) consists of the image's own superblock, inodes or block pointers`,
  fix: REBUILD,
});

export const BLOCK_OVERLAP = defineFinding({
  id: 'image/block-overlap',
  severity: 'warning',
  scope: 'entry',
  args: args<{ readonly block: number; readonly length: number }>(),
  title: 'Overlapping blocks',
  cause: ({ block, length }) => `block ${String(block)} (${plural(length, 'byte')}) partly overlaps another block`,
  fix: 'nothing to do if the tool that built the image shares data; otherwise rebuild the image from its source files',
});

export const overlaps = defineRule(
  [BLOCK_IN_METADATA, DIRECT_IN_METADATA, BLOCK_OVERLAP],
  ({ inodes, tables, data }, report) => {
    const starts = new BitSet();
    return {
      block({ inode, path }, { index: block, kind, start, length, extentStart, problem }) {
        if (kind === 'hole' || problem !== null) return;
        const end = start + length;
        const [first, last] = [Math.floor(extentStart / 4), Math.ceil(end / 4)];
        if (inodes.firstIn(first, last) !== -1 || tables.firstIn(first, last) !== -1) {
          const isDirect = kind === 'direct' || kind === 'direct-zlib';
          report(isDirect ? DIRECT_IN_METADATA : BLOCK_IN_METADATA, extentStart, path, { block, length });
        }
        // The same start is the same block: a file's last page may use less of it.
        if (!starts.has(extentStart)) {
          starts.addRange(extentStart, extentStart + 1);
          if (data.firstIn(extentStart, end) !== -1) {
            report(BLOCK_OVERLAP, inode.ino + block * 4, path, { block, length });
          }
        }
        data.addRange(extentStart, end);
      },
    };
  },
);
