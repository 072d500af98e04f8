/** Block pointers: blocks that lie where no block can, or are longer than cramfs_read_folio() takes. */
import { args, defineFinding } from '../../findings/definition.ts';
import { plural } from '../../base/words.ts';
import { blocksText, REBUILD, OTHER_PAGE_SIZE, pieceText, type Piece } from '../words.ts';
import { defineRule } from '../rule.ts';

export const BLOCK_BACKWARDS = defineFinding({
  id: 'image/block-backwards',
  severity: 'error',
  scope: 'entry',
  args: args<{ readonly block: number; readonly start: number; readonly end: number }>(),
  title: 'Block ending before its start',
  cause: ({ block, start, end }) =>
    `block ${String(block)} starts at byte ${String(start)} and ends at byte ${String(end)}`,
  fix: REBUILD,
});

export const BLOCK_TOO_LONG = defineFinding({
  id: 'image/block-too-long',
  severity: 'error',
  scope: 'entry',
  args: args<{ readonly block: number; readonly length: number; readonly limit: number }>(),
  title: 'Block too long',
  cause: ({ block, length, limit }) =>
    `block ${String(block)} is ${plural(length, 'byte')} long, and Linux accepts ${String(limit)} ("bad data blocksize")`,
  causeOfBlocks: (first, last) =>
    first.limit === last.limit
      ? `${blocksText(first, last)} are longer than ${plural(first.limit, 'byte')}, which is what Linux accepts ("bad data blocksize")`
      : null,
  fix: OTHER_PAGE_SIZE,
});

export const BLOCK_OUTSIDE = defineFinding({
  id: 'image/block-outside',
  severity: 'error',
  scope: 'entry',
  args: args<Piece & { readonly block: number }>(),
  title: 'Block past the end of the image',
  cause: ({ block, ...piece }) =>
    `block ${String(block)} (${pieceText(piece)}) extends past the end of the image at ${String(piece.end)}`,
  causeOfBlocks: (first, last) =>
    `${blocksText(first, last)} (the first ${pieceText(first)}) extend past the end of the image at ${String(first.end)}`,
  fix: REBUILD,
});

export const pointers = defineRule([BLOCK_BACKWARDS, BLOCK_TOO_LONG, BLOCK_OUTSIDE], (context, report) => ({
  block({ inode, path }, { index: block, kind, start, length, problem }) {
    if (problem === null) return;
    const at = inode.ino + block * 4;
    switch (problem) {
      case 'backwards':
        report(BLOCK_BACKWARDS, at, path, { block, start, end: (start + length) % 0x100000000 });
        return;
      case 'too long': {
        const { pageSize } = context.image;
        report(BLOCK_TOO_LONG, at, path, {
          block,
          length,
          limit: kind === 'stored' ? pageSize : 2 * pageSize,
        });
        return;
      }
      case 'outside':
        report(BLOCK_OUTSIDE, at, path, { block, start, length, end: context.end });
        return;
    }
  },
}));
