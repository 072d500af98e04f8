/** The last-page defect, as evidence: what Linux reads against what is stored. */
import { readFolio } from '../driver/readFolio.ts';
import { readBlock } from '../image/content.ts';
import type { Board } from '../verdict/board.ts';
import type { Subject } from './subject.ts';

/**
 * The last block of a file where Linux reads zeros for it and something else is stored; null for all other files.
 */
export function readsLastPageAsZeros(board: Board, { inode, blocks }: Subject): number | null {
  const last = blocks().at(-1);
  if (last?.kind !== 'direct' || last.start + last.length > board.image.source.size) return null;
  const read = readFolio(board.mounted(), inode, last.index, board.image.inflate);
  if ('error' in read || read.bytes.some((byte) => byte !== 0)) return null;
  return readBlock(board.image, last).some((byte) => byte !== 0) ? last.index : null;
}
