/** Where directories lie: at an offset, in the image, and each at its own place. */
import { defineRule } from '../rule.ts';

export const directories = defineRule(
  ['DIRECTORY_OFFSET_ZERO', 'DIRECTORY_OUTSIDE', 'DIRECTORY_OVERLAP', 'ENTRY_CUT'],
  (context, report) => ({
    directory({ inode, path }, state) {
      const { offset: start, size: length, position } = inode;
      if (state === 'offset zero') report('DIRECTORY_OFFSET_ZERO', position, path, { size: length });
      else if (state === 'read' && start + length > context.end) {
        report('DIRECTORY_OUTSIDE', position, path, { start, length, end: context.end });
      }
    },
    entry({ inode: { position, namelen } }, directory, occupied) {
      if (occupied !== -1) {
        const occupant = occupied < context.superblockEnd ? 'the superblock' : 'other metadata';
        report('DIRECTORY_OVERLAP', position, directory.path, { start: occupied, occupant });
        return;
      }
      const entryEnd = position + context.image.inodeLayout.size + namelen;
      const directoryEnd = directory.inode.offset + directory.inode.size;
      if (entryEnd > directoryEnd) report('ENTRY_CUT', position, directory.path, { entryEnd, directoryEnd });
    },
    entryCut(position, entryEnd, { inode, path }) {
      const directoryEnd = inode.offset + inode.size;
      // A directory that itself reaches behind the image has been told of.
      if (directoryEnd <= context.end) report('ENTRY_CUT', position, path, { entryEnd, directoryEnd });
    },
  }),
);
