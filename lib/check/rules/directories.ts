/** Where directories lie: at an offset, in the image, and each at its own place. */
import { args, defineFinding } from '../../findings/definition.ts';
import { plural } from '../../base/words.ts';
import { REBUILD, pieceText, type Piece, type Occupant } from '../words.ts';
import { defineRule } from '../rule.ts';

export const DIRECTORY_OFFSET_ZERO = defineFinding({
  id: 'image/directory-offset-zero',
  severity: 'error',
  scope: 'entry',
  args: args<{ readonly size: number }>(),
  title: 'Directory offset is 0',
  cause: ({ size }) => `the directory has ${plural(size, 'byte')} of entries, but its offset is 0`,
  fix: REBUILD,
});

export const DIRECTORY_OUTSIDE = defineFinding({
  id: 'image/directory-outside',
  severity: 'error',
  scope: 'entry',
  args: args<Piece>(),
  title: 'Directory past the end of the image',
  cause: (piece) => `its entries (${pieceText(piece)}) extend past the end of the image at ${String(piece.end)}`,
  fix: REBUILD,
});

export const DIRECTORY_OVERLAP = defineFinding({
  id: 'image/directory-overlap',
  severity: 'error',
  scope: 'entry',
  args: args<{ readonly start: number; readonly occupant: Occupant }>(),
  title: 'Directory overlapping other metadata',
  cause: ({ start, occupant }) => `an entry overlaps ${occupant} at byte ${String(start)}`,
  fix: REBUILD,
});

export const ENTRY_CUT = defineFinding({
  id: 'image/entry-cut',
  severity: 'error',
  scope: 'entry',
  args: args<{ readonly entryEnd: number; readonly directoryEnd: number }>(),
  title: 'Truncated directory entry',
  cause: ({ entryEnd, directoryEnd }) =>
    `the last entry ends at byte ${String(entryEnd)}, but the directory at byte ${String(directoryEnd)}`,
  fix: REBUILD,
});

export const directories = defineRule(
  [DIRECTORY_OFFSET_ZERO, DIRECTORY_OUTSIDE, DIRECTORY_OVERLAP, ENTRY_CUT],
  (context, report) => ({
    directory({ inode, path }, state) {
      const { offset: start, size: length, position } = inode;
      if (state === 'offset zero') report(DIRECTORY_OFFSET_ZERO, position, path, { size: length });
      else if (state === 'read' && start + length > context.end) {
        report(DIRECTORY_OUTSIDE, position, path, { start, length, end: context.end });
      }
    },
    entry({ inode: { position, namelen } }, directory, occupied) {
      if (occupied !== -1) {
        const occupant = occupied < context.superblockEnd ? 'the superblock' : 'other metadata';
        report(DIRECTORY_OVERLAP, position, directory.path, { start: occupied, occupant });
        return;
      }
      const entryEnd = position + context.image.inodeLayout.size + namelen;
      const directoryEnd = directory.inode.offset + directory.inode.size;
      if (entryEnd > directoryEnd) report(ENTRY_CUT, position, directory.path, { entryEnd, directoryEnd });
    },
    entryCut(position, entryEnd, { inode, path }) {
      const directoryEnd = inode.offset + inode.size;
      // A directory that itself reaches behind the image has been told of.
      if (directoryEnd <= context.end) report(ENTRY_CUT, position, path, { entryEnd, directoryEnd });
    },
  }),
);
