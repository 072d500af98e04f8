/** What an inode's type, size and offset say together. */
import { defineRule } from '../rule.ts';

export const inodes = defineRule(
  ['TYPE_UNKNOWN', 'SPECIAL_OFFSET', 'SPECIAL_SIZE', 'EMPTY_WITH_OFFSET', 'DATA_OFFSET_ZERO'],
  (_context, report) => ({
    node({ inode: { type, mode, size, offset: target, position }, path }) {
      switch (type) {
        case 'unknown':
          report('TYPE_UNKNOWN', position, path, { mode });
          return;
        case 'directory':
          return;
        case 'file':
        case 'symlink':
          if (size === 0 && target !== 0 && type === 'file') report('EMPTY_WITH_OFFSET', position, path, { target });
          if (size !== 0 && target === 0) report('DATA_OFFSET_ZERO', position, path, { size });
          return;
        case 'fifo':
        case 'socket':
          if (size !== 0) report('SPECIAL_SIZE', position, path, { type, size });
          break;
        case 'chardev':
        case 'blockdev':
          break;
      }
      // A device has its number where others have their size.
      if (target !== 0) report('SPECIAL_OFFSET', position, path, { type, target });
    },
  }),
);
