/** What a page of flash holds, in words. */
import { hex } from '../../base/hex.ts';
import { printableName } from '../../format/names.ts';
import type { FlashPages } from '../../report/flashPages.ts';
import { TONES } from '../../report/palette.ts';
import { type Layout, nextPiece, PIECE, piecesIn } from '../layout.ts';

/** Blocks that are named. */
const NAMED = 3;

/** Address, offset, what most of the page is, and whose blocks are in it. */
export function pageWords(page: number, pages: FlashPages, layout: Layout, physBase: number): string {
  const start = page * pages.pageSize;
  const tone = TONES[pages.tones[page] ?? 0];
  const found = piecesIn(layout, start, start + pages.pageSize, NAMED + 1);
  const name = (piece: number): string => printableName(layout.paths[layout.pieces[piece * PIECE + 2] ?? 0] ?? '');
  const blocks = found
    .slice(0, NAMED)
    .map(
      (piece) =>
        `${name(piece)} block ${String(layout.pieces[piece * PIECE + 3] ?? 0)} at ${hex(layout.pieces[piece * PIECE] ?? 0)}`,
    );
  const next = found.length === 0 && tone?.name === 'padding' ? nextPiece(layout, start) : null;
  return [
    ...(physBase === 0 ? [] : [hex(physBase + start)]),
    `offset ${hex(start)}`,
    `${tone?.title ?? ''}${next === null ? '' : ` before ${name(next)}`}`,
    ...(blocks.length === 0 ? [] : [`${blocks.join(', ')}${found.length > NAMED ? ', …' : ''}`]),
  ].join(' · ');
}
