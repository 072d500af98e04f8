/**
 * Why a read-only segment is not wholly direct, from what the kernel model says of its mapping.
 */
import type { BlockKind } from '../image/blocks.ts';
import type { Board } from '../verdict/board.ts';
import type { MappedSegment, MappedSubject } from './subject.ts';

/** A reason. Offsets are bytes of the image. */
export type Reason =
  /** The driver does not look at the file: the image is not made for it, or has no address. */
  | { readonly why: 'not asked' }
  /** The image itself stands beside a page boundary. */
  | { readonly why: 'physical base' }
  | { readonly why: 'misaligned'; readonly block: number; readonly physAddress: number }
  /** The first block is not one that can be mapped. */
  | { readonly why: 'compressed'; readonly block: number; readonly kind: BlockKind }
  | { readonly why: 'zero offset'; readonly block: number }
  | { readonly why: 'break'; readonly block: number; readonly kind: BlockKind; readonly expectedOffset: number }
  | { readonly why: 'shared tail'; readonly block: number }
  /** Its blocks are fit, but Linux extends a mapping beside it that is not direct, and asks for none of its own. */
  | { readonly why: 'merged' };

/** The reason; null for a segment that is writable, wholly direct as far as the file goes, or was not mapped. */
export function reasonFor(board: Board, subject: MappedSubject, segment: MappedSegment): Reason | null {
  const { verdict, kind, pages, directPages, firstPage } = segment;
  if (verdict === null || kind === 'data' || directPages >= pages || verdict.errno !== null || verdict.bug !== null) {
    return null;
  }
  if (verdict.kind === 'nommu')
    return board.mount.mounted?.canMapDirectly === true ? copied(subject, segment, board.cpu.pageSize) : NOT_ASKED;
  const { bailout, misaligned, runEnd } = verdict;
  if (segment.isMerged && (verdict.directPages ?? 0) > directPages) return { why: 'merged' };
  if (bailout === null && runEnd === null) return NOT_ASKED;
  if (bailout === 'data is not page aligned' && misaligned !== null) {
    const isAlignedInImage = (misaligned - board.memory.base) % board.cpu.pageSize === 0;
    if (isAlignedInImage) return { why: 'physical base' };
    return { why: 'misaligned', block: firstPage, physAddress: misaligned };
  }
  // The loader's mapping may go on after the segment.
  if (runEnd !== null && 'block' in runEnd && runEnd.block >= firstPage + pages) return null;
  switch (runEnd?.why) {
    case 'layout': {
      const { block, kind: found, expectedOffset } = runEnd;
      return atBlock(block, found, expectedOffset);
    }
    case 'shared-tail':
      return { why: 'shared tail', block: runEnd.block };
    default:
      return null;
  }
}

const NOT_ASKED: Reason = { why: 'not asked' };

function atBlock(block: number, kind: BlockKind, expectedOffset: number | null): Reason {
  if (expectedOffset !== null) return { why: 'break', block, kind, expectedOffset };
  return kind === 'direct' ? { why: 'zero offset', block } : { why: 'compressed', block, kind };
}

/** Without an MMU the kernel says only that it has made a copy: the first block that does not go on is the reason. */
function copied({ runs, blocks }: MappedSubject, { firstPage, pages }: MappedSegment, pageSize: number): Reason | null {
  const run = runs.find(({ first, blocks: length }) => first <= firstPage && firstPage < first + length);
  // Linux takes the offset 0 for no block at all.
  const isRun = run !== undefined && run.offset + (firstPage - run.first) * pageSize !== 0;
  const stop = isRun ? run.first + run.blocks : firstPage;
  const block = blocks()[stop];
  if (block === undefined || stop >= firstPage + pages) return null;
  return atBlock(stop, block.kind, isRun ? run.offset + run.blocks * pageSize : null);
}
