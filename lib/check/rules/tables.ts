/** Block pointer tables: in the image, not in other metadata. Files of the same content share one; parts of one are odd. */
import { args, defineFinding } from '../../findings/definition.ts';
import { REBUILD, pieceText, type Piece, type Occupant } from '../words.ts';
import { defineRule } from '../rule.ts';

export const TABLE_OUTSIDE = defineFinding({
  id: 'image/table-outside',
  severity: 'error',
  scope: 'entry',
  args: args<Piece>(),
  title: 'Block pointers past the end of the image',
  cause: (piece) => `its block pointers (${pieceText(piece)}) extend past the end of the image at ${String(piece.end)}`,
  fix: REBUILD,
});

export const TABLE_OVERLAP = defineFinding({
  id: 'image/table-overlap',
  severity: 'error',
  scope: 'entry',
  args: args<{ readonly start: number; readonly occupant: Occupant }>(),
  title: 'Block pointers overlapping other metadata',
  cause: ({ start, occupant }) => `its block pointers overlap ${occupant} at byte ${String(start)}`,
  fix: REBUILD,
});

export const TABLE_SHARED = defineFinding({
  id: 'image/table-shared',
  severity: 'warning',
  scope: 'entry',
  args: args<{ readonly start: number }>(),
  title: 'Partly shared block pointers',
  cause: ({ start }) => `some of its block pointers, from byte ${String(start)}, also belong to another file`,
  fix: 'nothing to do if the tool that built the image shares data; otherwise rebuild the image from its source files',
});

export const tables = defineRule([TABLE_OUTSIDE, TABLE_OVERLAP, TABLE_SHARED], (context, report) => ({
  table({ inode, path }, { length, problem, occupied }) {
    const { ino: start, position } = inode;
    if (problem === 'outside') {
      report(TABLE_OUTSIDE, position, path, { start, length, end: context.end });
    } else if (problem === 'overlap') {
      const occupant = occupied < context.superblockEnd ? 'the superblock' : 'other metadata';
      report(TABLE_OVERLAP, position, path, { start: occupied, occupant });
    } else if (occupied !== -1) report(TABLE_SHARED, position, path, { start: occupied });
  },
}));
