/** The account of a plain image: nothing lies over anything else, so that sums suffice. */
import type { CheckContext } from '../check/context.ts';
import { forEachPair, type PlainLayout } from '../check/plainLayout.ts';
import { BOOT_PAD } from '../format/constants.ts';
import { AccountLines, type AccountLine, forEachPartOfGap } from '../inspect/account.ts';

/**
 * What each byte of a plain image is for: as Accountant has it.
 *
 * @throws CramfsError IO
 */
export function plainAccount(
  { image, tally, directories, end }: CheckContext,
  layout: PlainLayout,
): readonly AccountLine[] {
  const lines = new AccountLines();
  if (image.superblock.position === BOOT_PAD) lines.add('boot pad', BOOT_PAD);
  lines.add('superblock', image.superblockSize);
  let directoryBytes = 0;
  for (let i = 0; i < directories.offset.length; i++)
    directoryBytes += directories.end.at(i) - directories.offset.at(i);
  // The root's inode is in the superblock.
  const entries = tally.inodes - 1;
  const inodeBytes = entries * image.inodeLayout.size;
  lines.add('inode', inodeBytes, entries);
  lines.add('name', directoryBytes - inodeBytes, entries);
  lines.add('block pointer', layout.blocks * 4, layout.tables - layout.tablesInRow);
  lines.add('zlib', layout.dataBytes, layout.filesWithData);
  lines.add('padding', layout.zeroBytes, layout.zeroGaps);
  forEachPair(layout.otherGaps, (start, stop) => {
    forEachPartOfGap(image.source, start, stop, (from, to, label) => {
      lines.add(label, to - from);
    });
  });
  const trailing = image.source.size - end;
  if (trailing > 0) lines.add('trailing', trailing);
  return lines.all();
}
