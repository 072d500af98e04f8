/** What an inode's type, size and offset say together. */
import { args, defineFinding } from '../../findings/definition.ts';
import { plural } from '../../base/words.ts';
import { REBUILD, REBUILD_IMAGE, octal, noun } from '../words.ts';
import { defineRule } from '../rule.ts';

export const TYPE_UNKNOWN = defineFinding({
  id: 'image/type-unknown',
  severity: 'error',
  scope: 'entry',
  args: args<{ readonly mode: number }>(),
  title: 'Unknown file type',
  cause: ({ mode }) => `mode ${octal(mode)} has an unknown file type`,
  fix: REBUILD,
});

export const SPECIAL_OFFSET = defineFinding({
  id: 'image/special-offset',
  severity: 'error',
  scope: 'entry',
  args: args<{ readonly type: string; readonly target: number }>(),
  title: 'Special file with data',
  cause: ({ type, target }) => `a ${noun(type)} has no data, but the offset of this one is ${String(target)}`,
  fix: (_, { rebuild }) => `data may be hidden there; rebuild the image without it: ${rebuild()}`,
});

export const SPECIAL_SIZE = defineFinding({
  id: 'image/special-size',
  severity: 'error',
  scope: 'entry',
  args: args<{ readonly type: string; readonly size: number }>(),
  title: 'Special file with a size',
  cause: ({ type, size }) => `a ${noun(type)} has no size, but that of this one is ${String(size)}`,
  fix: REBUILD_IMAGE,
});

export const EMPTY_WITH_OFFSET = defineFinding({
  id: 'image/empty-with-offset',
  severity: 'error',
  scope: 'entry',
  args: args<{ readonly target: number }>(),
  title: 'Empty file with a data offset',
  cause: ({ target }) => `the file is empty, but has data at byte ${String(target)}`,
  fix: (_, { rebuild }) => `find out what its size was, or rebuild the image without the data: ${rebuild()}`,
});

export const DATA_OFFSET_ZERO = defineFinding({
  id: 'image/data-offset-zero',
  severity: 'error',
  scope: 'entry',
  args: args<{ readonly size: number }>(),
  title: 'File without a data offset',
  cause: ({ size }) => `the file has ${plural(size, 'byte')}, but its data offset is 0`,
  fix: REBUILD,
});

export const inodes = defineRule(
  [TYPE_UNKNOWN, SPECIAL_OFFSET, SPECIAL_SIZE, EMPTY_WITH_OFFSET, DATA_OFFSET_ZERO],
  (_context, report) => ({
    node({ inode: { type, mode, size, offset: target, position }, path }) {
      switch (type) {
        case 'unknown':
          report(TYPE_UNKNOWN, position, path, { mode });
          return;
        case 'directory':
          return;
        case 'file':
        case 'symlink':
          if (size === 0 && target !== 0 && type === 'file') report(EMPTY_WITH_OFFSET, position, path, { target });
          if (size !== 0 && target === 0) report(DATA_OFFSET_ZERO, position, path, { size });
          return;
        case 'fifo':
        case 'socket':
          if (size !== 0) report(SPECIAL_SIZE, position, path, { type, size });
          break;
        case 'chardev':
        case 'blockdev':
          break;
      }
      // A device has its number where others have their size.
      if (target !== 0) report(SPECIAL_OFFSET, position, path, { type, target });
    },
  }),
);
