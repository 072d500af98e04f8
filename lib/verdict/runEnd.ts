/**
 * Why the direct pages of a mapping end where they end, for people who want to change it.
 */
import { CRAMFS_BLK_DIRECT_PTR_SHIFT } from '../format/constants.ts';
import { filePages } from '../driver/inode.ts';
import { fileBlock } from '../image/blocks.ts';
import type { RunEnd } from './mapVerdict.ts';
import type { MappedProcess } from './process.ts';

/**
 * Looks at the block behind the last direct page.
 *
 * @param pages pages of the vma
 * @returns null when the driver did not look at blocks at all
 */
export function findRunEnd(mapped: MappedProcess, pages: number): RunEnd | null {
  const { board, file, decision, pgoff } = mapped;
  if (decision === null) return null;
  const { inode, resolved } = file;
  const total = filePages(board.mounted(), inode);
  if ('bailout' in decision) {
    switch (decision.bailout) {
      case 'unsuitable block layout': {
        const { kind, pointer } = fileBlock(board.image, inode, pgoff, resolved.path);
        return { why: 'layout', block: pgoff, kind, pointer, expectedOffset: null };
      }
      case 'no suitable block remaining':
        return { why: 'shared-tail', block: pgoff };
      default:
        return null;
    }
  }
  const { range } = decision;
  if (range.pages === pages) return { why: 'whole' };
  const next = range.pgoff + range.pages;
  if (next >= total) return { why: 'end-of-file' };
  const { kind, pointer } = fileBlock(board.image, inode, next, resolved.path);
  const expectedOffset = range.address - board.memory.base + range.pages * board.cpu.pageSize;
  const continues = kind === 'direct' && (pointer << CRAMFS_BLK_DIRECT_PTR_SHIFT) >>> 0 === expectedOffset;
  return continues
    ? { why: 'shared-tail', block: next }
    : { why: 'layout', block: next, kind, pointer, expectedOffset };
}
