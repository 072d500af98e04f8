/**
 * Directory entries that Linux does not see: it reads 264 bytes for each, and on a mount from MTD all of them must lie
 * within the file system's size.
 */
import { ENTRY_READ_SIZE } from '../../format/constants.ts';
import { LINUX_INODE } from '../../format/inode.ts';
import { decodeName, printableName } from '../../format/names.ts';
import { args, defineFinding } from '../../findings/definition.ts';
import { plural } from '../../base/words.ts';
import { defineRule } from '../rule.ts';

export const ENTRY_UNSEEN = defineFinding({
  id: 'image/entry-unseen',
  severity: 'error',
  scope: 'entry',
  args: args<{ readonly names: readonly string[]; readonly count: number; readonly size: number }>(),
  title: 'Directory entries invisible to Linux',
  cause: ({ names, count, size }) =>
    `on a mount from MTD Linux does not see ${plural(count, 'entry', 'entries')} in the last 264 of ${String(size)} bytes: ${names.map(printableName).join(', ')}${count > names.length ? ` and ${String(count - names.length)} more` : ''}`,
  fix: (_, { rebuild }) => `rebuild the image with room after the last entry: ${rebuild('--deflate', 'fast')}`,
});

/** Names that a finding lists; the others are counted. */
const MAX_NAMES = 8;

export const unseenEntries = defineRule([ENTRY_UNSEEN], ({ image, hasSize }, report) => {
  /** Of the directory that is being read. */
  let unseen: { readonly offset: number; readonly names: string[]; count: number } | null = null;
  return {
    entry({ inode: { position }, nameBytes }, _directory, occupied) {
      // Of a size that cannot be there is a finding; Linux reads no other inodes, and does not mount their images.
      if (!hasSize || image.inodeLayout !== LINUX_INODE || occupied !== -1 || nameBytes.length === 0) return;
      if (position + ENTRY_READ_SIZE <= image.size) return;
      unseen ??= { offset: position, names: [], count: 0 };
      unseen.count++;
      if (unseen.names.length < MAX_NAMES) unseen.names.push(decodeName(nameBytes));
    },
    directoryEnd({ path }) {
      if (unseen === null) return;
      const { offset, names, count } = unseen;
      unseen = null;
      report(ENTRY_UNSEEN, offset, path, { names, count, size: image.size });
    },
  };
});
